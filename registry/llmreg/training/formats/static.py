"""A question as text with two answers, as Dahoas publishes HH's pairs for reward models.

Fields as on the card of Dahoas/rm-static: `prompt`, `chosen`, `rejected`, texts in which HH's marks open the turns
(see `hh.py`); the prompt ends with the mark of the answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmreg.training.formats.hh import said
from llmreg.training.formats.reader import Published, Reader, Row, Tally
from llmreg.training.formats.turns import preference


class Pair(Published):
    """A question and two answers."""

    prompt: str
    chosen: str
    rejected: str


def _pair(row: Pair, tally: Tally) -> Iterator[Row]:
    turns = said(row.prompt)
    if not turns or turns[-1] != ("assistant", ""):
        tally["a pair whose prompt does not end with the mark of an answer was left out"] += 1
    else:
        yield from preference(turns[:-1], row.chosen.strip(), row.rejected.strip(), tally)


RM_STATIC = Reader("HH's turns as `prompt`, with `chosen` and `rejected`", Pair, {"preference": _pair})
