"""Check of what nobody knows: what entries list as unknown, and licenses that nobody states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.audit.finding import Finding, Side
from llmreg.catalog.expressions import license_ids
from llmreg.licensing.check import stated_licenses
from llmreg.schema import Dataset, Model, Service, Software

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.audit.survey import Survey


def unknowns(survey: Survey) -> Iterator[Finding]:
    """Find, one for each entry, what it says that nobody published or found out."""
    for entry_id in survey.catalog:
        entry = survey.catalog[entry_id]
        listed = [*entry.unknown]
        if isinstance(entry, Model) and entry.recipe:
            listed += [f"{what} (recipe)" for what in entry.recipe.unknown]
        listed += getattr(entry, "unsure", ())
        if listed:
            yield Finding("unknown", entry_id, "; ".join(listed))


def no_license(survey: Survey) -> Iterator[Finding]:
    """Find models, data, services and software of which no license is known: none stated, or a word in its place."""
    for asset in survey.assets:
        is_file = isinstance(asset, Model) and asset.file_of  # its licenses are stated in the model that it makes
        if not isinstance(asset, Model | Dataset | Service | Software) or asset.stub or is_file:
            continue
        stated = list(stated_licenses(survey.catalog, asset, survey.today.isoformat()))
        words = {name for _, claim, _ in stated for name in _names(claim.id)}
        if words <= {"unknown", "custom"}:
            sides = tuple(
                Side(asset.id, f"{component}: {claim.words or claim.note or claim.id}", source)
                for component, claim, source in stated
            )
            yield Finding("no-license", asset.id, _MISSING[min(words, default="")], sides)


_MISSING = {
    "": "no license is recorded",
    "custom": "has terms of its own, of which no entry holds the text",
    "unknown": "nobody found out under which license it stands",
}


def _names(expression: str) -> list[str]:
    try:
        return license_ids(expression)
    except ValueError:
        return [expression]
