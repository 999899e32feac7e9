"""Direct preference optimization, and the form of it that does not run off to infinity (IPO)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

import llmreg

if TYPE_CHECKING:
    from torch import Tensor


class Dpo(llmreg.Pairs):
    """Raises a chosen answer over a rejected one by how much likelier it has become than under the reference."""

    name: ClassVar[str] = "dpo"
    paper: ClassVar[str | None] = "https://arxiv.org/abs/2305.18290"
    consults: ClassVar[tuple[str, ...]] = ("reference",)

    beta: Annotated[float, Field(gt=0)] = 0.1
    """How strongly the reference holds the model."""
    loss_type: Literal["sigmoid", "ipo"] = "sigmoid"
    """`ipo` (arXiv 2310.12036) wants a margin of 1/(2 beta), in nats for each token of the answers."""

    def loss(self, scores: llmreg.Scores) -> Mapping[str, Tensor]:
        """Add the losses of the pairs up."""
        from torch.nn.functional import logsigmoid

        chosen, rejected = (self._gain(scores, part) for part in self.parts)
        if self.loss_type == "ipo":
            return {self.name: (chosen - rejected - 1 / (2 * self.beta)).square().sum()}
        return {self.name: -logsigmoid(self.beta * (chosen - rejected)).sum()}

    def _gain(self, scores: llmreg.Scores, part: str) -> Tensor:
        """Give by how much a part has become likelier than it is under the reference."""
        gain = scores.sums(part) - scores.facts(f"reference.{part}")
        if self.loss_type == "ipo":
            return gain / gain.new_tensor([len(each[part]) for each in scores.logps])
        return gain


@llmreg.hookimpl
def register_objectives() -> list[type[llmreg.Objective]]:
    """Offer direct preference optimization."""
    return [Dpo]
