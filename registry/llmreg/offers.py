"""What the installed methods offer, as plain data: each with its settings, their types, bounds and defaults."""

from __future__ import annotations

from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from llmreg.plugins import Plugins

_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def describe(plugins: Plugins) -> list[dict[str, Any]]:
    """Give one mapping for each installed method."""
    return [
        {
            "name": name,
            "summary": (offer.thing.__doc__ or "").strip().partition("\n")[0],
            "paper": offer.thing.paper,
            "needs_base": offer.thing.needs_base,
            "identity_at_start": offer.thing.identity_at_start,
            "plugin": offer.plugin,
            "distribution": offer.distribution,
            "version": offer.version,
            "module": offer.module,
            "settings": [_setting(key, field) for key, field in offer.thing.model_fields.items()],
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


def plain(value: Any) -> str:
    """Write a default as a recipe would."""
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
