"""`llmreg methods`: the installed methods with their settings, where they come from, and what is wrong with others."""

from __future__ import annotations

import sys
from dataclasses import asdict
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from llmreg.cli.options import JsonOption, console, print_json

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from llmreg.plugins import Plugins

_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def methods(json: JsonOption = False) -> None:
    """List the installed methods with their settings, and the plugins that cannot be used."""
    from llmreg.plugins import load

    plugins = load()
    rows = describe(plugins)
    if json:
        print_json({"methods": rows, "faults": [asdict(fault) for fault in plugins.faults]})
        return
    for row in rows:
        _print(row)
    if not rows:
        sys.stderr.write("no method is installed; llmreg's own come with installing it, as by `pip install`\n")
    for fault in plugins.faults:
        sys.stderr.write(f"warning: {fault}\n")


def describe(plugins: Plugins) -> list[dict[str, Any]]:
    """Give one mapping for each installed method."""
    return [
        {
            "name": name,
            "summary": (offer.method.__doc__ or "").strip().partition("\n")[0],
            "paper": offer.method.paper,
            "needs_base": offer.method.needs_base,
            "identity_at_start": offer.method.identity_at_start,
            "plugin": offer.plugin,
            "distribution": offer.distribution,
            "version": offer.version,
            "module": offer.module,
            "settings": [_setting(key, field) for key, field in offer.method.model_fields.items()],
        }
        for name, offer in plugins.methods.items()
    ]


def _setting(name: str, field: FieldInfo) -> dict[str, Any]:
    from pydantic_core import to_jsonable_python

    bounds = ((sign, getattr(limit, key, None)) for limit in field.metadata for key, sign in _SIGNS.items())
    limits = [f"{sign} {bound}" for sign, bound in bounds if bound is not None]
    return {
        "name": name,
        "type": ", ".join([_type(field.annotation), *limits]),
        "required": field.is_required(),
        "default": None if field.is_required() else to_jsonable_python(field.get_default(call_default_factory=True)),
        "description": field.description,
    }


def _type(annotation: Any) -> str:
    """Write a type as somebody would who fills in the setting."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin in (Union, UnionType):
        return " | ".join(map(_type, arguments))
    if origin is not None:
        inner = ", ".join(_type(argument) for argument in arguments if argument is not ...)
        return f"{origin.__name__} of {inner}"
    return "none" if annotation is type(None) else getattr(annotation, "__name__", str(annotation))


def _print(row: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    out = console()
    out.print(f"[bold]{escape(row['name'])}[/]  {escape(row['summary'])}")
    origin = f"{row['distribution']} {row['version']}, {row['module']}"
    out.print(escape("  ".join(filter(None, [f"from {origin}", row["paper"]]))), style="dim")
    table = Table("setting", "type", "default", "", box=None, header_style="dim", padding=(0, 2, 0, 2))
    for setting in row["settings"]:
        default = "(needed)" if setting["required"] else _plain(setting["default"])
        texts = (setting["name"], setting["type"], default, " ".join((setting["description"] or "").split()))
        table.add_row(*map(escape, texts))
    if row["settings"]:
        out.print(table)
    out.print()


def _plain(value: Any) -> str:
    """Write a default as a recipe would."""
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
