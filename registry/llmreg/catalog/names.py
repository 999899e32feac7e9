"""Names of licenses: ids, SPDX ids, Hub ids, ScanCode keys and spellings that people use, each with one owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.catalog.nearest import nearest
from llmreg.errors import UnknownIdError
from llmreg.schema import License

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.catalog.load import Catalog

_PREFIXES = ("", "hf:", "hf-name:", "scancode:")
"""Aliases are written with the list they come from; without a prefix they are spellings found in the wild."""


def normal(name: str) -> str:
    """Fold case and runs of blanks: nothing else is alike, so that no license is matched by resemblance."""
    return " ".join(name.casefold().split())


def names_of(license_: License) -> Iterator[str]:
    """Give every name that means this license, in normal form."""
    for name in filter(None, (license_.id, license_.name, license_.spdx, *license_.aliases)):
        yield normal(name)


def license_named(catalog: Catalog, name: str) -> License:
    """Give the license that an id or another name means; raise `UnknownIdError` with the nearest id otherwise."""
    if name in catalog and issubclass(catalog.kind_of(name), License):
        return catalog.get_as(License, name)
    index = _index(catalog)
    wanted = normal(name)
    for prefix, replacement in (("licenseref-scancode-", "scancode:"), ("licenseref-llmreg-", "")):
        if wanted.startswith(prefix) and wanted not in index:
            wanted = replacement + wanted.removeprefix(prefix)
    for prefix in _PREFIXES:
        if prefix + wanted in index:
            return catalog.get_as(License, index[prefix + wanted])
    raise UnknownIdError(name, catalog.ids(License), "license", nearest)


def _index(catalog: Catalog) -> dict[str, str]:
    """Map each name to its license, built when a name is first asked for that is no id."""
    if "license names" not in catalog.memo:
        licenses = [catalog.get_as(License, license_id) for license_id in catalog.ids(License)]
        catalog.memo["license names"] = {name: license_.id for license_ in licenses for name in names_of(license_)}
    names: dict[str, str] = catalog.memo["license names"]
    return names
