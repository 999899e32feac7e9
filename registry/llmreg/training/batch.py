"""Put examples together into the tensors of one forward pass."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from llmreg.training.encode import IGNORED, Example

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from llmreg.objective import Sample

    Pack = tuple[Sample, ...]
    """Samples that take one place in a batch: one, several packed together, or none where a process has none left."""


class Filling(Example):
    """One token without a label, for a process that has no sample left; it counts for nothing."""

    size = 0


def sequences(pack: Pack, parts: Sequence[str], filler: Example) -> list[Example]:
    """Give the sequences of a pack, sample by sample, part by part; what fills up where it has none."""
    return [sample.parts[part] for sample in pack for part in parts] or [filler]


def filling(like: Example) -> Filling:
    """Give what can stand in a batch with `like`."""
    return Filling((0,), (IGNORED,), source=None if like.source is None else (0,))


def collate(examples: Sequence[Example], pad_token_id: int) -> dict[str, Tensor]:
    """Pad on the right to the longest example; all tensors are int64 of shape (examples, longest).

    For an encoder-decoder `input_ids` and `attention_mask` are the encoder's, (examples, longest source), and
    `decoder_input_ids` stand over the labels; a decoder looks back only, so it needs no mask for padding.

    Packed examples get positions that begin anew at each sample and no mask: with a two-dimensional mask
    `transformers` ignores the positions on the sdpa and eager paths, and samples would see each other.
    """
    import torch

    rows = [example.input_ids for example in examples]
    batch = {"input_ids": _padded(rows, pad_token_id), "labels": _padded([each.labels for each in examples], IGNORED)}
    if sources := [example.source for example in examples if example.source is not None]:
        batch["decoder_input_ids"], batch["input_ids"] = batch["input_ids"], _padded(sources, pad_token_id)
        batch["attention_mask"] = _padded([[1] * len(source) for source in sources], 0)
    elif any(len(example.starts) > 1 for example in examples):
        width = max(map(len, rows))
        batch["position_ids"] = [_positions(example, width) for example in examples]
    else:
        batch["attention_mask"] = _padded([[1] * len(row) for row in rows], 0)
    return {name: torch.tensor(values) for name, values in batch.items()}


def _padded(rows: Sequence[Sequence[int]], filler: int) -> list[list[int]]:
    width = max(map(len, rows))
    return [[*row, *[filler] * (width - len(row))] for row in rows]


def _positions(example: Example, width: int) -> list[int]:
    """Count from 0 at each start; padding counts as a sample of its own."""
    bounds = [*example.starts, len(example.input_ids), width]
    return [place for begin, end in pairwise(bounds) for place in range(end - begin)]
