"""Stanford's human preferences: a post on Reddit, two comments, and which of them readers preferred.

Fields as on the dataset's card (stanfordnlp/SHP, read in DagsHub/open-source-ml-datasets@6d08203
stanfordnlp-SHP/README.md): `history` is the post; `labels` is 1 where `human_ref_A` is preferred and 0 where
`human_ref_B` is.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from llmreg.training.formats.reader import Published, Reader, Row, Tally
from llmreg.training.formats.turns import preference


class Comments(Published):
    """A post and two comments."""

    history: str
    human_ref_A: str  # noqa: N815 - as published
    human_ref_B: str  # noqa: N815 - as published
    labels: int = Field(ge=0, le=1)


def _pair(row: Comments, tally: Tally) -> Iterator[Row]:
    both = (row.human_ref_A, row.human_ref_B) if row.labels else (row.human_ref_B, row.human_ref_A)
    yield from preference([("user", row.history)], *both, tally)


SHP = Reader("the comments `human_ref_A` and `human_ref_B` on each post, by `labels`", Comments, {"preference": _pair})
