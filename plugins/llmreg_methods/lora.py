"""LoRA: freeze the model and train a low-rank update beside some layers (arXiv:2106.09685)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import llmreg
from llmreg_methods.low_rank import LowRank, Targets, import_peft

if TYPE_CHECKING:
    from torch import nn


class Lora(LowRank):
    """Adds `alpha / rank * B(A(x))` to each target layer; only A and B are trained."""

    name = "lora"
    paper = "https://arxiv.org/abs/2106.09685"

    targets: Targets = ("q_proj", "v_proj")
    """Names of the layers to adapt; `all-linear` means every linear layer but the head."""
    base_quant: Literal["none", "int8"] = "none"
    """`int8` holds the frozen linear layers in 8 bits (LLM.int8(), which multiplies in 16 bits, on a CPU too)."""

    def load(self, base: llmreg.Base) -> nn.Module:
        """Load the base as stored, or with its linear layers in 8 bits."""
        if self.base_quant == "none":
            return base.load()
        import_peft()
        from transformers import BitsAndBytesConfig

        return base.load(quantization_config=BitsAndBytesConfig(load_in_8bit=True))

    def packed(self) -> float | None:
        """Count a byte for a weight in 8 bits."""
        return 1.0 if self.base_quant == "int8" else None


@llmreg.hookimpl
def register_methods() -> list[type[llmreg.Method]]:
    """Offer LoRA."""
    return [Lora]
