"""Reverse instructions: a model writes the instruction to which a text that people wrote is the answer.

As LongForm does (arXiv:2304.08460, akoksal/LongForm@e84552f), in three styles, with or without a hint of the length.
The prompts are llmreg's own words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

import llmreg
from llmreg.maker import field_of

if TYPE_CHECKING:
    from random import Random

Style = Literal["instruction", "chatbot", "search"]
_ASKED: dict[Style, str] = {
    "instruction": "Which instruction could somebody have been given who then wrote this text? Answer with it alone.",
    "chatbot": "A chatbot answered with this text. What did its user write? Answer with that alone.",
    "search": "This text is the best result of a search. What was searched for? Answer with that alone.",
}
_MANY = 4000
"""Characters of a text that are shown."""


class ReverseInstructions(llmreg.Maker):
    """Asks for the instruction to each text; the answer stays the text that people wrote."""

    name: ClassVar[str] = "reverse-instructions"
    paper: ClassVar[str | None] = "https://arxiv.org/abs/2304.08460"
    asks: ClassVar[bool] = True
    one_to_one: ClassVar[bool] = True

    field: str = "text"
    """Where a row has its text."""
    styles: Annotated[tuple[Style, ...], Field(min_length=1)] = ("instruction", "chatbot", "search")
    """The styles, of which one is drawn for each row."""
    length_hints: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The share of rows whose instruction is told how long the answer is to be."""
    temperature: Annotated[float, Field(ge=0)] = 0.7
    tokens: Annotated[int, Field(ge=1)] = 128

    def make(self, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        """Return rows of instruction, input and output, and the style."""
        for row in work.rows():
            text = field_of(row, self.field)
            style, hinted = work.random.choice(self.styles), work.random.random() < self.length_hints
            if not isinstance(text, str) or not text.strip():
                work.drop(f"{self.field} is empty")
                continue
            prompt = f"{_ASKED[style]}\n\nText:\n{text[:_MANY]}\n"
            (reply,) = work.ask([llmreg.Question(prompt, self.temperature, max_tokens=self.tokens)])
            instruction = reply.strip().strip('"').strip()
            if not instruction:
                work.drop("the generator wrote no instruction")
                continue
            if hinted:
                instruction += f" Write about {max(1, round(len(text.split()), -1))} words."
            yield {"instruction": instruction, "input": "", "output": text, "style": style}

    def estimate(self, rows: int) -> llmreg.Estimate:
        """Count a request a row."""
        return llmreg.Estimate(rows, rows, rows * (_MANY // 4), rows * self.tokens)

    def invent(self, question: llmreg.Question, random: Random) -> str:
        """Make an instruction up of the first words of the text."""
        words = question.prompt.partition("Text:\n")[2].split()
        return f"{random.choice(('Write about', 'Tell me about', 'What is'))} {' '.join(words[:4])}"


@llmreg.hookimpl
def register_makers() -> list[type[llmreg.Maker]]:
    """Offer reverse instructions."""
    return [ReverseInstructions]
