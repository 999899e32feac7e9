"""Check of stated licenses against the lineage: what a license opens that a base's license keeps closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.audit.finding import Finding, Side
from llmreg.catalog.expressions import license_ids
from llmreg.catalog.names import license_named
from llmreg.errors import UnknownIdError
from llmreg.licensing.check import stated_licenses
from llmreg.schema import Dataset, Model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.audit.survey import Survey
    from llmreg.licensing import Conflict


def contradicted(survey: Survey) -> Iterator[Finding]:
    """Find entries whose stated license opens uses that the license of what they were made from does not."""
    for asset in survey.assets:
        if isinstance(asset, Model | Dataset):
            for conflict in _conflicts(survey, asset.id):
                sides = tuple(
                    _side(survey, license_id, path)
                    for license_id, path in zip(conflict.licenses, conflict.paths, strict=True)
                )
                yield Finding("contradicted-license", asset.id, conflict.text, sides)


def _conflicts(survey: Survey, entry_id: str) -> list[Conflict]:
    try:
        found = survey.checker.check(entry_id, "redistribution").conflicts
    except UnknownIdError:  # a name of a license that no entry has; `dangling` tells of it
        return []
    return [conflict for conflict in found if conflict.kind in ("relicensed", "stated-license")]


def _side(survey: Survey, license_id: str, path: tuple[str, ...]) -> Side:
    """Say which license the last entry of the path states, on what source, and how one gets there."""
    way = f" (by {' -> '.join(path)})" if len(path) > 1 else ""
    for component, claim, source in stated_licenses(survey.catalog, survey.catalog[path[-1]], survey.today.isoformat()):
        if license_id in {license_named(survey.catalog, name).id for name in license_ids(claim.id)}:
            return Side(path[-1], f"{component}: {claim.id}{way}", source)
    return Side(path[-1], f"{license_id}{way}")
