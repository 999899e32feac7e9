"""SLiC's calibration: a chosen answer is to be likelier than a rejected one by a margin (arXiv:2305.10425)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import llmreg

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence

    import torch


class Slic(llmreg.Pairs):
    """Moves two answers apart until the chosen one is likelier by a margin; learns the chosen one too."""

    name = "slic"
    paper = "https://arxiv.org/abs/2305.10425"

    margin: float = 1.0
    """By how many nats the chosen answer is to be likelier."""
    likelihood: float = 0.1
    """The share of the chosen answer's own loss."""

    def counts(self, samples: Sequence[llmreg.Sample]) -> Mapping[str, float]:
        """Divide the calibration by pairs, the likelihood by the labels of chosen answers."""
        return {"calibration": len(samples), "likelihood": sum(one.parts["chosen"].label_count for one in samples)}

    def weights(self) -> Mapping[str, float]:
        """Give the likelihood its share."""
        return {"likelihood": self.likelihood}

    def loss(self, scores: llmreg.Scores) -> Mapping[str, torch.Tensor]:
        """Add up, over all pairs, what is missing to the margin."""
        missing = self.margin - scores.sums("chosen") + scores.sums("rejected")
        return {"calibration": missing.relu().sum(), "likelihood": -scores.sums("chosen").sum()}


class Rated(llmreg.Published):
    """A question with answers, each with people's rating."""

    question: str
    answers: tuple[tuple[str, float], ...]


def best_and_worst(row: Rated, tally: Counter[str]) -> Iterator[llmreg.Draft]:
    """Yield the answer with the highest rating as chosen and the one with the lowest as rejected."""
    ranked = sorted(row.answers, key=lambda answer: answer[1])
    if len(ranked) < 2 or ranked[0][1] == ranked[-1][1]:
        tally["a question without a better and a worse answer was left out"] += 1
        return
    yield {"instruction": row.question, "input": "", "chosen": ranked[-1][0], "rejected": ranked[0][0]}


@llmreg.hookimpl
def register_objectives() -> list[type[llmreg.Objective]]:
    """Offer SLiC."""
    return [Slic]


@llmreg.hookimpl
def register_readers() -> dict[str, llmreg.Reader]:
    """Offer the reader of rated answers."""
    return {"rated-answers": llmreg.Reader("`question` with rated `answers`", Rated, {"preference": best_and_worst})}
