r"""Anthropic's pairs of conversations of which people chose one.

Fields as in anthropics/hh-rlhf@0398e36 README.md: `chosen` and `rejected`, texts in which `\n\nHuman:` and
`\n\nAssistant:` open the turns. `hh-chosen` and `hh-rejected` give one side; as text it stays as published, which is
what QLoRA trains on (artidoro/qlora@00e5ad2 qlora.py format_dataset). `hh-pairs` gives both: the last turns are the
answers, and all before them is the question; where the two conversations part earlier, the pair is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from llmreg.training.formats.reader import Convert, Published, Reader, Row, Tally
from llmreg.training.formats.turns import Role, conversation, preference

_TURN = re.compile(r"(?:^|\n\n)(Human|Assistant):")
_ROLES: dict[str, Role] = {"Human": "user", "Assistant": "assistant"}


class Pair(Published):
    """Two conversations that part at the last answer."""

    chosen: str
    rejected: str


def said(text: str) -> list[tuple[Role, str]]:
    """Take a conversation apart; the space around a turn is not part of it."""
    _, *pieces = _TURN.split(text)
    return [(_ROLES[mark], turn.strip()) for mark, turn in zip(pieces[::2], pieces[1::2], strict=True)]


def _side(side: Literal["chosen", "rejected"]) -> tuple[Convert, Convert]:
    def text(pair: Pair, tally: Tally) -> Iterator[Row]:  # noqa: ARG001
        yield {"text": getattr(pair, side)}

    def messages(pair: Pair, tally: Tally) -> Iterator[Row]:
        yield from conversation(said(getattr(pair, side)), tally)

    return text, messages


def _reader(side: Literal["chosen", "rejected"]) -> Reader:
    text, messages = _side(side)
    return Reader(f"the `{side}` conversation of each pair", Pair, {"text": text, "conversation": messages})


def _both(pair: Pair, tally: Tally) -> Iterator[Row]:
    chosen, rejected = said(pair.chosen), said(pair.rejected)
    if not (chosen and rejected) or chosen[:-1] != rejected[:-1] or {chosen[-1][0], rejected[-1][0]} != {"assistant"}:
        tally["a pair that parts before its last answers was left out"] += 1
    else:
        yield from preference(chosen[:-1], chosen[-1][1], rejected[-1][1], tally)


HH_PAIRS = Reader("both conversations of each pair", Pair, {"preference": _both})
HH_CHOSEN, HH_REJECTED = _reader("chosen"), _reader("rejected")
