"""Say what an import from the Hub did: counts of everything, and the rows that are left out or odd by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmreg.importers.record import Fault, Skipped

_KEPT = 100_000
"""Rows of one sort that are named; the counts tell of all."""
_SHOWN = 20


@dataclass
class HubReport:
    """What an import from the Hub found and did."""

    rows: int = 0
    written: int = 0
    """Entries that are new or that changed."""
    dry_run: bool = False
    edges: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    """Rows left out, by reason."""
    faults: Counter[str] = field(default_factory=Counter)
    """Rows that came in with something wrong, by its kind."""
    rows_skipped: list[Skipped] = field(default_factory=list)
    rows_with_faults: list[Fault] = field(default_factory=list)

    def leave_out(self, row: Skipped) -> None:
        """Count a row that does not come in, and keep its name and reason."""
        self.skipped[row.reason] += 1
        if len(self.rows_skipped) < _KEPT:
            self.rows_skipped.append(row)

    def blame(self, fault: Fault) -> None:
        """Count a row that comes in with something wrong, and keep its name and what is wrong."""
        self.faults[fault.kind] += 1
        if len(self.rows_with_faults) < _KEPT:
            self.rows_with_faults.append(fault)

    @property
    def nothing_in(self) -> bool:
        """Tell whether rows were there and each had to be left out."""
        return 0 < self.rows == self.skipped.total()

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {
            "importer": "hub",
            "rows": self.rows,
            "in": self.rows - self.skipped.total(),
            "written": self.written,
            "dry_run": self.dry_run,
            "edges": dict(self.edges),
            "skipped": dict(self.skipped),
            "faults": dict(self.faults),
            "rows_skipped": [
                {"place": str(row.place), "reason": row.reason, "detail": row.detail} for row in self.rows_skipped
            ],
            "rows_with_faults": [
                {"place": str(fault.place), "kind": fault.kind, "detail": fault.detail}
                for fault in self.rows_with_faults
            ],
        }

    def lines(self) -> Iterator[str]:
        """Give the report in words."""
        done = f"{self.written:,} new or changed{'; nothing was written' if self.dry_run else ''}"
        yield f"{self.rows:,} rows, {self.rows - self.skipped.total():,} in, {done}"
        yield from _counted("edges", self.edges)
        yield from _counted("left out", self.skipped)
        said = [f"{row.place}: {row.reason}: {row.detail}" for row in islice(self.rows_skipped, _SHOWN)]
        yield from _named(said, self.skipped.total())
        yield from _counted("faults", self.faults)
        said = [f"{fault.place}: {fault.kind}: {fault.detail}" for fault in islice(self.rows_with_faults, _SHOWN)]
        yield from _named(said, self.faults.total())


def _counted(title: str, counts: Counter[str]) -> Iterator[str]:
    if counts:
        yield f"{title}: {', '.join(f'{name} {count:,}' for name, count in sorted(counts.items()))}"


def _named(said: Sequence[str], total: int) -> Iterator[str]:
    yield from (f"  {one}" for one in said)
    if total > len(said):
        yield f"  and {total - len(said):,} more; --json names them"
