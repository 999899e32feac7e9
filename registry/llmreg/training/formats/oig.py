"""OIG's rows: a `text` in which `<human>:` and `<bot>:` open the turns.

As a conversation the turns are taken apart, and a row with text before the first mark is left out, because nobody says
whose words those are. As an instruction the first exchange is taken, as artidoro/qlora@00e5ad2 qlora.py
(format_dataset) does with Chip2. The reader `text` leaves a row as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmreg.training.formats.reader import Reader, Row, Tally, exchange
from llmreg.training.formats.text import Text
from llmreg.training.formats.turns import Role, conversation

_TURN = re.compile(r"(?:^|\n)<(human|bot)>: ?")
_ROLES: dict[str, Role] = {"human": "user", "bot": "assistant"}


def _messages(row: Text, tally: Tally) -> Iterator[Row]:
    before, *pieces = _TURN.split(row.text)
    if before.strip():
        tally["a row with text before the first <human>: was left out"] += 1
    else:
        said = [(_ROLES[mark], turn) for mark, turn in zip(pieces[::2], pieces[1::2], strict=True)]
        yield from conversation(said, tally)


def _first(row: Text, tally: Tally) -> Iterator[Row]:
    for found in _messages(row, tally):
        question, answer, *more = found["messages"]
        if more:
            tally["of several exchanges the first was taken"] += 1
        yield exchange(question["content"], answer["content"])


OIG = Reader("a `text` of `<human>:` and `<bot>:` turns", Text, {"conversation": _messages, "instruction": _first})
