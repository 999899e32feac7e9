"""Judge preferences: a model rates several answers, and the best and another become a pair.

UltraFeedback's way: four answers to an instruction, rated in four aspects; the chosen one has the best mean, and the
rejected one is drawn from the rest. The prompt is llmreg's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

import llmreg

if TYPE_CHECKING:
    from random import Random

_LINE = re.compile(r"(?m)^\W*(\d+)\W+([0-9]+(?:\.[0-9]+)?)\b")


class JudgePreferences(llmreg.Maker):
    """Rates the `answers` of each row, or has the generator write them first, and makes a pair of two."""

    name: ClassVar[str] = "judge-preferences"
    asks: ClassVar[bool] = True
    one_to_one: ClassVar[bool] = True

    answers: Annotated[int, Field(ge=2, le=9)] = 4
    """How many answers the generator writes where a row brings none."""
    aspects: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "follows the instruction", "is true", "is honest about what it does not know", "is helpful",
    )  # fmt: skip
    """What answers are rated for, each by itself."""
    rejected: Literal["drawn", "worst"] = "drawn"
    """Which of the other answers is the rejected one."""
    temperature: Annotated[float, Field(ge=0)] = 1.0
    """With which answers are written; they are rated at 0."""
    tokens: Annotated[int, Field(ge=1)] = 512

    def make(self, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        """Return rows of the format preference."""
        for row in work.rows():
            asked = row.get("instruction")
            if not isinstance(asked, str) or not asked.strip():
                work.drop("it has no instruction")
                continue
            text = "\n\n".join(filter(None, (asked, row.get("input"))))
            ratings = self._rated(work, text, found := self._answers(work, row, text))
            if ratings is None:
                work.drop("the ratings cannot be read")
                continue
            best = max(range(len(found)), key=lambda at: (ratings[at], -at))
            others = [at for at in range(len(found)) if ratings[at] < ratings[best] and found[at].strip()]
            if not others or not found[best].strip():
                work.drop("no answer is better than another")
                continue
            worst = min(others, key=lambda at: (ratings[at], at))
            other = worst if self.rejected == "worst" else work.random.choice(others)
            yield {
                "instruction": asked,
                "input": row.get("input") or "",
                "chosen": found[best],
                "rejected": found[other],
                "ratings": [ratings[best], ratings[other]],
            }

    def _answers(self, work: llmreg.Work, row: dict[str, Any], text: str) -> list[str]:
        given = row.get("answers")
        if isinstance(given, list) and len(given) > 1 and all(isinstance(each, str) for each in given):
            return given
        asked = [
            llmreg.Question(text, self.temperature, max_tokens=self.tokens, number=number)
            for number in range(self.answers)
        ]
        return list(work.ask(asked))

    def _rated(self, work: llmreg.Work, text: str, answers: list[str]) -> list[float] | None:
        """Return the mean rating of each answer; None where a reply does not rate every one."""
        listed = "\n\n".join(f"Answer {at}:\n{answer}" for at, answer in enumerate(answers, start=1))
        replies = work.ask(
            [
                llmreg.Question(
                    f"Instruction:\n{text}\n\n{listed}\n\nRate from 1 to 5 how far each answer {aspect}. "
                    "Write one line for each answer: its number, a colon and the rating.\n",
                    max_tokens=16 * len(answers),
                )
                for aspect in self.aspects
            ]
        )
        rated: list[dict[int, float]] = [
            {int(at): float(value) for at, value in _LINE.findall(each)} for each in replies
        ]
        wanted = range(1, len(answers) + 1)
        if any(at not in one or not 1 <= one[at] <= 5 for one in rated for at in wanted):
            return None
        return [fmean(one[at] for one in rated) for at in wanted]

    def estimate(self, rows: int) -> llmreg.Estimate:
        """Count a request for each answer and for each aspect."""
        write, rate = self.answers, len(self.aspects)
        long = self.answers * self.tokens
        return llmreg.Estimate(
            rows, rows * (write + rate), rows * (write * 100 + rate * long), rows * (long + rate * 64)
        )

    def invent(self, question: llmreg.Question, random: Random) -> str:
        """Make an answer up, or a rating of each."""
        answers = question.prompt.count("\n\nAnswer ")
        if answers:
            return "\n".join(f"{at}: {random.randint(1, 5)}" for at in range(1, answers + 1))
        return f"It is {random.randrange(1000)}."


@llmreg.hookimpl
def register_makers() -> list[type[llmreg.Maker]]:
    """Offer preferences by a judge."""
    return [JudgePreferences]
