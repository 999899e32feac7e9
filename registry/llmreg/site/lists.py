"""The lists: one page for each kind of entry, the methods, and what the catalog is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from llmreg.catalog.credits import credited
from llmreg.catalog.tiers import tier_of
from llmreg.licensing.terms import term_for
from llmreg.schema import FOLDERS, Asset, License, Template
from llmreg.site.facts import badges
from llmreg.site.methods import methods
from llmreg.site.policies import EFFECTS
from llmreg.site.templating import render
from llmreg.site.terms import CATEGORIES, permission
from llmreg.site.view import Mark, Words, href_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.schema import Entry, Use
    from llmreg.site.catalogue import Catalogue

_LICENSE_USES: tuple[Use, ...] = ("commercial", "redistribution", "hosting", "train-on-outputs")


@dataclass(frozen=True)
class Cell:
    """What stands in one column: words, or a mark."""

    words: tuple[Words, ...] = ()
    mark: Mark | None = None


@dataclass(frozen=True)
class Row:
    """One entry in a list."""

    entry: Words
    name: str
    cells: tuple[Cell, ...]


def lists(site: Catalogue) -> Iterator[tuple[str, bytes]]:
    """Give the pages of lists, each with its path from the site's root."""
    for folder, kind in FOLDERS.items():
        entries = site.entries(kind)
        head, rows = _licenses(site, entries) if kind is License else _others(site, entries)
        here = f"{folder}/index.html"
        yield (
            here,
            render("list.html", site.frame, here, title=_title(folder), folder=folder, head=head, rows=rows).encode(),
        )
    found = methods(site)
    here = "methods/index.html"
    page = render("methods.html", site.frame, here, methods=found, faults=tuple(map(str, site.plugins.faults)))
    yield here, page.encode()
    for method in found:
        yield method.href, render("method.html", site.frame, method.href, method=method).encode()


def _title(folder: str) -> str:
    return folder[0].upper() + folder[1:]


def _others(site: Catalogue, entries: list[Entry]) -> tuple[tuple[str, ...], list[Row]]:
    """Give for assets who made them, when, and under which licenses; for templates and policies what they are."""
    if entries and not isinstance(entries[0], Asset):
        notes = [(entry, entry.description or (entry.notes[0] if entry.notes else "")) for entry in entries]
        return ("About",), [Row(_beside(entry), entry.name, (_cell(note),)) for entry, note in notes]
    mixed = any(tier_of(entry) != "curated" for entry in entries)
    rows = []
    for entry in entries:
        assert isinstance(entry, Asset)  # noqa: S101
        stated = [piece for part, names in badges(site, entry) for piece in (Words(f"; {part} "), *names)]
        licenses = (Words(stated[0].text.removeprefix("; ")), *stated[1:]) if stated else ()
        cells = (_cell(", ".join(entry.developers)), _cell(entry.released or ""), Cell(licenses))
        rows.append(Row(_beside(entry), entry.name, (*cells, *([_cell(tier_of(entry))] if mixed else []))))
    return ("Developers", "Released", "Licenses", *(["Evidence"] if mixed else [])), rows


def _licenses(site: Catalogue, entries: list[Entry]) -> tuple[tuple[str, ...], list[Row]]:
    """Give for licenses what they say of each use, and how many entries state them."""
    rows = []
    for entry in entries:
        assert isinstance(entry, License)  # noqa: S101
        said = [permission(term_for(entry, use, site.checker.licensee).permission) for use in _LICENSE_USES]
        count = len({under.id for under in site.under.get(entry.id, ())})
        cells = (_cell(CATEGORIES[entry.category]), *(Cell(mark=each) for each in said), _cell(str(count)))
        rows.append(Row(_beside(entry), entry.name, cells))
    return ("Category", *_LICENSE_USES, "Entries"), rows


def _cell(text: str) -> Cell:
    return Cell((Words(text),))


def _beside(entry: Entry) -> Words:
    return Words(entry.id, f"{quote(entry.id)}.html")


@dataclass(frozen=True)
class Credit:
    """Where text that stands in the catalog comes from, and in which entries it stands."""

    place: Words
    terms: str
    entries: tuple[Words, ...]


def about(site: Catalogue) -> tuple[str, bytes]:
    """Give the page that says what the catalog is, whose text is in it, and how verdicts are reached."""
    manifest = site.catalog.manifest
    view: dict[str, Any] = {
        "manifest": manifest,
        "license": _from_root(site.licenses(manifest.license)),
        "counts": [
            (_title(folder), f"{folder}/index.html", len(site.catalog.ids(kind))) for folder, kind in FOLDERS.items()
        ],
        "edges": sum(map(len, site.up.values())),
        "policies": [(f"policies/{quote(name)}.html", site.catalog[name]) for name in site.policies],
        "explained": site.policy,
        "effects": EFFECTS,
        "credits": [
            (origin, tuple(_credits(site, uses)))
            for origin, uses in sorted(credited(site.catalog).items(), key=lambda item: item[0].lower())
        ],
        "templates": len(site.catalog.ids(Template)),
    }
    return "about.html", render("about.html", site.frame, "about.html", **view).encode()


def _credits(site: Catalogue, uses: Any) -> Iterator[Credit]:
    for source, entries in uses.items():
        terms = ", ".join(filter(None, [source.license, source.attribution]))
        yield Credit(Words(str(source), href_of(source)), terms, _from_root([site.link(each) for each in entries]))


def _from_root(pieces: Any) -> tuple[Words, ...]:
    """Let links lead from the root instead of from a folder."""
    return tuple(Words(piece.text, piece.href.removeprefix("../") if piece.href else None) for piece in pieces)
