"""IA3: freeze the model and train a factor for each key, value and inner feed-forward activation (arXiv:2205.05638)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import llmreg

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn


class Ia3(llmreg.Method):
    """Multiplies what some layers give, or take in, by a trained vector that starts at one."""

    name = "ia3"
    paper = "https://arxiv.org/abs/2205.05638"

    targets: tuple[str, ...] = ("k_proj", "v_proj", "down_proj")
    """Names of the layers to adapt."""
    feedforward: tuple[str, ...] = ("down_proj",)
    """Those of them whose input is multiplied, rather than their output."""

    def adapt(self, model: nn.Module) -> nn.Module:
        """Put a vector at each target layer; peft freezes the rest."""
        import peft

        config = peft.IA3Config(
            target_modules=list(self.targets), feedforward_modules=list(self.feedforward), task_type="CAUSAL_LM"
        )
        return peft.get_peft_model(model, config)

    def trains(self, name: str) -> bool:
        """Tell the vectors from everything else."""
        return ".ia3_l." in name

    def restore(self, model: nn.Module, folder: Path) -> nn.Module:
        """Put the PEFT adapter in `folder` onto the base."""
        import peft

        return peft.PeftModel.from_pretrained(model, folder)


@llmreg.hookimpl
def register_methods() -> list[type[llmreg.Method]]:
    """Offer IA3."""
    return [Ia3]
