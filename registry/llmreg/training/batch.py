"""Put examples together into the tensors of one forward pass."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from llmreg.training.encode import IGNORED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from llmreg.training.encode import Example


def collate(examples: Sequence[Example], pad_token_id: int) -> dict[str, Tensor]:
    """Pad on the right to the longest example; all tensors are int64 of shape (examples, longest).

    Packed examples get positions that begin anew at each sample and no mask: with a two-dimensional mask
    `transformers` ignores the positions on the sdpa and eager paths, and samples would see each other.
    """
    import torch

    sizes = [len(example.input_ids) for example in examples]
    width = max(sizes)
    batch = {
        "input_ids": [[*example.input_ids, *[pad_token_id] * (width - len(example.input_ids))] for example in examples],
        "labels": [[*example.labels, *[IGNORED] * (width - len(example.labels))] for example in examples],
    }
    if any(len(example.starts) > 1 for example in examples):
        batch["position_ids"] = [_positions(example, width) for example in examples]
    else:
        batch["attention_mask"] = [[int(place < size) for place in range(width)] for size in sizes]
    return {name: torch.tensor(values) for name, values in batch.items()}


def _positions(example: Example, width: int) -> list[int]:
    """Count from 0 at each start; padding counts as a sample of its own."""
    bounds = [*example.starts, len(example.input_ids), width]
    return [place for begin, end in pairwise(bounds) for place in range(end - begin)]
