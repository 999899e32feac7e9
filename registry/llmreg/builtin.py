"""What the core itself offers: supervised fine-tuning, and readers of published datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.hookspecs import hookimpl
from llmreg.training.formats import READERS
from llmreg.training.sft import Sft

if TYPE_CHECKING:
    from llmreg.objective import Objective
    from llmreg.training.formats.reader import Reader


@hookimpl
def register_objectives() -> list[type[Objective]]:
    """Offer supervised fine-tuning."""
    return [Sft]


@hookimpl
def register_readers() -> dict[str, Reader]:
    """Offer the readers."""
    return READERS
