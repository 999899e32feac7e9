"""Kahneman-Tversky optimization: answers that were liked and answers that were not, each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

import llmreg
from llmreg.objective import answered

if TYPE_CHECKING:
    from torch import Tensor


class Kto(llmreg.Objective):
    """Raises liked answers and lowers others, over what the model has gained on answers to other questions.

    A pair gives two samples. The reference point is the mean gain over all samples of an optimizer step, at least 0,
    each sample's question with an answer to the next row's; no gradient goes through it.
    """

    name: ClassVar[str] = "kto"
    paper: ClassVar[str | None] = "https://arxiv.org/abs/2402.01306"
    reads: ClassVar[tuple[str, ...]] = ("preference",)
    consults: ClassVar[tuple[str, ...]] = ("reference",)
    window_parts: ClassVar[tuple[str, ...]] = ("mismatched",)
    averages: ClassVar[tuple[str, ...]] = ("gain",)
    last_answer: ClassVar[bool] = True

    beta: Annotated[float, Field(gt=0)] = 0.1
    """How strongly the reference holds the model."""
    liked_weight: Annotated[float, Field(ge=0)] = 1.0
    """What a liked answer counts."""
    disliked_weight: Annotated[float, Field(ge=0)] = 1.0
    """What an answer counts that was not."""

    def drafts(self, row: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[llmreg.Draft]:
        """Give either answer as a sample."""
        for part, liked in (("chosen", 1.0), ("rejected", 0.0)):
            both = {"answer": answered(row, row[part]), "mismatched": answered(row, after[part])}
            yield llmreg.Draft(both, {"liked": liked})

    def window(self, scores: llmreg.Scores) -> Mapping[str, Tensor]:
        """Give by how much the answers to other questions have become likelier."""
        return {"gain": scores.sums("mismatched") - scores.facts("reference.mismatched")}

    def counts(self, samples: Sequence[llmreg.Sample]) -> Mapping[str, float]:
        """Count the samples."""
        return {self.name: len(samples)}

    def loss(self, scores: llmreg.Scores) -> Mapping[str, Tensor]:
        """Add up what is missing to certainty."""
        import torch

        gain = scores.sums("answer") - scores.facts("reference.answer") - max(0.0, scores.window["gain"])
        liked = scores.facts("liked")
        weight = liked * self.liked_weight + (1 - liked) * self.disliked_weight
        return {self.name: (weight * (1 - torch.sigmoid(self.beta * gain * (2 * liked - 1)))).sum()}


@llmreg.hookimpl
def register_objectives() -> list[type[llmreg.Objective]]:
    """Offer Kahneman-Tversky optimization."""
    return [Kto]
