"""The key-value header of a GGUF file, read without its tensors and without a library."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_MOST_TEXT, _MOST_ITEMS, _MOST_KEYS = 1 << 24, 1 << 24, 1 << 16


class _BrokenError(Exception):
    """Say that this is no whole GGUF header."""


def metadata(path: Path) -> Mapping[str, Any]:
    """Return the texts and lists of texts of a header whose keys begin with `general.`; what is broken ends it."""
    found: dict[str, Any] = {}
    with path.open("rb") as file:
        try:
            if file.read(4) != b"GGUF":
                return {}
            _number(file, "<I")
            _number(file, "<Q")
            for _ in range(min(_number(file, "<Q"), _MOST_KEYS)):
                key = _text(file)
                value = _value(file, _number(file, "<I"), keep=key.startswith("general."))
                if key.startswith("general."):
                    found[key] = value
                elif key.startswith("tokenizer."):
                    break  # the long lists of tokens come last
        except (_BrokenError, struct.error):
            pass
    return found


def _number(file: BinaryIO, form: str) -> int:
    raw = file.read(struct.calcsize(form))
    return int(struct.unpack(form, raw)[0])


def _text(file: BinaryIO) -> str:
    size = _number(file, "<Q")
    if size > _MOST_TEXT:
        raise _BrokenError
    return file.read(size).decode("utf-8", "replace")


def _value(file: BinaryIO, kind: int, *, keep: bool, nested: bool = False) -> Any:
    if kind == _STRING:
        return _text(file)
    if kind == _ARRAY and not nested:
        inner, size = _number(file, "<I"), _number(file, "<Q")
        if size > _MOST_ITEMS:
            raise _BrokenError
        items = (_value(file, inner, keep=keep, nested=True) for _ in range(size))
        return [*items] if keep else sum(1 for _ in items)
    if kind in _FORMATS:
        raw = file.read(struct.calcsize(_FORMATS[kind]))
        return struct.unpack(_FORMATS[kind], raw)[0]
    raise _BrokenError
