"""Full fine-tuning: every weight of the base trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import llmreg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor, nn


class Full(llmreg.Method):
    """Trains every weight of the base, in 32 bits: in 16, most steps would be too small to change a weight.

    A recipe's 16-bit precision is that of the products (automatic mixed precision), as in the scripts it names.
    """

    name = "full"

    def load(self, base: llmreg.Base) -> nn.Module:
        """Load the base in 32 bits, however it is stored."""
        import torch

        return base.load(dtype=torch.float32)

    def adapt(self, model: nn.Module) -> nn.Module:
        """Let every parameter train."""
        return model.requires_grad_(True)

    def trains(self, name: str) -> bool:  # noqa: ARG002 - no parameter is left out
        """Tell that every parameter trains."""
        return True

    def restore(self, model: nn.Module, folder: Path) -> nn.Module:
        """Load the whole model anew; the base only says which class and precision."""
        return type(model).from_pretrained(folder, dtype=model.dtype)  # type: ignore[attr-defined, no-any-return]

    def merged(self, model: nn.Module) -> Iterator[tuple[str, Tensor | None, Tensor]]:  # noqa: ARG002
        """Refuse: the artifact is the whole model."""
        raise llmreg.LlmregError(f"{self.name} trained every weight: its artifact is the whole model, use it as it is")


@llmreg.hookimpl
def register_methods() -> list[type[llmreg.Method]]:
    """Offer full fine-tuning."""
    return [Full]
