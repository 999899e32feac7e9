"""Rationales: a model says step by step why an answer is right (distilling step by step, arXiv:2305.02301).

The prompt is llmreg's own words; the reasoning and the answer are parted at the sentence on which the paper's are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

import llmreg

if TYPE_CHECKING:
    from random import Random

_MARK = "so the answer is"


class Rationales(llmreg.Maker):
    """Asks for the reasoning to each question, and keeps it where it comes to the row's own answer."""

    name: ClassVar[str] = "rationales"
    paper: ClassVar[str | None] = "https://arxiv.org/abs/2305.02301"
    asks: ClassVar[bool] = True
    one_to_one: ClassVar[bool] = True

    agree: bool = True
    """Whether a rationale whose answer is another than the row's is dropped."""
    temperature: Annotated[float, Field(ge=0)] = 0.0
    tokens: Annotated[int, Field(ge=1)] = 256

    def make(self, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        """Return the rows with a `rationale`."""
        for row in work.rows():
            asked, answer = row.get("instruction"), row.get("output")
            if not isinstance(asked, str) or not isinstance(answer, str) or not asked.strip():
                work.drop("it has no instruction with an output")
                continue
            text = "\n".join(filter(None, (asked, row.get("input"))))
            prompt = f"Question: {text}\nThink step by step, and end with `So the answer is` and the answer.\n"
            (reply,) = work.ask([llmreg.Question(prompt, self.temperature, max_tokens=self.tokens)])
            at = reply.lower().rfind(_MARK)
            rationale, found = reply[: max(at, 0)].strip(), reply[at + len(_MARK) :]
            if at < 0 or not rationale:
                work.drop("the reply has no reasoning that comes to an answer")
            elif self.agree and _plain(found) != _plain(answer):
                work.drop("the reasoning comes to another answer")
            else:
                yield {**row, "rationale": rationale}

    def estimate(self, rows: int) -> llmreg.Estimate:
        """Count a request a row."""
        return llmreg.Estimate(rows, rows, rows * 120, rows * self.tokens)

    def invent(self, question: llmreg.Question, random: Random) -> str:
        """Make reasoning up."""
        words = len(question.prompt.split())
        return f"The question has {words} words, and {random.randrange(2, 9)} matter. So the answer is yes."

    def scaled(self) -> llmreg.Maker:
        """Return settings that keep made-up reasoning."""
        return self.model_copy(update={"agree": False})


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).strip(" .:\"'")


@llmreg.hookimpl
def register_makers() -> list[type[llmreg.Maker]]:
    """Offer rationales."""
    return [Rationales]
