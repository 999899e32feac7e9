"""Supervised fine-tuning: the objective that a recipe has where it names none."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from llmreg.objective import Objective, Sample, Scores, labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor


class Sft(Objective):
    """The mean negative log-probability of all labels, in nats."""

    name: ClassVar[str] = "sft"
    reads: ClassVar[tuple[str, ...]] = ("text", "instruction", "conversation")
    fused: ClassVar[bool] = True

    def counts(self, samples: Sequence[Sample]) -> Mapping[str, float]:
        """Count the labels."""
        return {self.name: sum(labels(sample, "answer") for sample in samples)}

    def loss(self, scores: Scores) -> Mapping[str, Tensor]:
        """Add up the negative log-probabilities."""
        return {self.name: -scores.sums("answer").sum()}


SFT = Sft()
