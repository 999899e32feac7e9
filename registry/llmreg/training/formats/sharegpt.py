"""ShareGPT's conversations, as FastChat reads them.

Fields as in lm-sys/FastChat@047b6e4 fastchat/train/train.py: a list `conversations` of `from` (`human`, `gpt`) and
`value`. Conversations with any other speaker but `system` are left out; `turns` has the rule for turns that do not
alternate.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from llmreg.training.formats.reader import Published, Reader, Row, Tally
from llmreg.training.formats.turns import Role, conversation

_ROLES: dict[str, Role] = {"human": "user", "gpt": "assistant", "system": "system"}


class Said(Published):
    """A turn."""

    speaker: str = Field(alias="from")
    value: str


class ShareGpt(Published):
    """A conversation."""

    conversations: tuple[Said, ...]


def _rows(row: ShareGpt, tally: Tally) -> Iterator[Row]:
    strangers = sorted({turn.speaker for turn in row.conversations} - _ROLES.keys())
    if strangers:
        tally[f"a conversation with a speaker {strangers[0]!r} was left out"] += 1
    else:
        yield from conversation([(_ROLES[turn.speaker], turn.value) for turn in row.conversations], tally)


SHAREGPT = Reader("`conversations` of `from` (human, gpt, system) and `value`", ShareGpt, {"conversation": _rows})
