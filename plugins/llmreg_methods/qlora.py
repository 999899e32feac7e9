"""QLoRA: train low-rank updates beside linear layers that are frozen in 4 bits (arXiv:2305.14314)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import llmreg
from llmreg_methods.low_rank import LowRank, import_peft

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

_BLOCK, _OUTER_BLOCK = 64, 256
"""How many weights share one constant, and how many constants share one of theirs."""


class Qlora(LowRank):
    """Holds the linear layers of the blocks in 4 bits and trains `alpha / rank * B(A(x))` beside them.

    Whatever is not in 4 bits (embeddings, norms, the head, A and B) is held in `compute_dtype`. The authors' script
    keeps the frozen norms in 32 bits besides; here nothing is held wider than it is computed.
    """

    name = "qlora"
    paper = "https://arxiv.org/abs/2305.14314"

    quant: Literal["nf4", "fp4"] = "nf4"
    """The 4-bit data type."""
    double_quant: bool = True
    """Whether the quantization constants are quantized too, to 8 bits."""
    compute_dtype: Literal["bfloat16", "float16", "float32"] = "bfloat16"
    """The precision to which weights are unpacked for each product, and in which A and B are held."""

    def load(self, base: llmreg.Base) -> nn.Module:
        """Load the base with its linear layers in 4 bits; the head stays as it is."""
        import_peft()
        import torch
        from bitsandbytes.nn import Linear4bit
        from transformers import BitsAndBytesConfig

        dtype = getattr(torch, self.compute_dtype)
        quantization = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type=self.quant,
            bnb_4bit_use_double_quant=self.double_quant,
            bnb_4bit_compute_dtype=dtype,
        )
        model = base.load(dtype=dtype, quantization_config=quantization)
        for part in model.modules():
            if isinstance(part, Linear4bit):
                # On some processors bitsandbytes would repack the frozen weights at the first evaluation: another
                # arithmetic than in training, and only for some widths.
                part.support_avx512bf16_for_cpu = False
        return model

    def adapt(self, model: nn.Module) -> nn.Module:
        """Put A and B beside the target layers, in the compute precision."""
        return self._in_compute_dtype(super().adapt(model))

    def restore(self, model: nn.Module, folder: Path) -> nn.Module:
        """Put the PEFT adapter in `folder` onto the 4-bit base."""
        return self._in_compute_dtype(super().restore(model, folder))

    def packed(self) -> float:
        """Count half a byte a weight and its share of the quantization constants."""
        constants = (8 / _BLOCK + 32 / (_BLOCK * _OUTER_BLOCK)) if self.double_quant else 32 / _BLOCK
        return 0.5 + constants / 8

    def _in_compute_dtype(self, model: nn.Module) -> nn.Module:
        """Hold A and B as the authors do: peft alone would keep them in 32 bits."""
        import torch

        dtype: Any = getattr(torch, self.compute_dtype)
        for name, parameter in model.named_parameters():
            if self.trains(name):
                parameter.data = parameter.data.to(dtype)
        return model


@llmreg.hookimpl
def register_methods() -> list[type[llmreg.Method]]:
    """Offer QLoRA."""
    return [Qlora]
