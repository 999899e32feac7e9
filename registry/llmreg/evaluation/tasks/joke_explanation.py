"""Joke explanation, as in the first look at LLaMA: the answers are written down for judges; no score is given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from llmreg.errors import LlmregError
from llmreg.evaluation.generation import unended
from llmreg.evaluation.subject import Question
from llmreg.evaluation.task import Row, Scored, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmreg.evaluation.generation import unended
from llmreg.evaluation.subject import Subject

_OPENING = "I will explain these jokes:"


class Joke(Row):
    """A joke, and for an example its explanation."""

    joke: Annotated[str, Field(min_length=1)]
    explanation: str | None = None
    """Needed of examples only; the model never sees that of a joke it is to explain."""


class JokeExplanation(Task[Joke]):
    """Explain each joke. Whether an explanation is one, only a reader can tell, so the answers go to judges."""

    name: ClassVar[str] = "joke-explanation"
    row: ClassVar[type[Row]] = Joke
    metrics: ClassVar[tuple[str, ...]] = ()

    max_new_tokens: Annotated[int, Field(ge=1)] = 160

    def score(self, subject: Subject, rows: Sequence[Joke], examples: Sequence[Joke] = ()) -> Scored:
        """Give the answers, as `llmreg evaluate judge` and `blind` read them once they name the system."""
        if missing := [row.id for row in examples if not row.explanation]:
            raise LlmregError(f"the example {missing[0]!r} has no explanation, which is what it should show")
        shown = "".join(f"{_asked(number, row)} {row.explanation}\n\n" for number, row in enumerate(examples, start=1))
        place = len(examples) + 1
        questions = [Question(f"{_OPENING}\n\n{shown}{_asked(place, row)}") for row in rows]
        answered = subject.answers(questions, self.max_new_tokens)
        given = [_without_the_next(text, place) for text in answered] if subject.plain else answered
        items = [
            {"id": row.id, "question": f"Explain this joke: {row.joke}", "text": text}
            for row, text in zip(rows, given, strict=True)
        ]
        empty = sum(not text for text in given)
        note = "no score: judge the answers with `llmreg evaluate judge` or `llmreg evaluate blind`"
        return Scored((), items, (f"{len(items):,} answers, {empty:,} of them empty", *unended(answered), note))


def _asked(number: int, row: Joke) -> str:
    return f"{number}) {row.joke}\nExplanation:"


def _without_the_next(text: str, place: int) -> str:
    """Cut off the joke with which a model that continues plain text goes on."""
    return re.split(rf"(?m)^\s*{place + 1}\)", text)[0].strip()
