"""Read a YAML file as plain text values with their lines; the schema alone decides what is a number or a date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from llmreg.catalog.cache import MAX_BYTES
from llmreg.errors import CatalogError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_DEPTH = 40
_OPENERS, _SAFE_OPENERS = "[{-?", 5_000
_NULL = "tag:yaml.org,2002:null"
_PLAIN_TAGS = {_NULL, *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))}


class _TextLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Knows text and null only: `NO`, `1.10` and dates stay what was written."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag == _NULL]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class Document:
    """The value of one YAML file, and the line of any place in it."""

    def __init__(self, path: Path, root: yaml.Node | None) -> None:
        """Build the value from the node tree; every fault found is in `problems`."""
        self.path = path
        self.problems: list[Problem] = []
        self._root = root
        self._seen: set[int] = set()
        self.value: Any = self._build(root, 0) if root is not None else None

    def line(self, place: Sequence[str | int]) -> int:
        """Give the line (from 1) of the deepest part of `place` that exists; `_` in a step also means `-`."""
        node, line = self._root, 1
        for step in place:
            pairs = node.value if isinstance(node, yaml.MappingNode) else ()
            found = next(
                ((key, value) for key, value in pairs if key.value in (str(step), str(step).replace("_", "-"))), None
            )
            if found:
                line, node = found[0].start_mark.line + 1, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line + 1
        return line

    def _build(self, node: yaml.Node, depth: int) -> Any:
        if id(node) in self._seen:
            return self._fault(node, "anchors and aliases are not part of the catalog's format; write the value out")
        if depth > _MAX_DEPTH:
            return self._fault(node, f"nested more than {_MAX_DEPTH} deep")
        if node.tag not in _PLAIN_TAGS:
            return self._fault(node, f"the tag {node.tag!r} is not allowed: a catalog holds data, never code")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._build_mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self._build(item, depth + 1) for item in node.value]
        return None if node.tag == _NULL else node.value

    def _build_mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key, "a key must be plain text")
            elif key.value in value:
                self._fault(key, f"the key {key.value!r} is written twice")
            else:
                value[key.value] = self._build(item, depth + 1)
        return value

    def _fault(self, node: yaml.Node, message: str) -> None:
        self.problems.append(Problem(self.path, node.start_mark.line + 1, "", message))


def read(path: Path) -> Document:
    """Read one file; raise `CatalogError` with every fault of its YAML.

    Values are `dict`, `list`, `str` and `None` only. Files over 1 MB, aliases, tags, duplicate keys and text that is
    not UTF-8 are refused.
    """
    return parse(_text(path), path)


def parse(text: str, path: Path) -> Document:
    """Read YAML that was found in a file, as `read` reads the whole of one."""
    loader = _TextLoader(text)
    try:
        _refuse_depth(text)
        document = Document(path, loader.get_single_node())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(filter(None, [error.context, error.problem]))
        raise CatalogError([Problem(path, mark.line + 1 if mark else 1, "", f"not valid YAML: {message}")]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise CatalogError([Problem(path, 1, "", f"not valid YAML: {error}")]) from None
    finally:
        loader.dispose()
    if document.problems:
        raise CatalogError(document.problems)
    return document


def _refuse_depth(text: str) -> None:
    """Refuse nesting that would overrun the C parser's stack: it builds nodes by recursion, but gives events in a row.

    No level opens without one of a few characters, so only a file with very many of them is read twice.
    """
    if sum(map(text.count, _OPENERS)) < _SAFE_OPENERS:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_TextLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise yaml.MarkedYAMLError(None, None, f"nested more than {_MAX_DEPTH} deep", event.start_mark)  # type: ignore[arg-type]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CatalogError(
                [Problem(path, 1, "", f"larger than {MAX_BYTES:,} bytes; an entry is a page, not a dump")]
            )
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CatalogError([Problem(path, 1, "", f"not UTF-8 (byte {error.start}); save the file as UTF-8")]) from None
    except OSError as error:
        raise CatalogError([Problem(path, 1, "", f"cannot be read: {error.strerror}")]) from None
