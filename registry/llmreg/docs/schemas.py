"""JSON Schemas of the kinds of entries, for editors that check and complete while one writes."""

from __future__ import annotations

import ast
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from llmreg.schema import FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import core_schema

_SCALARS = ["string", "number", "boolean"]
"""Types that an editor's YAML reader may see where the catalog reads text: `2023`, `1.10`, `no`."""


class _ForEditors(GenerateJsonSchema):
    """Accepts what the loader accepts, whichever type the editor's own YAML reader gives a plain word."""

    def str_schema(self, schema: core_schema.StringSchema) -> dict[str, Any]:
        """Let text be written without quotes though it looks like a number or a truth value."""
        return {**super().str_schema(schema), "type": _SCALARS}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the field's name says as much
        """Leave the titles out that only repeat the field's name."""
        return False


def files() -> Iterator[tuple[str, str]]:
    """Give name and content of the schema of each kind."""
    for kind in FOLDERS.values():
        yield f"{kind.kind}.schema.json", json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"


def schema_of(kind: type[Any]) -> dict[str, Any]:
    """Give the schema of the files of one kind; `id`, which is the file's name, is no part of them."""
    schema: dict[str, Any] = kind.model_json_schema(schema_generator=_ForEditors)
    for name, part in {kind.__name__: schema, **schema.get("$defs", {})}.items():
        for field, shape in part.get("properties", {}).items():
            if text := _docstrings().get((name, field)):
                shape["description"] = text
    del schema["properties"]["id"]
    schema["required"].remove("id")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


@cache
def _docstrings() -> dict[tuple[str, str], str]:
    """Read what stands below the fields of the schema's classes, by class and field, their bases' included."""
    package = Path(find_spec("llmreg.schema").origin).parent  # type: ignore[union-attr, arg-type]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(package.glob("*.py"))]
    classes = {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}
    return {(name, field): text for name, node in classes.items() for field, text in _fields(node, classes)}


def _fields(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> Iterator[tuple[str, str]]:
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes:
            yield from _fields(classes[base.id], classes)
    for field, below in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            yield ast.unparse(field.target), " ".join(str(below.value.value).split())
