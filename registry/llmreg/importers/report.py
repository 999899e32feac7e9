"""Say what an import brings: the rows in and out with reasons, the kinds, the edges, the faults and the changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmreg.importers.edges import Edges
    from llmreg.importers.record import Fault, Skipped
    from llmreg.importers.write import Change


@dataclass(frozen=True)
class Report:
    """Everything one import found and did."""

    importer: str
    repository: str | None
    commit: str | None
    rows: int
    """Rows of the tracker, each of which came in or is in `skipped`."""
    rows_in: int
    skipped: tuple[Skipped, ...]
    entries: dict[str, int]
    """How many entries of each kind the rows gave, stubs aside."""
    stubs: dict[str, int]
    same_as: int
    """Entries that are about one of the catalog's own."""
    edges: dict[str, int]
    leading_to: dict[str, int]
    """How many edges lead to the catalog, to a record of the tracker, to a stub."""
    licenses: dict[str, int]
    """License claims: those that name licenses alone, and those that say `custom`, `unknown` or `no-licence`."""
    faults: tuple[Fault, ...]
    changes: tuple[Change, ...]
    unchanged: int
    written: bool

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {
            "importer": self.importer,
            "repository": self.repository,
            "commit": self.commit,
            "rows": {"read": self.rows, "in": self.rows_in, "out": self.rows - self.rows_in},
            "skipped": [
                {"place": str(skip.place), "reason": skip.reason, "detail": skip.detail} for skip in self.skipped
            ],
            "entries": self.entries,
            "stubs": self.stubs,
            "same_as": self.same_as,
            "edges": self.edges,
            "leading_to": self.leading_to,
            "licenses": self.licenses,
            "faults": [
                {"place": str(fault.place), "kind": fault.kind, "detail": fault.detail} for fault in self.faults
            ],
            "changes": [asdict(change) for change in self.changes],
            "unchanged": self.unchanged,
            "written": self.written,
        }

    def lines(self) -> Iterator[str]:
        """Give the report as text."""
        yield f"{self.importer}: {self.rows} rows, {self.rows_in} in, {self.rows - self.rows_in} out"
        yield from (f"  out: {skip.place}: {skip.reason}{_tail(skip.detail)}" for skip in self.skipped)
        yield f"entries: {_counts(self.entries)}; only named by others: {_counts(self.stubs)}"
        yield f"about entries of the catalog: {self.same_as}"
        yield f"edges: {_counts(self.edges)}"
        yield f"edges lead to: {_counts(self.leading_to)}"
        yield f"licenses: {_counts(self.licenses)}"
        yield f"faults: {_counts(dict(Counter(fault.kind for fault in self.faults).most_common()))}"
        yield from (f"  {fault.kind}: {fault.place}: {fault.detail}" for fault in self.faults)
        files = {**Counter[str](change.what for change in self.changes), "unchanged": self.unchanged}
        yield f"files: {_counts(files)}{'' if self.written else '; nothing was written'}"
        for change in self.changes:
            if change.what != "added":
                yield f"  {change.what}: {change.file}{_tail(', '.join(change.fields))}{_tail(change.detail)}"


def count(files: Mapping[str, Mapping[str, Any]], edges: Edges) -> dict[str, Any]:
    """Count the entries of an import, their edges and their license claims."""
    entries = [(file.partition("/")[0], fields) for file, fields in files.items()]
    every = [edge for child in edges.of.values() for edge in child]
    claims = [
        claim["id"] for _, fields in entries for stated in fields.get("licenses", {}).values() for claim in stated
    ]
    labels = {"custom", "unknown", "no-licence"}
    return {
        "entries": dict(Counter(folder for folder, fields in entries if "stub" not in fields)),
        "stubs": dict(Counter(folder for folder, fields in entries if "stub" in fields)),
        "same_as": sum("same_as" in fields for _, fields in entries),
        "edges": dict(Counter(edge.link.relation for edge in every).most_common()),
        "leading_to": dict(Counter(edges.leads_to(edge) for edge in every).most_common()),
        "licenses": dict(
            Counter(
                next((id_ for id_ in claim.split(" AND ") if id_ in labels), "known") for claim in claims
            ).most_common()
        ),
    }


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items()) or "none"


def _tail(text: str) -> str:
    return f": {text}" if text else ""
