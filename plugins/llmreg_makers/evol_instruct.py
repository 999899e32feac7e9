"""Evol-Instruct: a model rewrites instructions round by round, harder or of another kind (WizardLM, arXiv:2304.12244).

The ways of rewriting and the rules by which a rewritten instruction is dropped follow the paper; the prompts are
llmreg's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

import llmreg

if TYPE_CHECKING:
    from random import Random

_DEEPER = {
    "constraint": "Add one more requirement to it.",
    "deepen": "Make it ask for more depth and breadth.",
    "concrete": "Put something more specific in place of its general ideas.",
    "reasoning": "Make it need several steps of reasoning where it now needs few.",
    "input": "Add some data that it is about, such as a table or a piece of code.",
}
_BROADER = "Write a new instruction of the same field that is rarer, as long and as hard."
_FEW_WORDS = 80
_COPIED = ("rewritten instruction", "given instruction", "new instruction")


class EvolInstruct(llmreg.Maker):
    """Rewrites each instruction in every round, and keeps those that came out well, with answers."""

    name: ClassVar[str] = "evol-instruct"
    paper: ClassVar[str | None] = "https://arxiv.org/abs/2304.12244"
    asks: ClassVar[bool] = True

    rounds: Annotated[int, Field(ge=1, le=10)] = 4
    broader: Annotated[float, Field(ge=0, le=1)] = 1 / 6
    """The share that is rewritten into another instruction rather than a harder one."""
    temperature: Annotated[float, Field(ge=0)] = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.9
    tokens: Annotated[int, Field(ge=1)] = 2048

    def make(self, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        """Return the instructions of all rounds, those that were read included, each with an answer."""
        pool = [" ".join(filter(None, (row.get("instruction"), row.get("input")))) for row in work.rows()]
        work.drop("it has no instruction", sum(not text for text in pool))
        pool = [text for text in pool if text]
        for text, answer in zip(pool, self._answers(work, pool), strict=True):
            yield {"instruction": text, "input": "", "output": answer, "round": 0}
        for number in range(1, self.rounds + 1):
            asked = [self._question(text, work.random, number) for text in pool]
            fresh = [reply.strip() for reply in work.ask(asked)]
            for at, (text, answer) in enumerate(zip(fresh, self._answers(work, fresh), strict=True)):
                if reason := _failed(pool[at], text, answer):
                    work.notes[f"a rewritten instruction was left out: {reason}"] += 1
                    continue
                pool[at] = text
                yield {"instruction": text, "input": "", "output": answer, "round": number}

    def _question(self, text: str, random: Random, number: int) -> llmreg.Question:
        way = _BROADER if random.random() < self.broader else random.choice(list(_DEEPER.values()))
        prompt = (
            f"Here is an instruction for an assistant:\n{text}\n\n{way} It must stay something that a person can "
            "understand and answer, and grow by no more than 20 words. Answer with the instruction alone.\n"
        )
        return llmreg.Question(prompt, self.temperature, self.top_p, self.tokens, number=number)

    def _answers(self, work: llmreg.Work, texts: list[str]) -> list[str]:
        asked = [llmreg.Question(text, self.temperature, self.top_p, self.tokens) for text in texts if text]
        replies = iter(work.ask(asked))
        return [next(replies).strip() if text else "" for text in texts]

    def estimate(self, rows: int) -> llmreg.Estimate:
        """Count an answer to each instruction, and in every round a rewriting and an answer."""
        calls = rows * (1 + 2 * self.rounds)
        return llmreg.Estimate(rows * (1 + self.rounds), calls, calls * 120, calls * self.tokens)

    def invent(self, question: llmreg.Question, random: Random) -> str:
        """Make an instruction longer by a few words, or an answer up."""
        if "Here is an instruction" not in question.prompt:
            return f"It is {random.randrange(1000)}, as one can count."
        text = question.prompt.partition("\n")[2].partition("\n\n")[0]
        return f"{text} Give {random.randrange(2, 9)} reasons."

    def scaled(self) -> llmreg.Maker:
        """Return settings of two rounds at most."""
        return self.model_copy(update={"rounds": min(self.rounds, 2)})


def _failed(before: str, after: str, answer: str) -> str:
    """Say by which of the paper's rules a rewritten instruction is dropped; nothing where it is kept."""
    if " ".join(before.lower().split()) == " ".join(after.lower().split()) or not after:
        return "it says nothing new"
    if "sorry" in answer.lower() and len(answer.split()) < _FEW_WORDS:
        return "the model finds it hard to answer"
    if not re.search(r"\w", answer):
        return "its answer has no words"
    if any(words in after.lower() and words not in before.lower() for words in _COPIED):
        return "it copies words of the prompt"
    return ""


@llmreg.hookimpl
def register_makers() -> list[type[llmreg.Maker]]:
    """Offer Evol-Instruct."""
    return [EvolInstruct]
