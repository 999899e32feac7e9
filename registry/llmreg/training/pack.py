"""Pack several samples into one sequence without letting one see another."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmreg.objective import Sample


def pack(samples: Sequence[Sample], length: int) -> list[tuple[Sample, ...]]:
    """Choose which samples share a sequence of at most `length` tokens.

    The longest samples come first, each goes into the fullest sequence that it fits. Samples stay whole, and all
    sequences of one stay together.
    """
    if any(example.source is not None for sample in samples for example in sample.parts.values()):
        raise LlmregError(
            "training.packing: the samples of an encoder-decoder are two rows each, and packed ones would see each "
            "other; set training.packing=false"
        )
    order = sorted(range(len(samples)), key=lambda index: -samples[index].size)
    packs: list[list[Sample]] = []
    room: list[tuple[int, int]] = []
    for index in order:
        size = samples[index].size
        if size > length:
            raise LlmregError(f"sample {index + 1} has {size} tokens, more than a packed sequence of {length} holds")
        found = bisect_left(room, (size, -1))
        left, home = room.pop(found) if found < len(room) else (length, len(packs))
        if home == len(packs):
            packs.append([])
        packs[home].append(samples[index])
        insort(room, (left - size, home))
    return [tuple(chosen) for chosen in packs]
