"""The key-value header of a GGUF file, read without its tensors and without a library."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_MOST_TEXT, _MOST_ITEMS, _MOST_KEYS = 1 << 24, 1 << 24, 1 << 16


class _BrokenError(Exception):
    """Say that this is no whole GGUF header."""


def metadata(path: Path) -> Mapping[str, Any]:
    """Return the texts and lists of texts of a header whose keys begin with `general.`; what is broken ends it."""
    found: dict[str, Any] = {}
    with suppress(_BrokenError, struct.error):
        for key, value in _pairs(path):
            if key.startswith("general."):
                found[key] = value
            elif key.startswith("tokenizer."):
                break  # the long lists of tokens come last
    return found


def whole_metadata(path: Path) -> Mapping[str, Any]:
    """Return what `metadata` does, of the whole header; raise `LlmregError` for one that cannot be read to its end."""
    try:
        return {key: value for key, value in _pairs(path) if key.startswith("general.")}
    except (_BrokenError, struct.error):
        raise LlmregError(f"{path}: no whole GGUF header; was the file cut off?") from None


def _pairs(path: Path) -> Iterator[tuple[str, Any]]:
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise _BrokenError
        _number(file, "<I")
        _number(file, "<Q")
        pairs = _number(file, "<Q")
        if pairs > _MOST_KEYS:
            raise _BrokenError
        for _ in range(pairs):
            key = _text(file)
            yield key, _value(file, _number(file, "<I"), keep=key.startswith("general."))


def _number(file: BinaryIO, form: str) -> int:
    raw = file.read(struct.calcsize(form))
    return int(struct.unpack(form, raw)[0])


def _text(file: BinaryIO) -> str:
    size = _number(file, "<Q")
    if size > _MOST_TEXT:
        raise _BrokenError
    raw = file.read(size)
    if len(raw) < size:
        raise _BrokenError
    return raw.decode("utf-8", "replace")


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
