"""Pretraining: draw the weights at random and learn to predict the next token of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import llmreg

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn


class Pretrain(llmreg.Method):
    """Trains every weight of the base's architecture, starting from random ones."""

    name = "pretrain"
    identity_at_start = False
    needs_base = False

    def load(self, base: llmreg.Base) -> nn.Module:
        """Draw the weights as the architecture's own initialization says."""
        return base.random()

    def adapt(self, model: nn.Module) -> nn.Module:
        """Let every parameter train."""
        return model.requires_grad_(True)

    def trains(self, name: str) -> bool:  # noqa: ARG002 - no parameter is left out
        """Tell that every parameter trains."""
        return True

    def restore(self, model: nn.Module, folder: Path) -> nn.Module:
        """Load the whole model; the one given only says which class and precision."""
        return type(model).from_pretrained(folder, dtype=model.dtype)  # type: ignore[attr-defined, no-any-return]


@llmreg.hookimpl
def register_methods() -> list[type[llmreg.Method]]:
    """Offer pretraining."""
    return [Pretrain]
