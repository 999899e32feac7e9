"""Names of licenses: ids, SPDX ids, Hub ids, ScanCode keys and spellings that people use, each with one owner."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from llmreg.catalog.nearest import nearest
from llmreg.errors import UnknownIdError
from llmreg.schema import License
from llmreg.schema.base import Source
from llmreg.schema.terms import OutputsTerm, UseTerm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

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
    """Return the license that an id or another name means; raise `UnknownIdError` with the nearest id otherwise.

    An id that SPDX lists and no entry has means that license too: its terms are unread.
    """
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
    if wanted in _listed():
        return _unread(_listed()[wanted], catalog.manifest.date)
    raise UnknownIdError(name, catalog.ids(License), "license", nearest)


def _index(catalog: Catalog) -> dict[str, str]:
    """Map each name to its license, built when a name is first asked for that is no id."""
    if "license names" not in catalog.memo:
        licenses = [catalog.get_as(License, license_id) for license_id in catalog.ids(License)]
        catalog.memo["license names"] = {name: license_.id for license_ in licenses for name in names_of(license_)}
    names: dict[str, str] = catalog.memo["license names"]
    return names


@cache
def _listed() -> dict[str, str]:
    """Map the ids on the SPDX license list, in normal form, to how SPDX writes them."""
    from license_expression import get_license_index

    licenses = [each for each in get_license_index() if not each["is_exception"]]
    ids = [id_ for each in licenses for id_ in (each["spdx_license_key"], *each["other_spdx_license_keys"]) if id_]
    return {normal(id_): id_ for id_ in ids if not id_.startswith("LicenseRef-")}


def _unread(spdx: str, day: date) -> License:
    """Make the entry of a license that SPDX lists: it has a text, and nobody read it for the catalog."""
    text = "SPDX lists this license, and no entry of the catalog holds its terms"
    unclear = UseTerm(permission="unclear", ground="unstated", text=text)
    page = f"https://spdx.org/licenses/{spdx}.html"
    return License(
        id=spdx,
        name=spdx,
        source="spdx",
        sources={"spdx": Source(url=page, read="secondary", seen=day, note="the list of ids; the text was not read")},
        category="unread",
        spdx=spdx,
        applies_to=("code", "model", "data"),
        uses=dict.fromkeys(("research", "commercial", "redistribution", "hosting"), unclear),
        derivatives=unclear,
        outputs=OutputsTerm(value="unknown", text=text),
        share_alike="unknown",
        verified="secondary",
        unsure=("everything: the text was not read",),
    )
