"""Every way in which llmreg shows one entry, each with a check that the output is what its format promises."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import yaml

from llmreg.audit import compare as differ
from llmreg.catalog.load import shown
from llmreg.cli.diff import _print as print_diff
from llmreg.cli.list import _row
from llmreg.cli.quick import print_entry
from llmreg.drawing.page import page
from llmreg.drawing.svg import picture
from llmreg.escaping import json_text
from llmreg.exporters import bibtex, card, cff, cyclonedx, spdx
from llmreg.licensing import Checker, changes
from llmreg.licensing.notice import notice, notice_text
from llmreg.licensing.render import as_text, in_full, in_full_html
from llmreg.lineage import FORMATS, lineage_around
from llmreg.plugins import load
from llmreg.schema import Asset, Benchmark, Dataset, Model
from llmreg.site.catalogue import Catalogue
from llmreg.site.entries import pages_of
from llmreg.tables import compare
from llmreg.tables.formats import FORMATS as TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmreg.catalog import Catalog

CHECKS: dict[str, Callable[[str], Any]] = {
    "json": lambda text: json.loads(text, parse_constant=_no_constant),
    "xml": lambda text: ElementTree.fromstring(text),
    "yaml": yaml.safe_load,
    "csv": lambda text: list(csv.reader(io.StringIO(text), strict=True)),
    "front matter": lambda text: yaml.safe_load(text.split("---\n")[1]),
}


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def everything(catalog: Catalog, entry_id: str) -> Iterator[tuple[str, str, Callable[[], str]]]:
    """Give each output by its name, with its format and what writes it."""
    entry = catalog[entry_id]
    yield "show", "text", lambda: _printed(lambda: print_entry(shown(entry)))
    yield "show --json", "json", lambda: json_text(entry.model_dump(mode="json", exclude_defaults=True))
    yield "list", "json", lambda: json_text(_row(entry))
    yield "site", "text", lambda: b"".join(text for _, text in pages_of(_site(catalog), entry_id)).decode()
    if not isinstance(entry, Asset):
        return
    yield "cyclonedx", "json", lambda: json_text(cyclonedx(catalog, entry_id))
    yield "spdx", "json", lambda: json_text(spdx(catalog, entry_id))
    yield "bibtex", "text", lambda: bibtex(catalog, entry_id)
    yield "cff", "yaml", lambda: cff(catalog, entry_id)
    if isinstance(entry, Model | Dataset):
        yield "card", "front matter", lambda: card(catalog, entry_id)
    yield from _graphs(catalog, entry_id)
    if not isinstance(entry, Benchmark):
        yield from _verdicts(catalog, entry_id)
    for name, write in TABLES.items():
        yield f"compare {name}", name, lambda write=write: write(compare(catalog, [entry_id, entry_id]))
    other = next(iter(catalog.ids(type(entry))))
    yield "diff", "text", lambda: _printed(lambda: print_diff(differ(catalog, entry_id, other)))
    yield "diff --json", "json", lambda: json_text(differ(catalog, entry_id, other).to_json())


def _site(catalog: Catalog) -> Catalogue:
    if "shown site" not in catalog.memo:
        catalog.memo["shown site"] = Catalogue(catalog, load())
    site: Catalogue = catalog.memo["shown site"]
    return site


def _graphs(catalog: Catalog, entry_id: str) -> Iterator[tuple[str, str, Callable[[], str]]]:
    part = lineage_around(catalog, [entry_id], "both", 1)
    kinds = {"graphml": "xml"}
    for name, write in FORMATS.items():
        yield f"graph {name}", kinds.get(name, name), lambda write=write: write(part)
    yield "graph svg", "xml", lambda: picture(part, focus=[entry_id], note="a note")
    yield "graph html", "text", lambda: page(part, focus=[entry_id], note="a note")


def _verdicts(catalog: Catalog, entry_id: str) -> Iterator[tuple[str, str, Callable[[], str]]]:
    checker = Checker(catalog)
    verdict = checker.check(entry_id, "commercial")
    yield "check", "text", lambda: as_text(in_full(verdict, changes(catalog, verdict, checker.licensee)), 120)
    yield "check html", "text", lambda: in_full_html(verdict)
    yield "check --json", "json", lambda: json_text(verdict.to_json())
    yield "notice", "text", lambda: notice_text(notice(catalog, entry_id))
    yield "notice --json", "json", lambda: json_text(notice(catalog, entry_id))


def _printed(write: Callable[[], Any]) -> str:
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        write()
    return text.getvalue()


def faults_of_showing(catalog: Catalog, entry_id: str) -> list[tuple[str, str]]:
    """Give each output that could not be written, or that its own format does not take, with what was raised."""
    faults = []
    for name, format_, write in everything(catalog, entry_id):
        try:
            text = write()
            text.encode()
            CHECKS.get(format_, str)(text)
        except Exception as error:  # whatever it is: a command would end in a traceback
            faults.append((name, f"{type(error).__name__}: {error}"))
    return faults
