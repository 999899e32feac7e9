"""Kinds of values that entries hold: text, links, dates and numbers, as far as all that shows them takes them."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

MOST_SIGNS = 20_000
"""An entry is a page: no text in it is longer than a few of them."""
MOST_OF_LINK = 2_000
LARGEST = 2**53 - 1
"""The largest whole number that every reader of JSON takes as it is, a browser among them."""
YEARS = range(1900, 2101)

_PLANES = "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
_BARRED = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_PLANES}]")
"""Control characters, halves of characters, and what is no character."""
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*[1-9]|[0-9]+\.0|[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]+)")
_SIGN = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}|[^\x00-\xa0\s])"
_LINK = re.compile(
    r"https?://"
    r"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9_]|[^\x00-\xa0\s])(?:[A-Za-z0-9._-]|[^\x00-\xa0\s])*)"
    rf"(?::[0-9]{{1,5}})?(?:/{_SIGN}*)*(?:\?(?:{_SIGN}|[/?])*)?(?:\#(?:{_SIGN}|[/?])*)?",
    re.IGNORECASE,
)
"""An address of the web by RFC 3986, letters beyond ASCII as they are; without a user, who could pass for a host."""


def _exact(text: str) -> str:
    """Refuse what some writer cannot take: XML has no control characters, UTF-8 no halves of characters."""
    if found := _BARRED.search(text):
        raise ValueError(f"holds the sign U+{ord(found[0]):04X}, which cannot be shown; take it out")
    if len(text) > MOST_SIGNS:
        raise ValueError(f"takes at most {MOST_SIGNS:,} signs, not {len(text):,}; shorten it, or name where it stands")
    return text


def _text(text: str) -> str:
    if is_blank(_exact(text)):
        raise ValueError("is empty; write what belongs there, or leave the field out")
    return text


def _link(text: str) -> str:
    if not is_link(_exact(text)):
        raise ValueError(
            f"takes a link as RFC 3986 has it, https://host/path, not {text[:200]!r}; in it a blank is written %20, "
            "a second # %23, and a % that stands for itself %25"
        )
    return text


def is_blank(text: str) -> bool:
    """Tell whether a text shows nothing: it holds blanks and signs without a shape alone."""
    return not any(sign.isprintable() and not sign.isspace() for sign in text)


def is_link(text: str) -> bool:
    """Tell whether a text is an address of the web that every writer takes."""
    return len(text) <= MOST_OF_LINK and bool(_LINK.fullmatch(text)) and not _BARRED.search(text)


def showable(text: str) -> str:
    """Write a text from elsewhere so that `Text` takes its signs: others are replaced by the mark for that."""
    return _BARRED.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def _partial_date(value: str) -> str:
    """Check a date of which the day, or the month and the day, may be missing."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", value):
        raise ValueError("write the date as YYYY-MM-DD, YYYY-MM or YYYY")
    year, month, day = [*map(int, value.split("-")), 1, 1][:3]
    if year not in YEARS:
        raise ValueError(f"takes a year from {YEARS[0]} to {YEARS[-1]}, not {year:04}")
    date(year, month, day)
    return value


def _whole_date(value: Any) -> Any:
    """Leave only the written form: a bare number would be read as seconds since 1970."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != len("2026-11-20"):
        raise ValueError("write the date as YYYY-MM-DD")
    return _partial_date(value)


def resolve_scalars(value: Any) -> Any:
    """Turn the text of a YAML value without a declared type into bool, int or float where that loses nothing.

    `1.10` stays text (as a float it would read 1.1), and so do `NO` and dates. Text and numbers are bounded as they are
    where a type is declared.
    """
    if isinstance(value, dict):
        return {_text(key) if isinstance(key, str) else key: resolve_scalars(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve_scalars(item) for item in value]
    if not isinstance(value, str):
        return value
    if value in ("true", "false"):
        return value == "true"
    if _INTEGER.fullmatch(value):
        return _bounded(value)
    return _bounded(value) if _FLOAT.fullmatch(value) else _exact(value)


def _bounded(written: str) -> int | float:
    number = float(written)
    if not math.isfinite(number) or abs(number) > LARGEST:
        raise ValueError(f"takes a number between -{LARGEST:,} and {LARGEST:,}, not {written[:40]}")
    return int(written) if _INTEGER.fullmatch(written) else number


Exact = Annotated[str, AfterValidator(_exact)]
"""Text byte for byte, which may be empty."""

Text = Annotated[str, AfterValidator(_text)]
"""Words for a reader."""

Link = Annotated[str, AfterValidator(_link)]
"""An address of the web."""

Repository = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", max_length=200)]
"""`owner/name` of a public git repository."""

PartialDate = Annotated[str, AfterValidator(_partial_date)]
"""YYYY-MM-DD, YYYY-MM or YYYY."""

Day = Annotated[date, BeforeValidator(_whole_date, json_schema_input_type=date)]
"""YYYY-MM-DD."""

Whole = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
Natural = Annotated[int, Field(ge=0, le=LARGEST)]
Count = Annotated[int, Field(ge=1, le=LARGEST)]
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=LARGEST, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]

Settings = Annotated[dict[str, Any], BeforeValidator(resolve_scalars)]
"""A mapping whose keys the core does not know: a method's settings, a model's architecture."""
