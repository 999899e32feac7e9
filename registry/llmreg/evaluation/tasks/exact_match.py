"""Exact match: the share of questions that are answered by the expected text and nothing else."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from llmreg.evaluation.figures import share
from llmreg.evaluation.generation import unended
from llmreg.evaluation.subject import Question
from llmreg.evaluation.task import Row, Scored, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmreg.evaluation.subject import Subject

_ROOM = 64
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class Instruction(Row):
    """A question in the format in which models are tuned on instructions."""

    instruction: Annotated[str, Field(min_length=1)]
    input: str = ""
    output: str
    """The expected answer."""
    also: tuple[str, ...] = ()
    """Other answers that count."""


class ExactMatch(Task[Instruction]):
    """Answer greedily, and compare the answer with the expected ones.

    `exact-match` drops surrounding space and nothing else; `exact-match-normalized` compares as SQuAD's script does:
    in lower case, without ASCII punctuation and the articles a, an and the, spaces made one. A model that is asked
    through no template is judged by the first line of its answer, since nothing tells it to stop.
    """

    name: ClassVar[str] = "exact-match"
    row: ClassVar[type[Row]] = Instruction
    metrics: ClassVar[tuple[str, ...]] = ("exact-match", "exact-match-normalized")

    max_new_tokens: Annotated[int, Field(ge=1)] | None = None
    """Tokens that an answer may have; without it 64, or as many as the longest expected answer takes."""

    def score(self, subject: Subject, rows: Sequence[Instruction], examples: Sequence[Instruction] = ()) -> Scored:
        """Give the shares of answers that match."""
        shown = "".join(f"{_plain(row)} {row.output}\n\n" for row in examples)
        if subject.plain or examples:
            questions = [Question(shown + _plain(row), expected=self._room(row)) for row in rows]
        else:
            questions = [Question(row.instruction, row.input, self._room(row)) for row in rows]
        answered = subject.answers(questions, self.max_new_tokens or _ROOM)
        given = [first_line(text) for text in answered] if subject.plain else answered
        items: list[dict[str, Any]] = [
            {"id": row.id, "expected": row.output, "given": text, **matches(text, (row.output, *row.also))}
            for row, text in zip(rows, given, strict=True)
        ]
        figures = tuple(share(name, [item[name] for item in items]) for name in self.metrics)
        return Scored(figures, items, () if subject.plain else unended(answered))

    def _room(self, row: Instruction) -> tuple[str, ...]:
        """List the answers for which room has to be made."""
        return () if self.max_new_tokens else (row.output, *row.also)


def matches(given: str, expected: Sequence[str]) -> dict[str, float]:
    """Give 1 or 0 for each way of comparing, by metric."""
    text, normal = given.strip(), normalized(given)
    return {
        "exact-match": float(any(text == each.strip() for each in expected)),
        "exact-match-normalized": float(any(normal == normalized(each) for each in expected)),
    }


def normalized(text: str) -> str:
    """Write a text as SQuAD's evaluation script v1.1 compares it."""
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text.lower().translate(_PUNCTUATION)).split())


def first_line(text: str) -> str:
    """Give the text up to its first line break."""
    return text.strip().partition("\n")[0].strip()


def _plain(row: Instruction) -> str:
    return f"Question: {row.instruction}{chr(10) + row.input if row.input else ''}\nAnswer:"
