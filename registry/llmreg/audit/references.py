"""Checks of how entries hang together: names that lead nowhere, entries that nothing leads to, and mere names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.audit.finding import Finding, Side
from llmreg.audit.survey import named_in
from llmreg.catalog.expressions import license_ids
from llmreg.catalog.names import license_named
from llmreg.catalog.nearest import nearest
from llmreg.errors import UnknownIdError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.audit.survey import Survey
    from llmreg.schema import Asset


def dangling(survey: Survey) -> Iterator[Finding]:
    """Find names of entries and of licenses that no entry has."""
    for asset in survey.assets:
        sources = {edge.of: asset.sources[edge.source] for edge in asset.edges()}
        for name in dict.fromkeys(named_in(asset)):
            if name not in survey.catalog:
                text = f"names {name!r}, which no entry describes{nearest(name, survey.catalog.file_ids())}"
                yield Finding("dangling", asset.id, text, (Side(asset.id, name, sources.get(name)),))
        yield from _licenses(survey, asset)


def _licenses(survey: Survey, asset: Asset) -> Iterator[Finding]:
    for component, claims in asset.license_claims().items():
        for claim in claims:
            try:
                for name in license_ids(claim.id):
                    license_named(survey.catalog, name)
            except (UnknownIdError, ValueError) as error:
                side = Side(asset.id, f"{component}: {claim.id}", asset.sources[claim.source])
                yield Finding("dangling", asset.id, str(error), (side,))


def isolated(survey: Survey) -> Iterator[Finding]:
    """Find entries that name none and that none names."""
    for asset in survey.assets:
        if not survey.named_by.get(asset.id) and not any(True for _ in named_in(asset)):
            yield Finding("isolated", asset.id, f"a {asset.kind} that names no other entry and that none names")


def stubs(survey: Survey) -> Iterator[Finding]:
    """Find entries that are known only because others name them, those with most children first."""
    found = [asset for asset in survey.assets if asset.stub]
    for asset in sorted(found, key=lambda stub: (-len(survey.named_by.get(stub.id, ())), stub.id)):
        children = survey.named_by.get(asset.id, ())
        shown = ", ".join(children[:3]) + (f" and {len(children) - 3} more" if len(children) > 3 else "")
        text = f"a {asset.kind} called {asset.name!r}, named by {shown or 'nobody'}"
        yield Finding("stub", asset.id, text)
