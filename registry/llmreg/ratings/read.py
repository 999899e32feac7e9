"""Read files of ratings into columns, with everything that was odd about them named by file and line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, Problem, UsageError, counted, did_you_mean
from llmreg.ratings.files import files_of, lines_of
from llmreg.ratings.rows import FORM, Rating, ReleasedRating
from llmreg.ratings.slots import FileName, Naming, Slots

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_SHARE = {"first": 1.0, "tie": 0.5, "second": 0.0}
_FEW = 20
"""Faults that one message names."""


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
    ambiguous: int = 0
    """Those of the rows left out of which nothing tells whose an answer is."""
    identical: int = 0
    """Rows, not left out, in which both systems gave the same answer."""

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


def read(paths: Iterable[Path], answers: Mapping[str, str | Collection[str]] | None = None) -> Ratings:
    """Read files of ratings, and every `.jsonl` and `.jsonl.gz` file of folders.

    `answers` gives the system of each answer's id, or the systems where several gave the same answer. Raises
    `UsageError` where there is no file, and `LlmregError` with every line that is no rating.
    """
    files = list(files_of(paths))
    faults: list[Problem] = []
    lines = {file: list(lines_of(file, faults)) for file in files}
    if faults:
        more = f"\n... and {len(faults) - _FEW:,} more" if len(faults) > _FEW else ""
        raise LlmregError("\n".join(map(str, faults[:_FEW])) + more + f"\n{FORM}")
    released = [(file, [row for _, row in rows if isinstance(row, ReleasedRating)]) for file, rows in lines.items()]
    slots = [Slots.of(file, filter(None, (row.answers for row in rows))) for file, rows in released if rows]
    table = {key: frozenset([value] if isinstance(value, str) else value) for key, value in (answers or {}).items()}
    naming = Naming(slots, table)
    return _Columns(naming).gather(lines)


class _Columns:
    """Puts rows into columns and notes which are left out."""

    def __init__(self, naming: Naming) -> None:
        self.naming = naming
        self.notes = list(naming.notes)
        self.rows: list[tuple[str, str, str, str, float, tuple[float, float]]] = []
        self.unparsed = self.left_out = self.ambiguous = self.identical = 0
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
        told = (tuple(self.naming.guessed), tuple(sorted(self.notes)))
        counts = (len(lines), total, self.unparsed, self.left_out)
        return self._build(Report(*counts, *told, ambiguous=self.ambiguous, identical=self.identical))

    def _why(self) -> str:
        unparsed = f"; {self.unparsed:,} could not be parsed" if self.unparsed else ""
        return unparsed + "".join(f"\n{note}" for note in self.notes[:_FEW])

    def _take(self, file: Path, number: int, row: Rating | ReleasedRating, judge: str | None) -> None:
        names = self._names(file, number, row)
        if not names or self._is_double(file, number, row):
            self.left_out += 1
        elif row.winner is None and row.scores is None:
            self.unparsed += 1
            if isinstance(row, ReleasedRating) and isinstance(row.score, str):
                text = f"score: {row.score[:40]!r} is none of 1 (first), 2 (second), 3 (tie); counted as unparsed"
                self.notes.append(Problem(file, number, "", text))
        else:
            self.identical += row.answers is not None and row.answers[0] == row.answers[1]
            if isinstance(row, Rating):
                judge = row.judge
            wins = _SHARE[row.winner] if row.winner else float("nan")
            scores = row.scores or (float("nan"), float("nan"))
            self.rows.append((*names, row.item, judge or f"reviewer {getattr(row, 'reviewer_id', 1)}", wins, scores))

    def _names(self, file: Path, number: int, row: Rating | ReleasedRating) -> tuple[str, str] | None:
        """Return the systems of a row, or none, noting what is odd about them."""
        told = self._said(file, number, row) if isinstance(row, Rating) else self._told(file, number, row)
        if None not in told and told[0] == told[1]:
            self.notes.append(Problem(file, number, "", f"compares {told[0]} with itself; left out"))
        one, other = told
        return (one, other) if one and other and one != other else None

    def _said(self, file: Path, number: int, row: Rating) -> tuple[str | None, str | None]:
        """Return the systems that a row names, or those that its answers' ids tell where they contradict it."""
        if row.answers and row.answers[0] == row.answers[1]:
            return row.first, row.second
        found = (self._by_id(row.first_answer, row.first), self._by_id(row.second_answer, row.second))
        if None in found:
            self.ambiguous += 1
            text = f"says {row.first} and {row.second}, and the table gives the answers to several others; left out"
            self.notes.append(Problem(file, number, "", text))
        elif found != (row.first, row.second):
            text = f"says {row.first} and {row.second}, the ids of the answers {found[0]} and {found[1]}"
            self.notes.append(Problem(file, number, "", f"{text}; the ids are trusted"))
        return found

    def _by_id(self, answer: str | None, said: str) -> str | None:
        given = self.naming.table.get(answer or "", {said})
        return said if said in given else min(given) if len(given) == 1 else None

    def _told(self, file: Path, number: int, row: ReleasedRating) -> tuple[str | None, str | None]:
        """Return the systems that the ids of the answers tell, noting where they tell none."""
        if row.answers is None:
            self.notes.append(Problem(file, number, "", "has an answer on one side only; left out"))
            return None, None
        found = self.naming.systems(file, *row.answers)
        self.ambiguous += None in found
        for slot, answer in enumerate(dict.fromkeys(row.answers)):
            if found[slot] is None:
                text = f"nothing tells whose answer {answer!r} is ({self.naming.why(file, slot, answer)}); left out"
                self.notes.append(Problem(file, number, "", text))
        return found

    def _is_double(self, file: Path, number: int, row: Rating | ReleasedRating) -> bool:
        """Tell whether a rating was read before, by its id or else by what was rated and by whom."""
        if isinstance(row, ReleasedRating):
            who = row.review_id or (file.name, row.reviewer_id, isinstance(row.score, tuple))
            key: Any = (who, row.item, row.answers)
        else:
            what = (row.first, row.second, row.first_answer, row.second_answer, "scores" in row.model_fields_set)
            key = row.id or (row.judge, row.item, *what)
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
