"""Where a thing or a source is to be found: addresses, and the ids under which bills of materials name entries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.catalog.addresses import address
from llmreg.schema import Benchmark, Dataset, Model

if TYPE_CHECKING:
    from packageurl import PackageURL

    from llmreg.schema import Asset, Source

_ARXIV = re.compile(r"https?://(?:www\.)?arxiv\.org/(?:abs|pdf|html)/(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})")


def ref(entry_id: str) -> str:
    """Give the id of an entry in bills of materials: a CycloneDX bom-ref and an SPDX spdxId, both the same."""
    return f"llmreg:{entry_id}"


def entry_of(reference: str) -> str | None:
    """Give the entry's id that `ref` wrote, or nothing for a reference of another's."""
    return reference.removeprefix("llmreg:") if reference.startswith("llmreg:") else None


def hub_page(entry: Asset) -> str | None:
    """Give the address of the entry's page on the Hub, at its revision where that is known."""
    if not entry.hub_id:
        return None
    kind = "datasets/" if isinstance(entry, Dataset | Benchmark) else ""
    at = f"/tree/{entry.revision}" if entry.revision else ""
    return f"https://huggingface.co/{kind}{entry.hub_id}{at}"


def package_url(entry: Asset) -> PackageURL | None:
    """Give the package URL of a model on the Hub; the purl type `huggingface` is defined for models alone."""
    if not (isinstance(entry, Model) and entry.hub_id):
        return None
    from packageurl import PackageURL

    owner, _, name = entry.hub_id.rpartition("/")
    return PackageURL("huggingface", owner or None, name, entry.revision)


def download(entry: Asset) -> str | None:
    """Give the address that the entry itself is had from: the Hub, its repository or its home page."""
    repository = f"https://github.com/{entry.repository}" if entry.repository else None
    return hub_page(entry) or repository or (address(entry.homepage) if entry.homepage else None)


def arxiv_id(source: Source) -> str | None:
    """Give the arXiv id of the paper that a source is, without its version."""
    found = _ARXIV.match(source.url or "")
    return found[1] if found else None
