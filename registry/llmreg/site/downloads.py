"""The files about an entry that its page offers: its own, the card, the bills of materials, the NOTICE, citations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from llmreg.escaping import json_text
from llmreg.exporters import bibtex, card, cff, cyclonedx, spdx
from llmreg.licensing.notice import notice, notice_text
from llmreg.schema import Asset, Dataset, Model
from llmreg.site.catalogue import CHECKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.schema import Entry
    from llmreg.site.catalogue import Catalogue


@dataclass(frozen=True)
class File:
    """A file beside an entry's page."""

    name: str
    label: str
    what: str
    content: bytes

    @property
    def href(self) -> str:
        """Give its address from the page."""
        return quote(self.name)


@dataclass(frozen=True)
class Citation:
    """How to cite an entry in one format."""

    label: str
    text: str


def citations(site: Catalogue, entry: Entry) -> tuple[Citation, ...]:
    """Give the citations of an entry of the lineage."""
    if not isinstance(entry, Asset):
        return ()
    return (Citation("BibTeX", bibtex(site.catalog, entry.id)), Citation("CITATION.cff", cff(site.catalog, entry.id)))


def files(site: Catalogue, entry: Entry) -> tuple[File, ...]:
    """Give the files of an entry."""
    return tuple(_files(site, entry))


def _json(value: object) -> bytes:
    return (json_text(value, indent=None) + "\n").encode()


def _files(site: Catalogue, entry: Entry) -> Iterator[File]:
    written = site.catalog.path_of(entry.id)
    if written.is_file():
        yield File(f"{entry.id}.yaml", "Entry", "YAML, as the catalog holds it", written.read_bytes())
    if isinstance(entry, Model | Dataset):
        text = card(site.catalog, entry.id, policy=site.policy)
        yield File(f"{entry.id}.card.md", "Card", "Markdown with the Hub's metadata", text.encode())
    if isinstance(entry, Asset):
        bom = cyclonedx(site.catalog, entry.id, policy=site.policy)
        yield File(f"{entry.id}.cdx.json", "CycloneDX", "bill of materials, version 1.6", _json(bom))
        document = spdx(site.catalog, entry.id, policy=site.policy)
        yield File(f"{entry.id}.spdx.json", "SPDX", "bill of materials, version 3.0.1", _json(document))
    if isinstance(entry, CHECKED):
        text = notice_text(notice(site.catalog, entry.id, policy=site.policy))
        yield File(f"{entry.id}.NOTICE.txt", "NOTICE", "what goes with every copy", text.encode())
