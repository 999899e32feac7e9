"""Dolly's rows.

Fields as in databrickslabs/dolly@255c149 training/trainer.py (load_training_dataset), which refuses a row without an
instruction or a response, as this does.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from llmreg.training.formats.reader import Published, Reader, Row, Tally, answering, exchange


class Dolly(Published):
    """A task, a text it is about (often empty), and a person's response."""

    instruction: str = Field(min_length=1)
    context: str | None = ""
    response: str = Field(min_length=1)


def _rows(row: Dolly, tally: Tally) -> Iterator[Row]:  # noqa: ARG001
    yield exchange(row.instruction, row.response, row.context or "")


DOLLY = Reader("rows of `instruction`, `context` and `response`", Dolly, answering(_rows))
