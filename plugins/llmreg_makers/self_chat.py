"""Self-chat: a model writes both sides of a conversation that begins with a question (Baize).

As project-baize/baize-chatbot@4fae6c4 does: one request a question, and the transcript is parted at the marks of the
two sides. The prompt is llmreg's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

import llmreg
from llmreg.maker import field_of

if TYPE_CHECKING:
    from random import Random

_TURN = re.compile(r"\[(Human|AI)\]:?")
_ROLES = {"Human": "user", "AI": "assistant"}


class SelfChat(llmreg.Maker):
    """Asks for a whole conversation on each question."""

    name: ClassVar[str] = "self-chat"
    asks: ClassVar[bool] = True
    one_to_one: ClassVar[bool] = True

    field: str = "instruction"
    """Where a row has its question."""
    fewest_turns: Annotated[int, Field(ge=2)] = 2
    """Turns of both sides together."""
    temperature: Annotated[float, Field(ge=0)] = 1.0
    tokens: Annotated[int, Field(ge=1)] = 2048

    def make(self, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        """Return conversations."""
        for row in work.rows():
            question = field_of(row, self.field)
            if not isinstance(question, str) or not question.strip():
                work.drop(f"{self.field} is empty")
                continue
            prompt = (
                "Write out a conversation between a person and a helpful AI. Every turn of the person begins with "
                "[Human], every turn of the AI with [AI]. The person asks again about details, and the conversation "
                f"ends when everything is answered. It begins with this question:\n[Human] {question.strip()}\n"
            )
            (reply,) = work.ask([llmreg.Question(prompt, self.temperature, max_tokens=self.tokens)])
            messages = _messages(reply, question.strip())
            if reason := _fault(messages, self.fewest_turns):
                work.drop(reason)
            else:
                yield {"messages": messages}

    def estimate(self, rows: int) -> llmreg.Estimate:
        """Count a request a row."""
        return llmreg.Estimate(rows, rows, rows * 120, rows * self.tokens)

    def invent(self, question: llmreg.Question, random: Random) -> str:
        """Make two exchanges up."""
        asked = question.prompt.rpartition("[Human] ")[2].strip()
        return f"[Human] {asked}\n[AI] It is {random.randrange(99)}.\n[Human] Why?\n[AI] Because I counted."


def _messages(reply: str, question: str) -> list[dict[str, str]]:
    """Part a transcript into messages; a question that it goes on from is put before it, a last one is cut."""
    parts = _TURN.split(reply)
    said = [(_ROLES[mark], text.strip()) for mark, text in zip(parts[1::2], parts[2::2], strict=True)]
    if said and said[0][0] == "assistant":
        said.insert(0, ("user", question))
    if said and said[-1][0] == "user":
        del said[-1]
    return [{"role": role, "content": text} for role, text in said]


def _fault(messages: list[dict[str, str]], fewest: int) -> str:
    if len(messages) < fewest:
        return "the conversation is too short"
    if any(one["role"] == other["role"] for one, other in pairwise(messages)):
        return "one side speaks twice in a row"
    return "" if all(message["content"] for message in messages) else "a turn is empty"


@llmreg.hookimpl
def register_makers() -> list[type[llmreg.Maker]]:
    """Offer self-chat."""
    return [SelfChat]
