"""Alpaca's rows, and those of alpaca-libre, which says of each whether it was kept.

Fields as in tatsu-lab/stanford_alpaca@761dc5b train.py (SupervisedDataset) and mobarski/alpaca-libre@9024e0c
data/output/work. An empty answer stays: Stanford's script trains on it, and what is learnt is to end.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmreg.training.formats.reader import Published, Reader, Row, Tally, answering, exchange


class Alpaca(Published):
    """A task, what it is about (often empty), and its answer."""

    instruction: str
    input: str | None = ""
    output: str


class Judged(Alpaca):
    """A row of alpaca-libre with what its authors found of it: `ok`, `too similar` and more."""

    status: str


def _row(row: Alpaca, tally: Tally) -> Iterator[Row]:  # noqa: ARG001
    yield exchange(row.instruction, row.output, row.input or "")


def _kept(row: Judged, tally: Tally) -> Iterator[Row]:
    if row.status == "ok":
        yield from _row(row, tally)
    else:
        tally[f"a row with the status {row.status!r} was left out"] += 1


ALPACA = Reader("rows of `instruction`, `input` and `output`", Alpaca, answering(_row))
ALPACA_LIBRE = Reader("the same with a `status`, of which only `ok` is kept", Judged, answering(_kept))
