"""Make what a tracker wrote fit the fields of an entry: what does not fit becomes a note, and is reported."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llmreg.importers.record import Fault, Place, Record, Skipped
from llmreg.schema import Source
from llmreg.schema.values import showable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST = 5_000
"""The most signs that are taken over of one text of a tracker."""
_CUT = " … (cut; the rest stands at the source)"
_SHOWN = 200
_EMPTY: dict[str, Any] = {
    "description": None, "homepage": None, "released": None, "hub": None, "repository": None, "url": None,
    "aliases": (), "developers": (), "unknown": (),
}  # fmt: skip
"""What stands in a record for a field of which it says nothing."""


def fitted(record: Record, check: Callable[[Record], None]) -> Iterator[Record | Skipped | Fault]:
    """Give the record as an entry takes it, with a fault for each value that it does not; or why it stays out.

    `check` raises `ValidationError` for a record whose fields no entry takes.
    """
    faults: list[str] = []
    record = _showable(record, faults)
    while fault := _first_fault(record, check):
        name = str(fault["loc"][0])
        said = f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}"
        if name in _EMPTY:
            written = getattr(record, name)
            record = replace(record, **{name: _EMPTY[name]}, notes=(*record.notes, _note(name, written)))
        elif name in record.fields:
            written = record.fields[name]
            left = {key: value for key, value in record.fields.items() if key != name}
            record = replace(record, fields=left, notes=(*record.notes, _note(name, written)))
        else:
            yield Skipped(record.place, "refused", f"{record.name[:_SHOWN]}: {said}")
            return
        faults.append(said)
    yield record
    yield from (Fault(record.place, "odd-value", f"{record.name}: {said}") for said in faults)


def _first_fault(record: Record, check: Callable[[Record], None]) -> Any:
    try:
        check(record)
    except ValidationError as error:
        return error.errors()[0]
    return None


def _note(name: str, written: Any) -> str:
    text = ", ".join(map(str, written)) if isinstance(written, tuple | list) else str(written)
    return f"{name} as written: {text[:_SHOWN] or 'nothing'}"


def _showable(value: Any, faults: list[str]) -> Any:
    """Replace the signs that no text may hold and cut very long texts, wherever they stand in a record."""
    if isinstance(value, str):
        text = showable(value)
        if "\ufffd" in text and "\ufffd" not in value:
            faults.append(f"{text[:_SHOWN]!r}: holds signs that cannot be shown; \ufffd stands for each")
        if len(text) > LONGEST:
            faults.append(f"{text[:40]!r}: {len(text):,} signs long; the first {LONGEST:,} are taken")
            return text[:LONGEST] + _CUT
        return text
    if isinstance(value, Place | Source):
        return value
    if isinstance(value, tuple | list):
        return type(value)(_showable(item, faults) for item in value)
    if isinstance(value, dict):
        return {key: _showable(item, faults) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {each.name: _showable(getattr(value, each.name), faults) for each in fields(value)}
        return replace(value, **changed)
    return value
