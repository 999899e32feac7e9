"""A file of ratings that only grows: a line is on the disk before anything is said of it, and a kill costs none.

What a kill in the middle of a line left of it is cut off when the file is opened again.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, Problem
from llmreg.files import flush
from llmreg.ratings.rows import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Row = Mapping[str, Any]

_BREAKS = "\x85\u2028\u2029"
"""Signs in strings at which some readers end a line; JSON escapes the others itself."""
_HEAD = b'{"item": '
"""How each line that is written here begins."""


class Journal:
    """An open file of ratings, which no other process writes meanwhile."""

    def __init__(self, path: Path) -> None:
        """Open the file, made if it is new; raise `LlmregError` where it holds something else or another writes it."""
        if not path.parent.is_dir():
            raise LlmregError(f"{path}: there is no folder {path.parent}; make it first")
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._lock()
            data = _read(self._file)
            whole = data[: data.rfind(b"\n") + 1]
            found = _parsed(path, whole)
            self.rows = [row for row, _ in found]
            self._ends = [end for _, end in found]
            self.mended = self._mend(data[len(whole) :])
            """Whether the file ended in a part of a line."""
            flush(path.parent)
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Journal:
        """Give the journal."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        os.close(self._file)

    def append(self, row: Row) -> None:
        """Write a row; when this returns, it is on the disk."""
        line = json.dumps(row, ensure_ascii=False)
        for sign in _BREAKS:
            line = line.replace(sign, f"\\u{ord(sign):04x}")
        self._write(line.encode() + b"\n")
        self.rows.append(row)

    def drop_last(self) -> Row:
        """Take the last row back; when this returns, it is gone from the disk."""
        self._ends.pop()
        self._cut()
        return self.rows.pop()

    def _lock(self) -> None:
        from fcntl import LOCK_EX, LOCK_NB, flock

        try:
            flock(self._file, LOCK_EX | LOCK_NB)  # the system lets go of it however the process ends
        except BlockingIOError:
            raise LlmregError(
                f"{self.path}: another process is writing it; stop that one or name another file"
            ) from None

    def _mend(self, rest: bytes) -> bool:
        """Cut off what a kill left of a line, or end the line where only its end is missing."""
        rest = rest.strip(b"\0")  # what some file systems leave after a loss of power
        if not (rest.startswith(_HEAD) or _HEAD.startswith(rest)):
            raise LlmregError(f"{self.path}: the last line is no rating, nor part of one; name another file")
        try:
            json.loads(rest)
            found = _parsed(self.path, rest)
        except ValueError:
            found = []
        self._cut()
        for row, _ in found:
            self.append(row)
        return bool(rest)

    @property
    def _end(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _write(self, line: bytes) -> None:
        try:
            place = self._end
            while place < self._end + len(line):
                place += os.pwrite(self._file, line[place - self._end :], place)
            os.fsync(self._file)
        except OSError:
            self._cut()
            raise
        self._ends.append(place)

    def _cut(self) -> None:
        os.ftruncate(self._file, self._end)
        os.fsync(self._file)


def read_rows(path: Path) -> list[Row]:
    """Read the whole lines of a file of ratings, which may not be there yet, and change nothing."""
    data = path.read_bytes() if path.exists() else b""
    return [row for row, _ in _parsed(path, data[: data.rfind(b"\n") + 1])]


def _parsed(path: Path, data: bytes) -> list[tuple[Row, int]]:
    """Give each line's rating with the place in the data where the line ends."""
    rows, end = [], 0
    for number, line in enumerate(data.split(b"\n"), 1):
        end += len(line) + 1
        if line.strip():
            try:
                row = json.loads(line)
                parse(row)
            except (ValueError, RecursionError) as error:
                problem = Problem(path, number, "", f"is no rating, so nothing is added to this file: {error}")
                raise LlmregError(str(problem)) from None
            rows.append((row, end))
    return rows


def _read(file: int) -> bytes:
    size = os.fstat(file).st_size
    parts, place = [], 0
    while place < size and (part := os.pread(file, size - place, place)):
        parts.append(part)
        place += len(part)
    return b"".join(parts)
