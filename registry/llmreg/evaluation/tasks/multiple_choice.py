"""Multiple choice by likelihood: the answer that the model finds likeliest, raw and with the field's corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from llmreg.errors import UsageError
from llmreg.evaluation.figures import share
from llmreg.evaluation.subject import Question
from llmreg.evaluation.task import Row, Scored, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmreg.evaluation.subject import Subject

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Choice(Row):
    """A question with answers to choose from."""

    question: str
    choices: Annotated[tuple[str, ...], Field(min_length=2, max_length=len(_LETTERS))]
    answer: Annotated[int, Field(ge=0)]
    """The place of the right answer among the choices, counted from 0."""

    @model_validator(mode="after")
    def _answer_is_a_choice(self) -> Choice:
        if self.answer >= len(self.choices):
            raise ValueError(f"answer: there are {len(self.choices)} choices, counted from 0, and no {self.answer}")
        if "" in self.choices or len(set(self.choices)) < len(self.choices):
            raise ValueError("choices: two are the same, or one is empty")
        return self


class MultipleChoice(Task[Choice]):
    """Choose the answer with the highest log-likelihood after the question.

    `accuracy` takes it as it is; `accuracy-per-character` divides it by the answer's characters (lm-eval's acc_norm);
    `accuracy-unconditional` subtracts that of the answer after nothing (lm-eval's acc_mutual_info, GPT-3's
    normalization with an empty context). Where several answers share the highest score, the right one among them
    counts as guessing would: one over their number.
    """

    name: ClassVar[str] = "multiple-choice"
    row: ClassVar[type[Row]] = Choice
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "accuracy-per-character", "accuracy-unconditional")

    ended: bool | None = None
    """Whether what ends an answer by the template is scored with it. Not given, it is for `text` and not for `letters`:
    lm-eval and QLoRA's MMLU script score the letter alone."""
    style: Literal["text", "letters"] = "text"
    """`text`: the answers themselves are scored. `letters`: they are listed as A, B, C ... and the letter is scored."""

    def score(self, subject: Subject, rows: Sequence[Choice], examples: Sequence[Choice] = ()) -> Scored:
        """Give the accuracies."""
        if self.ended and subject.plain:
            raise UsageError("ended=true scores what ends an answer by a template, and plain text has none; name one")
        ended = not subject.plain and (self.style == "text" if self.ended is None else self.ended)
        shown = "".join(f"{self._asked(row)} {self._answers(row)[row.answer]}\n\n" for row in examples)
        answers = [self._answers(row) for row in rows]
        pairs = [
            (Question(shown + self._asked(row)), answer)
            for row, given in zip(rows, answers, strict=True)
            for answer in given
        ]
        raw = iter(subject.continuations(pairs, ended=ended))
        known = sorted({answer for given in answers for answer in given})
        alone = dict(zip(known, subject.openings(known, ended=ended), strict=True))
        items: list[dict[str, Any]] = []
        credited: list[dict[str, float]] = []
        for row, given in zip(rows, answers, strict=True):
            likelihoods = [next(raw) for _ in given]
            scores = (
                likelihoods,
                [value / len(answer) for value, answer in zip(likelihoods, given, strict=True)],
                [value - alone[answer] for value, answer in zip(likelihoods, given, strict=True)],
            )
            credits_ = {name: _credit(found, row.answer) for name, found in zip(self.metrics, scores, strict=True)}
            credited.append(credits_)
            items.append({"id": row.id, "answer": row.answer, "log_likelihoods": likelihoods, **credits_})
        figures = tuple(share(name, [each[name] for each in credited]) for name in self.metrics)
        return Scored(figures, items, (_chance(rows),))

    def _asked(self, row: Choice) -> str:
        listed = ""
        if self.style == "letters":
            listed = "".join(f"{letter}. {choice}\n" for letter, choice in zip(_LETTERS, row.choices, strict=False))
        return f"{row.question}\n{listed}Answer:"

    def _answers(self, row: Choice) -> tuple[str, ...]:
        return tuple(_LETTERS[: len(row.choices)]) if self.style == "letters" else row.choices


def _credit(scores: Sequence[float], right: int) -> float:
    best = max(scores)
    return 1 / scores.count(best) if scores[right] == best else 0.0


def _chance(rows: Sequence[Any]) -> str:
    guessing = sum(1 / len(row.choices) for row in rows) / len(rows)
    return f"guessing gives {100 * guessing:.1f} percent"
