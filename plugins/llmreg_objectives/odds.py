"""Preferences without a reference: by the odds of two answers (ORPO), or by their mean log-probabilities (SimPO)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

import llmreg

if TYPE_CHECKING:
    from torch import Tensor


class Orpo(llmreg.Pairs):
    """Learns the chosen answer as sft does, and raises its odds over those of the rejected one."""

    name: ClassVar[str] = "orpo"
    paper: ClassVar[str | None] = "https://arxiv.org/abs/2403.07691"

    beta: Annotated[float, Field(gt=0)] = 0.1
    """The share of the odds in the loss; lambda in the paper."""

    def counts(self, samples: Sequence[llmreg.Sample]) -> Mapping[str, float]:
        """Divide the likelihood by the labels of chosen answers, the odds by pairs."""
        labels = sum(sample.parts["chosen"].label_count for sample in samples)
        return {"likelihood": labels, "odds": len(samples)}

    def weights(self) -> Mapping[str, float]:
        """Give the odds their share."""
        return {"odds": self.beta}

    def loss(self, scores: llmreg.Scores) -> Mapping[str, Tensor]:
        """Add both terms up."""
        from torch.nn.functional import logsigmoid

        chosen, rejected = (scores.means(part).clamp(max=-1e-7) for part in self.parts)
        odds = (chosen - rejected) - (_log1mexp(chosen) - _log1mexp(rejected))
        return {"likelihood": -scores.sums("chosen").sum(), "odds": -logsigmoid(odds).sum()}


class Simpo(llmreg.Pairs):
    """Raises the mean log-probability of a chosen answer over that of a rejected one, by a margin."""

    name: ClassVar[str] = "simpo"
    paper: ClassVar[str | None] = "https://arxiv.org/abs/2405.14734"

    beta: Annotated[float, Field(gt=0)] = 2.0
    """How strongly a difference counts."""
    gamma: Annotated[float, Field(ge=0)] = 1.0
    """The margin, after `beta` is multiplied in."""

    def loss(self, scores: llmreg.Scores) -> Mapping[str, Tensor]:
        """Add the losses of the pairs up."""
        from torch.nn.functional import logsigmoid

        chosen, rejected = (scores.means(part) for part in self.parts)
        return {self.name: -logsigmoid(self.beta * (chosen - rejected) - self.gamma).sum()}


def _log1mexp(value: Tensor) -> Tensor:
    """Give log(1 - exp(value)) of negative values, exact near 0 and far from it."""
    import torch

    near = value > -0.693
    return torch.where(
        near,
        torch.log(-torch.expm1(torch.where(near, value, -1.0))),
        torch.log1p(-torch.exp(torch.where(near, -1.0, value))),
    )


@llmreg.hookimpl
def register_objectives() -> list[type[llmreg.Objective]]:
    """Offer both."""
    return [Orpo, Simpo]
