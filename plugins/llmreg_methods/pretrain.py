"""Pretraining: draw the weights at random and learn to predict the next token of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import llmreg
from llmreg_methods.full import Full

if TYPE_CHECKING:
    from torch import nn


class Pretrain(Full):
    """Trains every weight of the base's architecture, starting from random ones."""

    name = "pretrain"
    identity_at_start = False
    needs_base = False

    def load(self, base: llmreg.Base) -> nn.Module:
        """Draw the weights as the architecture's own initialization says."""
        return base.random()


@llmreg.hookimpl
def register_methods() -> list[type[llmreg.Method]]:
    """Offer pretraining."""
    return [Pretrain]
