"""Read the records of a file one by one: JSON lines, a JSON array or parquet, plain or compressed with gzip.

Only the record at hand is kept, so that a file may be larger than the memory: JSON lines come line by line, an array
element by element, parquet batch by batch within its row groups.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Record = dict[str, Any]

_BATCH = 256
"""Rows of parquet that are taken at a time."""
_CHUNK = 2**16
"""Characters of a JSON array that are read at a time."""
_LONGEST = 2**26
"""Characters that an element of a JSON array may have; past this it is broken rather than long."""
_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"
_WAYS = "rows come as JSON lines, one object a line, as one JSON array, or as *.parquet"
_SPACE = " \t\r\n"


class Place(NamedTuple):
    """Where a record stands; the number is that of a line, or of a row where a file has no lines of its own."""

    path: Path
    number: int
    by_line: bool = False

    def __str__(self) -> str:
        """Give `FILE:LINE` or `FILE: row N`."""
        return f"{self.path}:{self.number}" if self.by_line else f"{self.path}: row {self.number}"


def records(path: Path, tally: Counter[str] | None = None) -> Iterator[tuple[Place, Record]]:
    """Return each record with its place; raise `LlmregError` with the place of one that is broken.

    Keys that an object writes twice are counted in `tally`.
    """
    decoder = _decoder(Counter() if tally is None else tally)
    if not path.is_file():
        raise LlmregError(f"no data file at {path}; give the path of a JSON lines, JSON or parquet file")
    if path.suffix == ".parquet":
        yield from _parquet(path)
        return
    with _opened(path) as file:
        start = file.read(_CHUNK).removeprefix(_MARK).lstrip()[:1]
        file.seek(0)
        yield from _array(path, file, decoder) if start == b"[" else _lines(path, file, decoder)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, through gzip if it begins as gzip does."""
    with path.open("rb") as plain:
        packed = plain.read(2) == _GZIP
        plain.seek(0)
        if not packed:
            yield plain
            return
        try:
            with gzip.open(plain, "rb") as file:
                yield file  # type: ignore[misc]
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise LlmregError(f"{path} is damaged or cut off ({error}); fetch it again") from None


def _decoder(tally: Counter[str]) -> json.JSONDecoder:
    """Return a decoder that counts keys written twice, and takes a number with too many digits as one out of range."""

    def taken(pairs: list[tuple[str, Any]]) -> Record:
        record = dict(pairs)
        if len(record) < len(pairs):
            for key, times in Counter(key for key, _ in pairs).items():
                if times > 1:
                    tally[f"of a row's {key!r}, written more than once, the last was taken"] += 1
        return record

    def whole(digits: str) -> int | float:
        try:
            return int(digits)
        except ValueError:
            return float(digits)

    return json.JSONDecoder(object_pairs_hook=taken, parse_int=whole)


def _lines(path: Path, file: BinaryIO, decoder: json.JSONDecoder) -> Iterator[tuple[Place, Record]]:
    """Read JSON lines; only a newline ends a line, not the other line ends that JSON strings may hold."""
    for number, raw in enumerate(file, start=1):
        line = raw.removeprefix(_MARK) if number == 1 else raw
        if line.strip():
            place = Place(path, number, by_line=True)
            yield place, _object(_parsed(place, line, decoder), place)


def _parsed(place: Place, line: bytes, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise _not_text(place) from None
    except RecursionError:
        raise _too_deep(place) from None
    except json.JSONDecodeError as error:
        raise _not_json(place, error) from None
    except ValueError as error:
        raise broken(place, f"is not JSON: {error}") from None


def _array(path: Path, file: BinaryIO, decoder: json.JSONDecoder) -> Iterator[tuple[Place, Record]]:
    """Read a JSON array, keeping only the text of the element at hand."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        for number, element in enumerate(_Elements(path, text, decoder), start=1):
            yield Place(path, number), _object(element, Place(path, number))
    finally:
        text.detach()  # the file is closed by whoever opened it


class _Elements:
    """The elements of a JSON array in a text file."""

    def __init__(self, path: Path, file: io.TextIOWrapper, decoder: json.JSONDecoder) -> None:
        self.path, self.file = path, file
        self.text, self.at = "", 0
        self.lines_before = 0
        self.decoder = decoder

    def __iter__(self) -> Iterator[Any]:
        self._expect("[")
        if self._next() != "]":
            yield self._element()
            while self._next() == ",":
                self.at += 1
                yield self._element()
        self._expect("]")
        if self._next():
            raise LlmregError(f"{self._place()}: something follows the end of the array; take it out")

    def _element(self) -> Any:
        self._next()
        while True:
            try:
                element, self.at = self.decoder.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                place = Place(self.path, self.lines_before + error.lineno, by_line=True)
                if len(self.text) > _LONGEST or not self._more():
                    raise _not_json(place, error) from None
            except RecursionError:
                raise _too_deep(self._place()) from None
            else:
                return element

    def _next(self) -> str:
        """Skip white space and give the character after it, or nothing at the end of the file."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in _SPACE:
                self.at += 1
            if self.at < len(self.text) or not self._more():
                return self.text[self.at : self.at + 1]

    def _expect(self, sign: str) -> None:
        found = self._next()
        if found != sign:
            what = repr(found) if found else "the end of the file"
            raise broken(self._place(), f"is not JSON: expected ',' or {sign!r}, found {what}")
        self.at += 1

    def _place(self) -> Place:
        return Place(self.path, self.lines_before + self.text.count("\n", 0, self.at) + 1, by_line=True)

    def _more(self) -> bool:
        """Drop what is done with and read on, twice as far each time an element goes on; tell whether any came."""
        self.lines_before += self.text.count("\n", 0, self.at)
        self.text, self.at = self.text[self.at :], 0
        try:
            text = self.file.read(max(_CHUNK, len(self.text)))
        except UnicodeDecodeError:
            raise _not_text(self._place()) from None
        self.text += text
        return bool(text)


def _parquet(path: Path) -> Iterator[tuple[Place, Record]]:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    number = 0
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield Place(path, number), row
    except (pa.ArrowInvalid, OSError) as error:
        after = f" after row {number}" if number else ""
        raise LlmregError(
            f"{path} is not a parquet file, or is cut off{after}: {str(error).splitlines()[0]}; fetch it again"
        ) from None


def _object(value: Any, place: Place) -> Record:
    if not isinstance(value, dict):
        raise broken(place, f"a row is an object of fields, not {json.dumps(value, ensure_ascii=False)[:40]}")
    return value


def broken(place: object, said: str) -> LlmregError:
    """Return the error of a row that cannot be read, with what to do about it."""
    return LlmregError(f"{place}: {said}; correct the row, or take it out")


def _not_json(place: Place, error: json.JSONDecodeError) -> LlmregError:
    return LlmregError(f"{place}: is not JSON: {error.msg} at column {error.colno}; {_WAYS}")


def _too_deep(place: Place) -> LlmregError:
    return LlmregError(f"{place}: is nested too deeply to be read; take the row out")


def _not_text(place: Place) -> LlmregError:
    return LlmregError(f"{place}: is not UTF-8 text; convert it, or name a parquet file *.parquet")
