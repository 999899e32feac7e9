"""Audit a catalog: run the checks, and count on what evidence its claims rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.audit.checks import CHECKS
from llmreg.audit.claims import coverage
from llmreg.audit.indexes import IndexSurvey, survey_index
from llmreg.audit.survey import Survey
from llmreg.schema import Policy

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from llmreg.audit.claims import Coverage
    from llmreg.audit.finding import Finding
    from llmreg.catalog import Catalog

STALE_AFTER = 365
"""Days after which a source should be read again."""


@dataclass(frozen=True)
class Audit:
    """What was found, and on what evidence the catalog rests."""

    catalog: str
    catalog_date: date
    as_of: date
    coverage: tuple[Coverage, ...]
    findings: dict[str, tuple[Finding, ...]]
    """For each kind of finding asked for what was found, in order of ids, or of weight where a check orders it so."""
    indexes: tuple[IndexSurvey, ...] = ()
    """What each index among the layers holds, where no ids and kinds were asked for."""

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg audit --json` prints."""
        return {
            "catalog": self.catalog,
            "catalog_date": self.catalog_date.isoformat(),
            "as_of": self.as_of.isoformat(),
            "coverage": [row.to_json() for row in self.coverage],
            "counts": {kind: len(found) for kind, found in self.findings.items()},
            "findings": [finding.to_json() for found in self.findings.values() for finding in found],
            **({"indexes": [index.to_json() for index in self.indexes]} if self.indexes else {}),
        }


def audit(
    catalog: Catalog,
    today: date,
    *,
    kinds: Collection[str] = (),
    ids: Collection[str] = (),
    stale_after: int = STALE_AFTER,
) -> Audit:
    """Run the checks of these kinds (all where none is named) and keep what concerns `ids` (all where none is named).

    Of an index among the layers only `ids` are looked at, with what they are made from: millions of rows are no page.
    Raises `CatalogError` for a file that is no entry; edges that lead nowhere are findings.
    """
    catalog = catalog.part(ids) if catalog.indexes else catalog
    survey = Survey(catalog, today, stale_after)
    wanted = [kind for kind in CHECKS if not kinds or kind in kinds]
    findings = {}
    for kind in wanted:
        found = CHECKS[kind].find(survey)
        findings[kind] = tuple(finding for finding in found if not ids or finding.concerns(ids))
    chosen = (catalog[entry_id] for entry_id in catalog if not ids or entry_id in ids)
    entries = [entry for entry in chosen if not isinstance(entry, Policy)]  # a policy claims nothing about the world
    manifest = catalog.manifest
    indexes = () if ids or kinds else tuple(map(survey_index, catalog.indexes))
    return Audit(manifest.name, manifest.date, today, coverage(entries), findings, indexes)
