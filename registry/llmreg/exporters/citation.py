"""Citations of an entry, BibTeX and CFF: its developers as corporate authors, its name as title, nothing invented."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmreg.catalog.addresses import address
from llmreg.escaping import bibtex as in_bibtex
from llmreg.escaping import one_line
from llmreg.exporters.dossier import dossier, spdx_id
from llmreg.exporters.places import arxiv_id, download, hub_page
from llmreg.licensing.check import components_of
from llmreg.schema import Dataset

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.exporters.dossier import Dossier
    from llmreg.schema import Asset

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def bibtex(catalog: Catalog, entry_id: str) -> str:
    """Write the entry as BibTeX `@misc`, with the id of its paper on arXiv, its code and the day of the catalog.

    Raises `UnknownIdError` for a wrong id and `LlmregError` for an entry that is no part of a lineage.
    """
    file = dossier(catalog)
    entry = file.asset(entry_id)
    year, _, rest = (entry.released or "").partition("-")
    papers = papers_of(entry)
    fields = {
        "title": f"{{{in_bibtex(entry.name)}}}",
        "author": " and ".join(f"{{{in_bibtex(name)}}}" for name in entry.developers),
        "year": year,
        "month": _MONTHS[int(rest[:2]) - 1] if rest else "",
        "eprint": papers[0] if papers else "",
        "archiveprefix": "arXiv" if papers else "",
        "url": download(entry) or "",
        "note": in_bibtex(_note(file, entry)),
    }
    bare = ("month",)
    lines = [f"  {name} = {value if name in bare else f'{{{value}}}'}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{entry.id},", *lines, "}", ""])


def cff(catalog: Catalog, entry_id: str) -> str:
    """Write the entry as a CITATION.cff of version 1.2.0; raises like `bibtex`."""
    import yaml

    file = dossier(catalog)
    entry = file.asset(entry_id)
    names = [one_line(name) for name in entry.developers] or ["developers not recorded"]
    pages = [(address(f"https://arxiv.org/abs/{paper}"), "paper") for paper in papers_of(entry)]
    fields: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": f"If you use {one_line(entry.name)}, please cite it. {_note(file, entry)}.",
        "type": "dataset" if isinstance(entry, Dataset) else "software",
        "title": one_line(entry.name),
        "authors": [{"name": name} for name in names],
        "date-released": entry.released if re.fullmatch(r"\d{4}-\d{2}-\d{2}", entry.released or "") else None,
        "commit": entry.revision,
        "license": _listed_license(file, entry_id),
        "url": download(entry),
        "repository-code": f"https://github.com/{entry.repository}" if entry.repository else None,
        "repository-artifact": hub_page(entry),
        "identifiers": [{"type": "url", "value": url, "description": what} for url, what in pages],
    }
    given = {name: value for name, value in fields.items() if value}
    return yaml.safe_dump(given, sort_keys=False, allow_unicode=True, width=100)


def papers_of(entry: Asset) -> list[str]:
    """Give the arXiv ids of the papers that describe the entry: sources that are called `paper` or begin so."""
    papers = (arxiv_id(source) for key, source in sorted(entry.sources.items()) if key.startswith("paper"))
    return list(dict.fromkeys(filter(None, papers)))


def _note(file: Dossier, entry: Asset) -> str:
    code = f"code: https://github.com/{entry.repository}; " if entry.repository else ""
    return f"{code}{entry.id} in the {one_line(file.catalog.manifest.name)} of {file.day}"


def _listed_license(file: Dossier, entry_id: str) -> str | None:
    """Give the SPDX id of the one license that is stated for the entry itself today.

    CFF takes one of SPDX's list, so none is given where more than permissive licenses of its ancestors bind copies too.
    """
    own = components_of(file.catalog[entry_id])
    stated = [one for one in file.stated(entry_id) if one.component in own and one.holds_on(file.day)]
    written = {file.expression(one.claim) for one in stated}
    found = file.concluded(entry_id)
    beside = (file.license(name) for name, path in found.paths.items() if len(path) > 1)
    if len(written) != 1 or found.missing or any(license_.category != "permissive" for license_ in beside):
        return None
    return spdx_id(written.pop())
