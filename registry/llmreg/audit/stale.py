"""Checks of age: sources that were read long ago, and licenses that were stated for a time that is over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from llmreg.audit.claims import claims_of
from llmreg.audit.finding import Finding, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.audit.survey import Survey


def stale(survey: Survey) -> Iterator[Finding]:
    """Find, one for each entry, claims whose sources were read longer ago than a source may be."""
    oldest = survey.today - timedelta(days=min(survey.stale_after, (survey.today - date.min).days))
    for entry_id in survey.catalog:
        claims = list(claims_of(survey.catalog[entry_id]))
        old = [claim for claim in claims if claim.source.seen < oldest]
        if old:
            sources = dict.fromkeys(claim.source for claim in old)
            fields = {
                source: ", ".join(dict.fromkeys(c.field for c in old if c.source == source)) for source in sources
            }
            text = f"{len(old)} of {len(claims)} claims rest on sources last read before {oldest}"
            yield Finding("stale", entry_id, text, tuple(Side(entry_id, fields[source], source) for source in sources))


def ended(survey: Survey) -> Iterator[Finding]:
    """Find components whose last stated license ended, with nothing stated for the time since."""
    today = survey.today.isoformat()
    for asset in survey.assets:
        for component, claims in asset.license_claims().items():
            if all(claim.until is not None and claim.until <= today for claim in claims):
                text = f"nothing is stated for its {component} since {max(claim.until or '' for claim in claims)}"
                sides = (
                    Side(asset.id, f"{claim.id} until {claim.until}", asset.sources[claim.source]) for claim in claims
                )
                yield Finding("ended-license", asset.id, text, tuple(sides))
