"""What a comparison holds: rows of cells, each fact in them with the source it rests on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from llmreg.catalog.tiers import named_tiers
from llmreg.licensing import DISCLAIMER

if TYPE_CHECKING:
    from datetime import date

    from rich.console import RenderableType

    from llmreg.catalog.tiers import Tier
    from llmreg.licensing import Answer
    from llmreg.schema import Source

State = Literal["stated", "concluded", "unknown", "absent"]
"""Said by a source; worked out by llmreg; known to be unknown; or nothing at all was said."""


@dataclass(frozen=True)
class Evidence:
    """Where something was read."""

    place: str
    """The source in one line, as verdicts name it."""
    url: str | None = None
    read: str | None = None
    """`live`, `stored-copy` or `secondary`; None for a term, whose license entry says how it was read."""
    seen: date | None = None

    def __str__(self) -> str:
        """Give the source in one line with how and when it was read."""
        return ", ".join(filter(None, [self.place, self.read, str(self.seen) if self.seen else None]))


@dataclass(frozen=True)
class Fact:
    """One thing that is said in a cell."""

    text: str
    label: str | None = None
    """What the text is to the entry, where a cell holds facts of several sorts: a relation, a stage."""
    value: float | None = None
    """The exact number, where the text is rounded or has a unit."""
    note: str | None = None
    evidence: tuple[Evidence, ...] = ()
    answer: Answer | None = None
    """The verdict, in a cell that tells one."""
    past: bool = False
    """It no longer holds, or does not yet, on the day that the verdicts are for."""


@dataclass(frozen=True)
class Cell:
    """What is known of one entry in one row."""

    state: State
    facts: tuple[Fact, ...] = ()

    @property
    def parts(self) -> tuple[tuple[str, tuple[Fact, ...]], ...]:
        """Give the facts of each label together, in order; the label is empty where there is none."""
        labels = dict.fromkeys(fact.label or "" for fact in self.facts)
        return tuple((label, tuple(fact for fact in self.facts if (fact.label or "") == label)) for label in labels)

    @property
    def text(self) -> str:
        """Give the cell in words, a line for each label: `unknown` and `-` are two things."""
        if not self.facts:
            return "unknown" if self.state == "unknown" else "-"
        return "\n".join(labeled(label, ", ".join(fact.text for fact in facts)) for label, facts in self.parts)


ABSENT = Cell("absent")


def labeled(label: str, text: str) -> str:
    """Write what facts are to the entry before them."""
    return f"{label}: {text}" if label else text


@dataclass(frozen=True)
class Row:
    """One property of all the entries."""

    group: str
    """What `only` may name besides `key`: `size`, `license`, `verdict`, `results`."""
    key: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ComparisonTable:
    """Entries side by side."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    tiers: tuple[Tier, ...]
    """Of the evidence behind each."""
    rows: tuple[Row, ...]
    policy: str
    as_of: date
    catalog_date: date

    @property
    def _evidence(self) -> str:
        """Say on what the entries rest, where no row says it."""
        if self.row("evidence"):
            return ""
        return f"evidence: {named_tiers(zip(self.ids, self.tiers, strict=True))}; "

    @property
    def title(self) -> str:
        """Name the entries in one line."""
        return f"{', '.join(self.ids[:-1])} and {self.ids[-1]}" if len(self.ids) > 1 else self.ids[0]

    @property
    def basis(self) -> str:
        """Say on what the verdicts rest, and what they are not."""
        return f"{self._evidence}policy {self.policy}, as of {self.as_of}, catalog of {self.catalog_date}; {DISCLAIMER}"

    def row(self, key: str) -> Row | None:
        """Give the row of this key; None where no entry has anything to say there."""
        return next((row for row in self.rows if row.key == key), None)

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg compare --json` prints: every fact with its sources."""
        rows = []
        for row in self.rows:
            cells = {entry_id: asdict(cell) for entry_id, cell in zip(self.ids, row.cells, strict=True)}
            for fact in (fact for cell in cells.values() for fact in cell["facts"]):
                for evidence in fact["evidence"]:
                    evidence["seen"] = evidence["seen"].isoformat() if evidence["seen"] else None
            rows.append({"group": row.group, "row": row.key, "label": row.label, "cells": cells})
        return {
            "ids": list(self.ids),
            "names": list(self.names),
            "kinds": list(self.kinds),
            "tiers": list(self.tiers),
            "rows": rows,
            "policy": self.policy,
            "as_of": self.as_of.isoformat(),
            "catalog_date": self.catalog_date.isoformat(),
            "disclaimer": DISCLAIMER,
        }

    def __rich__(self) -> RenderableType:
        """Show it as `llmreg compare` does."""
        from llmreg.tables.terminal import Terminal

        return Terminal(self)

    def _repr_html_(self) -> str:
        from llmreg.tables.html import fragment

        return fragment(self)


def evidence_of(*sources: Source | None) -> tuple[Evidence, ...]:
    """Give where these sources are, each once."""
    found = (
        Evidence(str(source), source.url if _leads_to_a_page(source.url) else None, source.read, source.seen)
        for source in sources
        if source
    )
    return tuple(dict.fromkeys(found))


def _leads_to_a_page(url: str | None) -> bool:
    """Tell whether a browser may be led there: a catalog is data, and `javascript:` is code."""
    return bool(url) and str(url).startswith(("https://", "http://"))
