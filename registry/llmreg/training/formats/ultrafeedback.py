"""UltraFeedback as Hugging Face's H4 team binarized it: two conversations that part at the last answer.

Fields as on the card of HuggingFaceH4/ultrafeedback_binarized: `prompt`, and `chosen` and `rejected` as lists of
messages with `role` and `content`.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmreg.training.formats.reader import Published, Reader, Row, Tally
from llmreg.training.formats.turns import Role, preference


class Message(Published):
    """A turn."""

    role: Role
    content: str


class Pair(Published):
    """Two conversations with the same question."""

    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]


def _pair(row: Pair, tally: Tally) -> Iterator[Row]:
    chosen, rejected = ([(each.role, each.content) for each in side] for side in (row.chosen, row.rejected))
    ends = {side[-1][0] for side in (chosen, rejected) if side}
    if not (chosen and rejected) or chosen[:-1] != rejected[:-1] or ends != {"assistant"}:
        tally["a pair that parts before its last answers was left out"] += 1
    else:
        yield from preference(chosen[:-1], chosen[-1][1], rejected[-1][1], tally)


ULTRAFEEDBACK = Reader("`chosen` and `rejected` lists of messages", Pair, {"preference": _pair})
