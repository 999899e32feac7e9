"""Faults of a value in words: what a field takes, and what stood there instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAKES = {
    "literal_error": "takes {expected}",
    "string_type": "takes text",
    "tuple_type": "takes a list, written [a, b]",
    "list_type": "takes a list, written [a, b]",
    "dict_type": "takes a mapping, written {{key: value}}",
    "model_type": "takes a mapping of fields",
    "model_attributes_type": "takes a mapping of fields",
    "bool_type": "takes true or false",
    "bool_parsing": "takes true or false",
    "int_type": "takes a whole number",
    "int_parsing": "takes a whole number",
    "int_from_float": "takes a whole number",
    "float_type": "takes a number",
    "float_parsing": "takes a number",
    "greater_than": "takes a number above {gt:g}",
    "greater_than_equal": "takes a number of at least {ge:g}",
    "less_than": "takes a number below {lt:g}",
    "less_than_equal": "takes a number of at most {le:g}",
}
"""What the validator's kinds of faults mean for one who writes a file; any other keeps the validator's words."""


def words_for(fault: Mapping[str, Any]) -> str:
    """Say one of pydantic's faults: what is taken there, what was given, and the nearest right word."""
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] == "value_error":
        return str(fault["msg"]).removeprefix("Value error, ")
    given, context = fault["input"], fault.get("ctx", {})
    words = _TAKES[fault["type"]].format(**context) if fault["type"] in _TAKES else fault["msg"]
    if isinstance(given, dict | list | tuple):
        return words
    choices = context.get("expected", "").replace("'", "").replace(" or ", ", ").split(", ")
    return f"{words}, not {'nothing' if given is None else repr(given)}{did_you_mean(str(given), choices)}"
