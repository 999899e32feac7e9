"""Render the site's pages: what they show is prepared in Python, and templates only lay it out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from llmreg.escaping import on_page
from llmreg.licensing import DISCLAIMER

if TYPE_CHECKING:
    from jinja2 import Environment

    from llmreg.catalog import Catalog


@dataclass(frozen=True)
class Place:
    """A page that every page leads to."""

    name: str
    href: str
    """From the site's root."""
    section: str = ""
    """The folder whose pages belong under this place."""


PLACES = (
    Place("Entries", "index.html"),
    Place("Explorer", "explorer.html"),
    Place("Licenses", "licenses/index.html", "licenses"),
    Place("Methods", "methods/index.html", "methods"),
    Place("Audit", "audit.html"),
    Place("About", "about.html"),
)


@dataclass(frozen=True)
class Frame:
    """What every page says of the site."""

    catalog: str
    date: str
    license: str
    name: str = "llmreg"
    places: tuple[Place, ...] = PLACES
    disclaimer: str = DISCLAIMER[0].upper() + DISCLAIMER[1:]


def frame_of(catalog: Catalog, *, rated: bool = False) -> Frame:
    """Give what every page says of a site of this catalog, with a page of ratings or without."""
    manifest = catalog.manifest
    places = (*PLACES[:-1], Place("Ratings", "ratings.html"), PLACES[-1]) if rated else PLACES
    return Frame(manifest.name, manifest.date.isoformat(), manifest.license, places=places)


@cache
def environment() -> Environment:
    """Give the templates of the site, and of the audit, whose findings stand on a page of their own too."""
    from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined

    folders = {"site": PackageLoader("llmreg.site"), "audit": PackageLoader("llmreg.audit")}
    return Environment(
        loader=PrefixLoader(folders),
        autoescape=True,
        finalize=on_page,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, frame: Frame, here: str, **view: Any) -> str:
    """Render one page; `here` is its path from the site's root."""
    folder, _, _ = here.rpartition("/")
    page = environment().get_template(f"site/{template}")
    return page.render(site=frame, here=here, root="../" if folder else "", section=folder, **view) + "\n"
