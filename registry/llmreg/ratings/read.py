"""Read files of ratings into columns, with everything that was odd about them named by file and line."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, Problem, UsageError, counted, did_you_mean
from llmreg.files import real
from llmreg.ratings.rows import FORM, Rating, ReleasedRating, no_json, parse
from llmreg.ratings.slots import FileName, Naming, Slots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_SHARE = {"first": 1.0, "tie": 0.5, "second": 0.0}
_FEW = 20
"""Faults that one message names."""
_TABLE = "give `answer_id` and `system`, or a JSON object from ids to systems"


@dataclass(frozen=True)
class Report:
    """What was read and what was left out."""

    files: int
    rows: int
    unparsed: int
    """Rows whose judge's words could not be read; they are left out."""
    left_out: int
    """Rows left out for another reason, which `notes` gives."""
    guessed: tuple[str, ...]
    """Systems whose answers no table knows; they are called as the files' names call them."""
    notes: tuple[Problem, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the report as commands print it."""
        notes = [{"file": str(note.file), "line": note.line, "note": note.message} for note in self.notes]
        return {**vars(self), "guessed": list(self.guessed), "notes": notes}


@dataclass(frozen=True, eq=False)
class Ratings:
    """Ratings as columns of one length; `first`, `second`, `item` and `judge` are places in the tuples of names."""

    systems: tuple[str, ...]
    items: tuple[str, ...]
    judges: tuple[str, ...]
    first: Ints
    second: Ints
    item: Ints
    judge: Ints
    wins: Floats
    """1 where the first wins, 0 where the second does, 0.5 for a tie, NaN where the row has scores."""
    scores: Floats
    """Scores of first and second, shape (rows, 2); NaN where the row has a winner."""
    report: Report

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.first)

    @cached_property
    def pairwise(self) -> Ratings:
        """Give the rows that say which answer is better."""
        import numpy as np

        return self._only(
            ~np.isnan(self.wins),
            "says which answer is better (winner, or a score of 1, 2 or 3); `llmreg evaluate relative` takes scores",
        )

    @cached_property
    def scored(self) -> Ratings:
        """Give the rows that score both answers."""
        import numpy as np

        return self._only(
            ~np.isnan(self.scores[:, 0]),
            "scores both answers (scores, or a score of two numbers); `llmreg evaluate elo` takes comparisons",
        )

    def by(self, judges: Iterable[str]) -> Ratings:
        """Give the rows of these judges."""
        import numpy as np

        wanted = sorted(judges)
        kept = np.isin(self.judge, [place for place, judge in enumerate(self.judges) if judge in wanted])
        return self._only(kept, f"comes from {', '.join(wanted) or 'a judge that is asked for'}")

    def judged(self) -> Ratings:
        """Give all rows as comparisons: of two scores the higher wins, and equal ones tie."""
        import numpy as np

        higher = (np.sign(self.scores[:, 0] - self.scores[:, 1]) + 1) / 2
        return replace(self, wins=np.where(np.isnan(self.wins), higher, self.wins))

    def renamed(self, names: Mapping[str, str]) -> Ratings:
        """Call systems otherwise; raise `UsageError` for one that is not there or a name that is taken."""
        for name in names:
            if name not in self.systems:
                raise UsageError(f"--name: no system {name!r} was rated{did_you_mean(name, self.systems)}")
        systems = tuple(names.get(system, system) for system in self.systems)
        if len(set(systems)) < len(systems):
            raise UsageError(f"--name: two systems would have one name: {', '.join(systems)}")
        return replace(self, systems=systems)

    def _only(self, kept: NDArray[np.bool_], what: str) -> Ratings:
        """Keep these rows, and of the names those that occur in them."""
        import numpy as np

        if not kept.any():
            raise LlmregError(f"of {counted(len(kept), 'rating')} none {what}")
        there, places = np.unique(np.concatenate([self.first[kept], self.second[kept]]), return_inverse=True)
        items, item = np.unique(self.item[kept], return_inverse=True)
        judges, judge = np.unique(self.judge[kept], return_inverse=True)
        first, second = np.split(places, 2)
        return replace(
            self,
            systems=tuple(self.systems[each] for each in there),
            items=tuple(self.items[each] for each in items),
            judges=tuple(self.judges[each] for each in judges),
            first=first,
            second=second,
            item=item,
            judge=judge,
            wins=self.wins[kept],
            scores=self.scores[kept],
        )


def read(paths: Iterable[Path], answers: Mapping[str, str] | None = None) -> Ratings:
    """Read files of ratings, and every `.jsonl` file of folders; `answers` gives the system of each answer's id.

    Raises `UsageError` where there is no file, and `LlmregError` with every line that is no rating.
    """
    files = list(_files(paths))
    faults: list[Problem] = []
    lines = {file: list(_lines(file, faults)) for file in files}
    if faults:
        more = f"\n... and {len(faults) - _FEW:,} more" if len(faults) > _FEW else ""
        raise LlmregError("\n".join(map(str, faults[:_FEW])) + more + f"\n{FORM}")
    released = [(file, [row for _, row in rows if isinstance(row, ReleasedRating)]) for file, rows in lines.items()]
    naming = Naming([_slots(file, rows) for file, rows in released if rows], answers or {})
    return _Columns(naming).gather(lines)


def read_answers(files: Iterable[Path]) -> dict[str, str]:
    """Read which system gave which answer: an object from ids to systems, or JSON lines of `answer_id` and `system`.

    `model_id` is read in place of `system`, as FastChat writes it. Raises `LlmregError` for anything else, and for an
    id that two systems claim; `UsageError` for a file that is not there.
    """
    table: dict[str, str] = {}
    for file in files:
        if not file.is_file():
            raise UsageError(f"--answers: {file}: no such file")
        for number, answer, system in _answers(file):
            if table.setdefault(answer, system) != system:
                raise LlmregError(f"{file}:{number}: the answer {answer!r} is {table[answer]}'s and {system}'s too")
    return table


def _answers(file: Path) -> Iterator[tuple[int, str, str]]:
    text = _text(file)
    try:
        whole = json.loads(text, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        whole = None
    lines = enumerate(text.split("\n"), 1)
    if isinstance(whole, tuple) and "answer_id" not in dict(whole):  # JSON's own arrays are lists
        rows: list[tuple[int, Any]] = [(1, {"answer_id": key, "system": value}) for key, value in whole]
    else:
        rows = [(number, _json(line, file, number)) for number, line in lines if line.strip()]
    for number, row in rows:
        fields = row if isinstance(row, dict) else {}
        answer, system = fields.get("answer_id"), fields.get("system", fields.get("model_id"))
        if not (isinstance(answer, str) and isinstance(system, str) and answer and system):
            raise LlmregError(f"{file}:{number}: {_TABLE}")
        yield number, answer, system


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Give the files that are meant, each once, in order."""
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder")
        inner = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
        if not inner:
            raise UsageError(f"{path}: the folder holds no .jsonl file")
        for file in inner:
            if real(file) not in seen:
                seen.add(real(file))
                yield file


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LlmregError(f"{file}: is no text in UTF-8 ({error.reason} at byte {error.start})") from None


def _lines(file: Path, faults: list[Problem]) -> Iterator[tuple[int, Rating | ReleasedRating]]:
    """Give each line's rating with the line's number, and note the lines that are none."""
    for number, line in enumerate(_text(file).split("\n"), 1):
        if line.strip():
            try:
                yield number, parse(json.loads(line, parse_constant=_no_number))
            except json.JSONDecodeError as error:
                faults.append(Problem(file, number, "", no_json(error)))
            except ValueError as error:
                faults.append(Problem(file, number, "", str(error)))
            except RecursionError:
                faults.append(Problem(file, number, "", "is nested too deep"))


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number; write null for what could not be read")


def _json(line: str, file: Path, number: int) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LlmregError(f"{file}:{number}: {no_json(error)}; {_TABLE}") from None


def _slots(file: Path, rows: Sequence[ReleasedRating]) -> Slots:
    return Slots(file, (frozenset(row.answer1_id for row in rows), frozenset(row.answer2_id for row in rows)))


class _Columns:
    """Puts rows into columns and notes which are left out."""

    def __init__(self, naming: Naming) -> None:
        self.naming = naming
        self.notes = list(naming.notes)
        self.rows: list[tuple[str, str, str, str, float, tuple[float, float]]] = []
        self.unparsed = self.left_out = 0
        self._ids: dict[Any, str] = {}

    def gather(self, lines: Mapping[Path, list[tuple[int, Rating | ReleasedRating]]]) -> Ratings:
        """Build the columns from each file's lines."""
        for file, found in lines.items():
            if not found:
                self.notes.append(Problem(file, 1, "", "holds no rating"))
            judge = (name.judge if (name := FileName.of(file)) else None) or None
            for number, row in found:
                self._take(file, number, row, judge)
        total = sum(map(len, lines.values()))
        if not self.rows:
            raise LlmregError(
                f"no rating is left of {counted(total, 'row')} in {counted(len(lines), 'file')}" + self._why()
            )
        guessed = tuple(self.naming.guessed)
        return self._build(Report(len(lines), total, self.unparsed, self.left_out, guessed, tuple(sorted(self.notes))))

    def _why(self) -> str:
        unparsed = f"; {self.unparsed:,} could not be parsed" if self.unparsed else ""
        return unparsed + "".join(f"\n{note}" for note in self.notes[:_FEW])

    def _take(self, file: Path, number: int, row: Rating | ReleasedRating, judge: str | None) -> None:
        names = self._names(file, number, row)
        if not names or self._is_double(file, number, row):
            self.left_out += 1
        elif row.winner is None and row.scores is None:
            self.unparsed += 1
        else:
            if isinstance(row, Rating):
                judge = row.judge
            wins = _SHARE[row.winner] if row.winner else float("nan")
            scores = row.scores or (float("nan"), float("nan"))
            self.rows.append(
                (*names, str(row.item), judge or f"reviewer {getattr(row, 'reviewer_id', 1)}", wins, scores)
            )

    def _names(self, file: Path, number: int, row: Rating | ReleasedRating) -> tuple[str, str] | None:
        """Give the systems of a row, noting an answer that is nobody's and a name that its answer's id contradicts."""
        if isinstance(row, Rating):
            answers, said = (row.first_answer, row.second_answer), (row.first, row.second)
            names = [self.naming.table.get(answer or "", name) for answer, name in zip(answers, said, strict=True)]
            if names != list(said):
                stand = f"the ids of the answers {names[0]} and {names[1]}"
                text = f"says {said[0]} and {said[1]}, {stand}; the ids are trusted"
                self.notes.append(Problem(file, number, "", text))
        else:
            found = {answer: self.naming.system(answer) for answer in (row.answer1_id, row.answer2_id)}
            for answer in (answer for answer, name in found.items() if name is None):
                text = f"nothing tells whose answer {answer!r} is, and others of this slot are known; left out"
                self.notes.append(Problem(file, number, "", text))
            names = [name for name in (found[row.answer1_id], found[row.answer2_id]) if name]
        if len(names) == 2 and names[0] == names[1]:
            self.notes.append(Problem(file, number, "", f"compares {names[0]} with itself; left out"))
        return (names[0], names[1]) if len(set(names)) == 2 else None

    def _is_double(self, file: Path, number: int, row: Rating | ReleasedRating) -> bool:
        """Tell whether a rating was read before, by its id or else by what was rated and by whom."""
        if isinstance(row, ReleasedRating):
            key: Any = row.review_id
        else:
            what = (row.first, row.second, row.first_answer, row.second_answer, "scores" in row.model_fields_set)
            key = row.id or (row.judge, str(row.item), *what)
        here = f"{file}:{number}"
        before = self._ids.setdefault(key, here)
        if before != here:
            self.notes.append(Problem(file, number, "", f"repeats the rating in {before}; left out"))
        return before != here

    def _build(self, report: Report) -> Ratings:
        import numpy as np

        first, second, items, judges, wins, scores = zip(*self.rows, strict=True)
        systems, both = _coded((*first, *second))
        items, item = _coded(items)
        judges, judge = _coded(judges)
        one, other = np.split(both, 2)
        return Ratings(
            systems, items, judges, one, other, item, judge, np.array(wins), np.array(scores, dtype=float), report
        )


def _coded(words: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """Give the different words in order, and each word's place among them."""
    import numpy as np

    different = tuple(sorted(set(words)))
    places = {word: place for place, word in enumerate(different)}
    return different, np.fromiter((places[word] for word in words), dtype=np.int64, count=len(words))
