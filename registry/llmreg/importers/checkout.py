"""Read a tracker's files, which nobody vouches for: bounded, inside the folder, as text."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.catalog.yaml import read as read_yaml
from llmreg.errors import LlmregError, UsageError
from llmreg.files import real
from llmreg.importers.record import Place, Skipped

if TYPE_CHECKING:
    from llmreg.importers.record import Item

MAX_BYTES = 16_000_000
"""The largest file that is read whole."""
MAX_LINE = 1_000_000
"""The longest line of a file that is read line by line, in bytes."""
_COMMIT = re.compile(r"[0-9a-f]{40}")


class Checkout:
    """A folder as the tracker's repository has it, or a single file of the tracker's."""

    def __init__(self, path: Path) -> None:
        """Raise `UsageError` where there is neither."""
        if not (path.is_dir() or path.is_file()):
            raise UsageError(f"{path}: no such file or folder")
        self.path = path
        self.root = path if path.is_dir() else path.parent

    def files(self, *patterns: str) -> list[Path]:
        """List in order the files that match, or the single file; raise `LlmregError` where there is none.

        A link that leads out of the folder is refused.
        """
        found = self._found(patterns)
        for path in found:
            self._check_inside(path)
        return found

    def each(self, read: Callable[[Path], Iterator[Item]], *patterns: str) -> Iterator[Item]:
        """Give what `read` finds in each file that matches; a file that cannot be read stays out, and says why."""
        for path in self._found(patterns):
            yield from attempted(Place(self.name(path)), self._checked(path, read))

    def _checked(self, path: Path, read: Callable[[Path], Iterator[Item]]) -> Iterator[Item]:
        self._check_inside(path)
        yield from read(path)

    def _found(self, patterns: tuple[str, ...]) -> list[Path]:
        if not self.path.is_dir():
            return [self.path]
        found = sorted({path for pattern in patterns for path in self.root.glob(pattern) if path.is_file()})
        if not found:
            raise LlmregError(f"{self.path}: holds no {' and no '.join(patterns)}; give the tracker's own folder")
        return found

    def _check_inside(self, path: Path) -> None:
        if self.path.is_dir() and not real(path).is_relative_to(real(self.root)):
            raise LlmregError(f"{path}: a link that leads out of {self.root}; replace it by the file")

    def name(self, path: Path) -> str:
        """Give a file's path inside the checkout."""
        return path.relative_to(self.root).as_posix()

    def text(self, path: Path) -> str:
        """Read a file whole; raise `LlmregError` for one that is too large or not UTF-8."""
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise LlmregError(f"{path}: larger than {MAX_BYTES:,} bytes; split it")
        return _decoded(data, str(path))

    def lines(self, path: Path, broken: list[Skipped] | None = None) -> Iterator[tuple[int, str]]:
        """Give the lines of a file of any size with their numbers from 1.

        A line that is too long or not UTF-8 is added to `broken`, or raises `LlmregError` where there is no such list.
        """
        for number, line in self.rows(path):
            if isinstance(line, str):
                yield number, line
            else:
                self._leave_out(path, number, line, broken)

    def _leave_out(self, path: Path, number: int, error: LlmregError, broken: list[Skipped] | None) -> None:
        if broken is None:
            raise error
        broken.append(unread(Place(self.name(path), f"line {number}"), error))

    def rows(self, path: Path) -> Iterator[tuple[int, str | LlmregError]]:
        """Give the lines of a file, and for each that is too long or not UTF-8 what is wrong with it."""
        with path.open("rb") as file:
            number = 0
            while data := file.readline(MAX_LINE + 1):
                number += 1
                where = f"{path}:{number}"
                if len(data) > MAX_LINE:
                    while data and not data.endswith(b"\n"):
                        data = file.readline(MAX_LINE)
                    yield number, LlmregError(f"{where}: a line longer than {MAX_LINE:,} bytes")
                    continue
                try:
                    yield number, _decoded(data, where).removeprefix("\ufeff" if number == 1 else "")
                except LlmregError as error:
                    yield number, error

    def yaml(self, path: Path) -> dict[str, Any]:
        """Read a YAML file whose top is a mapping; values are `dict`, `list`, `str` and `None` only."""
        return mapping(read_yaml(path).value, str(path))

    def json(self, path: Path) -> Any:
        """Read a JSON file; a key written twice is refused, since one of the two would be lost."""
        return parse_json(self.text(path), str(path))

    def columns(self, path: Path) -> list[str]:
        """Give the names of the columns of a CSV file, from its first line."""
        try:
            return next(csv.reader((line for _, line in self.lines(path)), strict=True), [])
        except csv.Error as error:
            raise LlmregError(f"{path}:1: not a CSV table: {error}") from None

    def table(self, path: Path, broken: list[Skipped] | None = None) -> Iterator[tuple[int, dict[str, str]]]:
        """Give the rows of a CSV file with the line on which each ends; a short row lacks its last columns.

        A row that cannot be read is added to `broken`, or raises `LlmregError` where there is no such list, and so does
        a first line that cannot, since nothing is known without the names of the columns.
        """
        columns: list[str] | None = None
        for number, cells in self.cells(path, broken):
            if columns is None and broken:
                raise LlmregError(broken.pop().detail)
            if columns is None:
                columns = cells
            elif len(cells) > len(columns):
                error = LlmregError(f"{path}:{number}: {len(cells)} cells under {len(columns)} columns")
                self._leave_out(path, number, error, broken)
            elif cells:
                yield number, dict(zip(columns, cells, strict=False))

    def cells(self, path: Path, broken: list[Skipped] | None = None) -> Iterator[tuple[int, list[str]]]:
        """Give the cells of every row of a CSV file with the line on which it ends.

        A row that cannot be read is added to `broken`, or raises `LlmregError` where there is no such list.
        """
        at = 0

        def text(row: tuple[int, str | LlmregError]) -> str:
            nonlocal at
            at, line = row
            if isinstance(line, LlmregError):
                raise line
            return line

        reader = csv.reader(map(text, self.rows(path)), strict=True)
        while True:
            begin = at + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except LlmregError as error:
                inside = at > begin
                said = LlmregError(f"{error}; the row began in line {begin}, and nothing after it is read")
                self._leave_out(path, begin, said if inside else error, broken)
                if inside:
                    return
            except csv.Error as error:
                end = f", up to line {at}" if at > begin else ""
                self._leave_out(path, begin, LlmregError(f"{path}:{begin}: not a CSV table: {error}{end}"), broken)
            else:
                yield at, cells

    def commit(self) -> str | None:
        """Find the commit: in a `SOURCE.txt` beside the files, or in the git folder of the checkout."""
        note, git = self.root / "SOURCE.txt", self.root / ".git"
        if note.is_file():
            found = re.search(r"^commit:\s*([0-9a-f]{40})\b", self.text(note), re.MULTILINE)
            return found[1] if found else None
        return _head(git) if git.is_dir() else None


def attempted(place: Place, items: Iterator[Item]) -> Iterator[Item]:
    """Give the items as far as they can be read; where that ends too early, the place stays out with the reason."""
    try:
        yield from items
    except LlmregError as error:
        yield unread(place, error)
    except OSError as error:
        yield unread(place, LlmregError(f"{error.filename or place}: cannot be read: {error.strerror or error}"))


def unread(place: Place, error: LlmregError) -> Skipped:
    """Give what stays out because of an error."""
    return Skipped(place, "wrong-shape", str(error), unread=True)


def checked_commit(commit: str | None) -> str | None:
    """Give a commit as it was given, if it may be one; raise `UsageError` otherwise."""
    if commit and not re.fullmatch(r"[0-9a-f]{7,40}", commit):
        raise UsageError(f"--commit takes 7 to 40 hexadecimal digits, not {commit!r}")
    return commit


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise LlmregError(f"{where}: not UTF-8 (byte {error.start}); save the file as UTF-8") from None


def _head(git: Path) -> str | None:
    """Read the commit that a git folder has checked out, without running anything in it."""
    head = (git / "HEAD").read_text(errors="replace").strip()
    name = head.removeprefix("ref: ")
    packed = git / "packed-refs"
    if name != head and (git / name).is_file():
        head = (git / name).read_text(errors="replace").strip()
    elif name != head and packed.is_file():
        lines = (line.split() for line in packed.read_text(errors="replace").splitlines())
        head = next((words[0] for words in lines if words[1:] == [name]), "")
    return head if _COMMIT.fullmatch(head) else None


def parse_json(text: str, where: str) -> Any:
    """Read JSON; raise `LlmregError` for what is none, is nested too deep or writes a key twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            keys = [key for key, _ in pairs]
            raise LlmregError(f"{where}: the key {next(key for key in keys if keys.count(key) > 1)!r} is written twice")
        return value

    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise LlmregError(f"{where}:{error.lineno}: not valid JSON: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        raise LlmregError(f"{where}: not valid JSON: {error}") from None


def mapping(value: Any, where: str) -> dict[str, Any]:
    """Give the value if it is a mapping; raise `LlmregError` otherwise."""
    if not isinstance(value, dict):
        raise LlmregError(f"{where}: should be a mapping of fields, is {_shape(value)}")
    return value


def listing(value: Any, where: str) -> list[Any]:
    """Give the value if it is a list, nothing for none; raise `LlmregError` otherwise."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise LlmregError(f"{where}: should be a list, is {_shape(value)}")
    return value


def _shape(value: Any) -> str:
    return {dict: "a mapping", list: "a list", type(None): "empty"}.get(type(value), f"{str(value)[:40]!r}")
