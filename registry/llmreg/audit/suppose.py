"""Catalogs in which one thing is otherwise: an entry under another license, or one license in another's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.catalog.expressions import license_ids
from llmreg.catalog.names import license_named
from llmreg.errors import UnknownIdError
from llmreg.licensing.check import stated_licenses
from llmreg.schema import Asset, License, LicenseClaim, Model, Source

if TYPE_CHECKING:
    from llmreg.catalog import Catalog

_COMPONENT = {"model": "weights", "dataset": "data", "service": "outputs", "software": "code", "benchmark": "data"}
"""What a license is stated for where an entry states none."""


def relicensed(catalog: Catalog, entry_id: str, license_id: str) -> Catalog:
    """Give the catalog with an entry under another license: all that decides for it, but not the works it collects."""
    asset = catalog.get_as(Asset, entry_id)
    stated_in = catalog.get_as(Asset, asset.file_of) if isinstance(asset, Model) and asset.file_of else asset
    day = catalog.manifest.date
    components = [component for component, _, _ in stated_licenses(catalog, asset, day.isoformat())]
    chosen = [each for each in components if each != "contents"] or [_COMPONENT[asset.kind]]
    key = "supposed"
    claims = {component: (LicenseClaim(id=license_id, source=key),) for component in chosen}
    source = Source(path="supposed", note="stated by nobody", read="secondary", seen=day)
    licenses: dict[str, tuple[LicenseClaim, ...]] = {**stated_in.license_claims(), **claims}
    sources = {**stated_in.sources, key: source}
    return catalog.over(stated_in.model_copy(update={"licenses": licenses, "sources": sources}))


def replaced(catalog: Catalog, license_id: str, by: str) -> Catalog:
    """Give the catalog with the terms of one license in the place of another's, wherever its names are stated."""
    old, new = catalog.get_as(License, license_id), catalog.get_as(License, by)
    names = {"id": old.id, "name": old.name, "spdx": old.spdx, "aliases": old.aliases}
    return catalog.over(new.model_copy(update=names))


def states(catalog: Catalog, entry_id: str, license_id: str) -> bool:
    """Tell whether an entry states this license for any component at any time, alone or in an expression."""
    asset = catalog.get_as(Asset, entry_id)
    if isinstance(asset, Model) and asset.file_of:
        asset = catalog.get_as(Asset, asset.file_of)
    return any(
        _is(catalog, name, license_id)
        for claims in asset.license_claims().values()
        for claim in claims
        for name in license_ids(claim.id)
    )


def _is(catalog: Catalog, name: str, license_id: str) -> bool:
    try:
        return name == license_id or license_named(catalog, name).id == license_id
    except UnknownIdError:
        return False
