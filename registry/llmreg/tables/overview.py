"""A comparison of many entries: a row for each, with the columns that matter most."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmreg.tables.cells import ABSENT

if TYPE_CHECKING:
    from llmreg.licensing import Answer
    from llmreg.tables.cells import Cell, ComparisonTable

STAR = "*"
FEW = 4
"""Entries that still fit beside each other as columns."""
COLUMNS: dict[str, tuple[str, ...]] = {
    "size": ("size", "rows"),
    "evidence": ("evidence",),
    "released": ("released",),
    "made from": ("base",),
    "license": tuple(f"license.{part}" for part in ("weights", "adapter", "delta", "data", "outputs", "code")),
    "method": ("method",),
}
"""For each column the rows of which the first that says something stands in it."""


def columns(table: ComparisonTable) -> list[str]:
    """Name the columns in which any entry has something to say."""
    return [name for name, keys in COLUMNS.items() if any(table.row(key) for key in keys)]


def cell(table: ComparisonTable, place: int, column: str) -> str:
    """Give what stands in a column for the entry at this place, what is past left out; a star marks its base's."""
    found = [row.cells[place] for key in COLUMNS[column] if (row := table.row(key))]
    said = next((each for each in found if each.state != "absent"), ABSENT)
    if column == "size" and said.state == "concluded":
        return said.text.partition(" ")[0] + STAR
    facts = tuple(fact for fact in said.facts if not fact.past)
    return replace(said, facts=facts or said.facts).text.replace("\n", ", ")


def uses(table: ComparisonTable) -> list[str]:
    """Name the uses for which there are verdicts."""
    return [row.key for row in table.rows if row.group == "verdict"]


def answers(table: ComparisonTable, place: int) -> list[Answer | None]:
    """Give the verdict for each of the uses; None for an entry that no verdict speaks of."""
    return [answer_in(row.cells[place]) for row in table.rows if row.group == "verdict"]


def answer_in(found: Cell) -> Answer | None:
    """Give the verdict that a cell tells."""
    return found.facts[0].answer if found.facts else None
