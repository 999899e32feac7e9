"""Build the site: every page and file of a catalog, then all of it into one folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmreg.audit import audit
from llmreg.audit.pages import view_of
from llmreg.catalog import validate
from llmreg.errors import CatalogError, UsageError
from llmreg.licensing import DEFAULT_POLICY
from llmreg.plugins import load
from llmreg.reproduce.record import all_runs
from llmreg.site.catalogue import Catalogue
from llmreg.site.data import data_script
from llmreg.site.entries import pages_of
from llmreg.site.folder import refuse_others, write_folder
from llmreg.site.lists import about, lists
from llmreg.site.ratings import ratings_page
from llmreg.site.style import STATIC, stylesheet
from llmreg.site.templating import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.ratings import Ratings
    from llmreg.reproduce.record import Run

MARKER = "llmreg-site.json"
"""The file that tells a site of llmreg from any other folder."""


def build(
    catalog: Catalog,
    out: Path,
    *,
    policy: str = DEFAULT_POLICY,
    runs: bool = True,
    ratings: Ratings | None = None,
    reference: str | None = None,
    processes: int = 1,
    tell: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Write the site of a catalog into the folder `out`, whole or not at all; give how many `pages` and `files` it has.

    `policy` is the one whose verdicts are explained. With `runs`, the reader's own finished reproductions stand beside
    the published results; `ratings` get a page with leaderboards, in percent of `reference`. More than one of
    `processes` write at once. `tell` hears how many entries are done, of how many. Raises `UsageError` for an index
    among the layers, `CatalogError` with every fault of a catalog that does not hold together, `LlmregError` for a
    folder that holds something else.
    """
    refuse_others(out, MARKER)
    site = catalogue_of(catalog, policy, runs=runs)
    site.ratings, site.reference = ratings, reference
    ids = list(catalog)
    parts = [ids[number::processes] for number in range(processes)]
    entries = [_entries(site, part, tell if not number else None) for number, part in enumerate(parts)]
    names = write_folder(out, [*entries, around(site)], MARKER, at_once=processes > 1)
    pages = sum(name.endswith(".html") for name in names)
    return {"pages": pages, "files": len(names) - pages}


def _entries(site: Catalogue, ids: list[str], tell: Callable[[int, int], None] | None) -> Iterator[tuple[str, bytes]]:
    for done, entry_id in enumerate(ids, 1):
        yield from pages_of(site, entry_id)
        if tell:
            tell(done, len(ids))


def catalogue_of(catalog: Catalog, policy: str = DEFAULT_POLICY, *, runs: bool = True) -> Catalogue:
    """Give a catalog ready for its pages, once it is known to hold together."""
    if catalog.indexes:
        names = ", ".join(str(index.path) for index in catalog.indexes)
        raise UsageError(
            f"a site has a page for each entry, and {names} is an index of too many; build it from folders: "
            "`llmreg import SOURCE PATH --into DIR` writes one, and `--catalog DIR` lays it over the built-in catalog"
        )
    if problems := validate(catalog):
        raise CatalogError(problems)
    return Catalogue(catalog, load(), policy, _own_runs() if runs else {})


def _own_runs() -> dict[str, dict[str, Run]]:
    """Give the finished reproductions of each entry by the names of their folders; rehearsals prove no figure."""
    found: dict[str, dict[str, Run]] = {}
    for folder, run in all_runs():
        if run.kind == "reproduction" and run.status == "finished":
            found.setdefault(run.id, {})[folder.name] = run
    return found


def around(site: Catalogue) -> Iterator[tuple[str, bytes]]:
    """Give what is not about one entry: the table, the explorer, lists, the audit, scripts and styles."""
    manifest = site.catalog.manifest
    about_it = {"site": "llmreg", "catalog": manifest.name, "date": manifest.date.isoformat(), "policy": site.policy}
    yield MARKER, (json.dumps(about_it, indent=2) + "\n").encode()
    yield "style.css", stylesheet().encode()
    yield "data.js", data_script(site.catalog, site.policy).encode()
    for path in sorted(STATIC.iterdir()):
        if path.is_file() and path.name != "style.css":
            yield path.name, path.read_bytes()
    for page in ("index.html", "explorer.html"):
        yield page, render(page, site.frame, page).encode()
    found = audit(site.catalog, manifest.date)
    links = {entry_id: site.page(entry_id) for entry_id in site.catalog}
    yield "audit.html", render("audit.html", site.frame, "audit.html", audit=view_of(found, links)).encode()
    if site.ratings:
        yield ratings_page(site, site.ratings)
    yield about(site)
    yield from lists(site)
