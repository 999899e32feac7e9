"""Footnotes of a comparison: the remark on a fact and where it was read, each numbered once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmreg.tables.cells import ComparisonTable, Evidence, Fact


@dataclass(frozen=True)
class Footnote:
    """A remark, and the places it was read at."""

    note: str | None
    evidence: tuple[Evidence, ...]

    @property
    def text(self) -> str:
        """Give the remark and the places in one line."""
        note = " ".join((self.note or "").split())
        return ". ".join(filter(None, [note, "; ".join(map(str, self.evidence))]))


@dataclass
class Footnotes:
    """The footnotes of one comparison in the order in which its rows ask for them."""

    found: dict[Footnote, int] = field(default_factory=dict)

    @classmethod
    def of(cls, table: ComparisonTable) -> Footnotes:
        """Give the footnotes of every fact, numbered."""
        notes = cls()
        for row in table.rows:
            for cell in row.cells:
                for fact in cell.facts:
                    notes.number(fact)
        return notes

    def number(self, fact: Fact) -> int | None:
        """Give the number of a fact's footnote; None where there is nothing to add to it."""
        if not fact.note and not fact.evidence:
            return None
        return self.found.setdefault(Footnote(fact.note, fact.evidence), len(self.found) + 1)
