"""Make the nano datasets, and rows in the format of any other dataset, from nothing but a seed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from llmreg.errors import LlmregError
from llmreg.nano.records import conversation_row, instruction_row, preference_row, refused_row, text_row

Rows = list[dict[str, Any]]

_ROW_MAKERS: dict[str, Callable[[Random, bool], dict[str, Any]]] = {
    "text": text_row,
    "instruction": instruction_row,
    "conversation": conversation_row,
    "preference": preference_row,
    "refused": refused_row,
}


def rows_like(form: str, count: int, seed: int, held_out: int = 0) -> Rows:
    """Make rows in the format of a dataset; equal arguments give equal rows on every machine.

    The last `held_out` rows are about models whose names occur in no other row, of this or any other format.
    """
    random = Random(f"{form} {seed}")  # noqa: S311 - the rows must be the same everywhere, not hard to guess
    if form not in _ROW_MAKERS:
        raise LlmregError(f"no rows of the format {form!r} can be made up; there are {', '.join(_ROW_MAKERS)}")
    make = _ROW_MAKERS[form]
    return [make(random, number >= count - held_out) for number in range(count)]


def nano_text() -> Rows:
    """Make the rows that nano-base is pretrained on; the last 256 are held out."""
    return rows_like("text", 25_856, seed=1, held_out=256)


def nano_instruct() -> Rows:
    """Make the rows that the other nano models are tuned and scored on; the last 400 are held out."""
    return rows_like("instruction", 5_200, seed=1, held_out=400)


def nano_preferences() -> Rows:
    """Make the pairs of a right and a wrong answer that nano-dpo learns from; the last 400 are held out."""
    return rows_like("preference", 2_000, seed=1, held_out=400)


MAKERS: dict[str, Callable[[], Rows]] = {
    "nano-text": nano_text,
    "nano-instruct": nano_instruct,
    "nano-preferences": nano_preferences,
}
"""The makers by the name that a dataset entry's `maker` gives."""
