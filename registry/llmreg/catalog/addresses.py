"""The addresses at which a source and the text of a license are read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from llmreg.schema import License, Source

_SAFE = ":/?#[]@!$&'()*+,;=~%-._"
"""What an address may hold unquoted (RFC 3986, section 2)."""


def source_page(source: Source) -> str | None:
    """Give the address at which a source is read, or nothing for a file of llmreg or of what an importer was given."""
    if source.url:
        return address(source.url)
    if not source.repository:
        return None
    page = f"https://github.com/{source.repository}"
    if source.path:
        return f"{page}/blob/{source.commit or 'HEAD'}/{quote(source.path)}"
    return f"{page}/tree/{source.commit}" if source.commit else page


def license_page(license_: License) -> str | None:
    """Give the address of a license's text: SPDX's page of a listed one, else where the terms were read.

    A word or a sentence in place of a license has none: where it was read, another's file tells what such words mean.
    """
    if license_.by_statement or license_.category in ("none", "label"):
        return None
    if license_.spdx and not license_.spdx.startswith("LicenseRef-"):
        return f"https://spdx.org/licenses/{license_.spdx}.html"
    source = license_.sources.get(license_.source or "") or next(iter(license_.sources.values()), None)
    return source_page(source) if source else None


def address(written: str) -> str:
    """Quote what no address may hold, such as blanks and letters beyond ASCII."""
    return quote(written.strip(), safe=_SAFE)
