"""What systems answered, and which answers are to be compared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from llmreg.errors import LlmregError, Problem, UsageError
from llmreg.ratings.rows import no_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_FEW = 20
"""Faults that one message names."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    id: str = Field(min_length=1, validation_alias=AliasChoices("id", "question_id"))
    text: str


class _AnswerRow(_Row):
    """One system's answer to one item; `question_id` and `model_id` are FastChat's words for `id` and `system`."""

    system: str = Field(min_length=1, validation_alias=AliasChoices("system", "model_id"))
    question: str | None = None
    answer_id: str | None = None


@dataclass(frozen=True)
class Answer:
    """What a system said."""

    id: str
    """As its file names it, else from what it says; it stays the same as long as the text does."""
    system: str
    text: str


@dataclass(frozen=True)
class Pair:
    """Two answers to one item, in the order in which they are shown."""

    item: str
    question: str | None
    first: Answer
    second: Answer

    @property
    def swapped(self) -> Pair:
        """Give the other order."""
        return Pair(self.item, self.question, self.second, self.first)

    def row(self, judge: str) -> dict[str, str]:
        """Give the fields with which every rating of this pair begins."""
        systems = {"first": self.first.system, "second": self.second.system}
        answers = {"first_answer": self.first.id, "second_answer": self.second.id}
        return {"item": self.item, "judge": judge, **systems, **answers}


@dataclass(frozen=True)
class Pairs:
    """All pairs of answers to the same items, each once, in the order of the items."""

    systems: tuple[str, ...]
    found: tuple[Pair, ...]
    unpaired: tuple[str, ...]
    """Items that not all systems answered; what answers there are to them is paired."""
    unasked: int
    """Items without a question."""
    naming: int
    """Answers in which the name of a system occurs."""


def read_pairs(files: Iterable[Path], questions: Path | None = None) -> Pairs:
    """Read answers (JSON lines of `id`, `text`, `system`) and questions (`id`, `text`), and pair the answers.

    Raises `LlmregError` with every line that is none, and `UsageError` where there are not two systems to compare.
    """
    answers: dict[str, dict[str, Answer]] = {}
    asked: dict[str, str] = {}
    faults: list[Problem] = []
    for file in files:
        for number, row in _rows(file, _AnswerRow, faults):
            by_system = answers.setdefault(row.id, {})
            if row.system in by_system:
                faults.append(Problem(file, number, "", f"{row.system} has answered the item {row.id!r} before"))
            by_system.setdefault(row.system, Answer(row.answer_id or _id(row.text), row.system, row.text))
            if row.question is not None:
                asked.setdefault(row.id, row.question)
    if questions:
        asked |= {row.id: row.text for _, row in _rows(questions, _Row, faults)}
    if faults:
        more = f"\n... and {len(faults) - _FEW:,} more" if len(faults) > _FEW else ""
        raise LlmregError("\n".join(map(str, faults[:_FEW])) + more)
    return _paired(answers, asked)


def _paired(answers: dict[str, dict[str, Answer]], asked: dict[str, str]) -> Pairs:
    systems = tuple(dict.fromkeys(system for given in answers.values() for system in given))
    if len(systems) < 2:
        what = f"only by {systems[0]}" if systems else "by nobody"
        raise UsageError(f"comparing takes answers by two systems, and these are {what}; name a file of each")
    pairs = tuple(
        Pair(item, asked.get(item), given[one], given[other])
        for item, given in answers.items()
        for one, other in combinations([system for system in systems if system in given], 2)
    )
    if not pairs:
        raise UsageError(f"no item was answered by two of {', '.join(systems)}; their ids must be the same")
    items = {pair.item for pair in pairs}
    names = [system.casefold() for system in systems]
    texts = [answer.text.casefold() for given in answers.values() for answer in given.values()]
    return Pairs(
        systems,
        pairs,
        tuple(item for item, given in answers.items() if len(given) < len(systems)),
        sum(item not in asked for item in items),
        sum(any(name in text for name in names) for text in texts),
    )


def _id(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


R = TypeVar("R", bound=_Row)


def _rows(file: Path, model: type[R], faults: list[Problem]) -> Iterator[tuple[int, R]]:
    """Give each line's row with the line's number, and note the lines that are none."""
    from llmreg.catalog.faults import words_for

    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    try:
        lines = file.read_text("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise LlmregError(f"{file}: is no text in UTF-8 ({error.reason} at byte {error.start})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, model.model_validate(json.loads(line))
        except ValidationError as error:
            said = [f"{'.'.join(map(str, fault['loc'])) or 'the line'} {words_for(fault)}" for fault in error.errors()]
            faults.append(Problem(file, number, "", "; ".join(said)))
        except (ValueError, RecursionError) as error:
            faults.append(Problem(file, number, "", no_json(error)))
