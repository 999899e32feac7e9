"""Read the files that ratings come in, packed or not, and the tables of whose answer is whose."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from llmreg.errors import LlmregError, Problem, UsageError
from llmreg.files import real
from llmreg.ratings.rows import Id, Rating, ReleasedRating, no_json, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GZIP = b"\x1f\x8b"
_TABLE = "give `answer_id` and `system`, or a JSON object from ids to systems"


class _Answer(BaseModel):
    """A line of a table of answers."""

    answer_id: Id = Field(min_length=1)
    system: str = Field(min_length=1)


def read_answers(files: Iterable[Path]) -> dict[str, str | frozenset[str]]:
    """Read which system gave which answer: an object from ids to systems, or JSON lines of `answer_id` and `system`.

    `model_id` is read in place of `system`, as FastChat writes it. An id that lines give to several systems is that of
    an answer which all of them gave. Raises `LlmregError` for anything else, and for an object that has an id twice;
    `UsageError` for a file that is not there.
    """
    table: dict[str, set[str]] = {}
    for file in files:
        if not file.is_file():
            raise UsageError(f"--answers: {file}: no such file")
        for number, fields in _answers(file):
            try:
                row = _Answer.model_validate({"system": fields.get("model_id"), **fields})
            except (AttributeError, ValidationError):
                raise LlmregError(f"{file}:{number}: {_TABLE}") from None
            table.setdefault(row.answer_id, set()).add(row.system)
    return {answer: frozenset(found) if len(found) > 1 else min(found) for answer, found in table.items()}


def _answers(file: Path) -> Iterator[tuple[int, Any]]:
    """Return the rows of a table with their line numbers."""
    lines = _text(file)
    try:
        whole = json.loads("\n".join(lines), object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, tuple) and "answer_id" not in dict(whole):  # JSON's own arrays are lists
        last = dict(whole)
        for key, value in whole:
            if value != last[key]:
                raise LlmregError(f"{file}:1: the answer {key!r} is {value}'s and {last[key]}'s too")
            yield 1, {"answer_id": key, "system": value}
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise LlmregError(f"{file}:{number}: {no_json(error)}; {_TABLE}") from None


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Give the files that are meant, each once, in order."""
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder")
        inner = sorted(_inside(path)) if path.is_dir() else [path]
        if not inner:
            raise UsageError(f"{path}: the folder holds no .jsonl file")
        for file in inner:
            if real(file) not in seen:
                seen.add(real(file))
                yield file


def _inside(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.name.endswith((".jsonl", ".jsonl.gz")) and file.is_file())


def _text(file: Path) -> list[str]:
    """Read the lines of a file, packed by gzip or not."""
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if data.startswith(_GZIP) else data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LlmregError(f"{file}: is no text in UTF-8 ({error.reason} at byte {error.start})") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LlmregError(f"{file}: is damaged, so gzip cannot unpack it ({error}); fetch it again") from None
    except OSError as error:
        raise LlmregError(f"{file}: cannot be read ({error.strerror})") from None
    return re.split(r"\r\n|\r|\n", text)


def lines_of(file: Path, faults: list[Problem]) -> Iterator[tuple[int, Rating | ReleasedRating]]:
    """Give each line's rating with the line's number, and note the lines that are none.

    Of a file that is one JSON array, the elements stand in place of lines.
    """
    lines = _text(file)
    for number, row in enumerate(_array("\n".join(lines)) or lines, 1):
        if not isinstance(row, str) or row.strip():
            try:
                yield number, parse(json.loads(row, object_pairs_hook=_once) if isinstance(row, str) else row)
            except json.JSONDecodeError as error:
                faults.append(Problem(file, number, "", no_json(error)))
            except ValueError as error:
                faults.append(Problem(file, number, "", str(error)))
            except RecursionError:
                faults.append(Problem(file, number, "", "is nested too deep"))


def _array(text: str) -> list[dict[str, Any]] | None:
    """Return the elements of an array of objects, nothing for any other text."""
    if not text.lstrip().startswith("["):
        return None
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return value if value and all(isinstance(one, dict) for one in value) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice = next(name for name in fields if [name for name, _ in pairs].count(name) > 1)
        raise ValueError(f"has {twice!r} twice")
    return fields
