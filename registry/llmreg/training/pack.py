"""Pack several samples into one sequence without letting one see another."""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import accumulate
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.training.encode import Example

if TYPE_CHECKING:
    from collections.abc import Sequence


def pack(examples: Sequence[Example], length: int) -> list[Example]:
    """Fill sequences of at most `length` tokens, the longest samples first, each into the fullest sequence it fits.

    Samples stay whole. Their starts are kept, so that positions begin anew at each and attention stays inside it.
    """
    if any(example.source is not None for example in examples):
        raise LlmregError(
            "training.packing: the samples of an encoder-decoder are two rows each, and packed ones would see each "
            "other; set training.packing=false"
        )
    order = sorted(range(len(examples)), key=lambda index: -len(examples[index].input_ids))
    packs: list[list[Example]] = []
    room: list[tuple[int, int]] = []
    for index in order:
        size = len(examples[index].input_ids)
        if size > length:
            raise LlmregError(f"sample {index + 1} has {size} tokens, more than a packed sequence of {length} holds")
        found = bisect_left(room, (size, -1))
        left, home = room.pop(found) if found < len(room) else (length, len(packs))
        if home == len(packs):
            packs.append([])
        packs[home].append(examples[index])
        insort(room, (left - size, home))
    return [_join(samples) for samples in packs]


def _join(samples: list[Example]) -> Example:
    starts = (0, *accumulate(len(sample.input_ids) for sample in samples[:-1]))
    return Example(
        tuple(token for sample in samples for token in sample.input_ids),
        tuple(label for sample in samples for label in sample.labels),
        starts,
    )
