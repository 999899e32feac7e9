"""Croissant: JSON-LD descriptions of datasets, one a file, with what they were derived from in PROV-O's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.importers.record import Fault, Importer, Link, Place, Record, Skipped, Stated
from llmreg.importers.words import github, hub_dataset, link, partial_date, texts, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item

_PREFIXES = ("", "sc:", "schema:", "https://schema.org/", "http://schema.org/")
_PROV = ("prov:", "", "http://www.w3.org/ns/prov#")
_TERMS = ("https://choosealicense.com/licenses/", "https://spdx.org/licenses/", "http://spdx.org/licenses/")
"""Pages whose last part is a license's own name."""


def read(checkout: Checkout) -> Iterator[Item]:
    """Give one dataset a file; other JSON files are left out."""
    return checkout.each(lambda path: _file(checkout, path), "**/*.json", "**/*.jsonld")


def _file(checkout: Checkout, path: Path) -> Iterator[Item]:
    place = Place(checkout.name(path))
    value = checkout.json(path)
    if not isinstance(value, dict) or not any("Dataset" in kind.rsplit(":")[-1] for kind in _types(value)):
        yield Skipped(place, "other-kind", "not a description of a dataset")
    elif not words(_get(value, "name")):
        yield Skipped(place, "no-name")
    else:
        record = _record(place, value)
        yield record
        for field in ("datePublished", "dateCreated"):
            if words(_get(value, field)) and not partial_date(_get(value, field)):
                yield Fault(place, "odd-value", f"{field}: {words(_get(value, field))}")


def _record(place: Place, value: dict[str, Any]) -> Record:
    pages = [*texts(_get(value, "url")), *texts(_get(value, "sameAs"))]
    makers = _many(_get(value, "creator")) or _many(_get(value, "publisher"))
    date = partial_date(_get(value, "datePublished")) or partial_date(_get(value, "dateCreated"))
    return Record(
        kind="dataset",
        name=words(_get(value, "name")),
        place=place,
        aliases=tuple(texts(_get(value, "alternateName"))),
        description=words(_get(value, "description")),
        developers=tuple(filter(None, map(_name, makers))),
        released=date,
        hub=hub_dataset(pages),
        repository=github(pages),
        homepage=link(pages),
        fields={"languages": [words(one) for one in map(_name, _many(_get(value, "inLanguage"))) if one]},
        licenses=(Stated("data", tuple(filter(None, map(_license, _many(_get(value, "license")))))),),
        links=tuple(filter(None, (_parent(one) for one in _many(_prov(value, "wasDerivedFrom"))))),
        notes=tuple(_activities(value)),
    )


def _parent(value: Any) -> Link | None:
    """Give what it was derived from: by the Hub id of its place, else by its label, its place or its own id."""
    if not isinstance(value, dict):
        hub = hub_dataset(value)
        return Link("derived-from", None if hub else words(value), hub) if words(value) else None
    place = link(_prov(value, "atLocation")) or link(_prov(value, "locatedAt")) or link(_get(value, "url"))
    hub = hub_dataset(place) or hub_dataset(value.get("@id"))
    label = words(_prov(value, "label")) or words(_get(value, "name"))
    name = label or (None if hub else place or words(value.get("@id")))
    return Link("derived-from", name, hub) if name or hub else None


def _activities(value: dict[str, Any]) -> Iterator[str]:
    """Tell what was done: an agent that cleaned the data did not generate it, so there is no edge."""
    for one in _many(_prov(value, "wasGeneratedBy")):
        if isinstance(one, dict):
            told = words(_prov(one, "description")) or words(_get(one, "description"))
            yield f"made by {words(one.get('@id')) or 'an activity'}: {told or 'it does not say how'}"
    for one in _many(_prov(value, "wasAssociatedWith")):
        if _name(one):
            yield f"associated with: {_name(one)}"


def _license(value: Any) -> str:
    """Give a license's name, or its page where that is no list of licenses by name."""
    if isinstance(value, dict):
        value = _get(value, "url") or value.get("@id") or _get(value, "name")
    stated = words(value)
    listed = next((page for page in _TERMS if stated.startswith(page)), None)
    return stated.removeprefix(listed).strip("/").removesuffix(".html") if listed else stated


def _name(value: Any) -> str:
    return words(_get(value, "name")) if isinstance(value, dict) else words(value)


def _types(value: dict[str, Any]) -> list[str]:
    return texts(value.get("@type"))


def _get(value: dict[str, Any], key: str) -> Any:
    """Give a property of schema.org, under any of the ways to write its name."""
    return next((value[prefix + key] for prefix in _PREFIXES if prefix + key in value), None)


def _prov(value: dict[str, Any], key: str) -> Any:
    """Give a property of PROV-O."""
    return next((value[prefix + key] for prefix in _PROV if prefix + key in value), None)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


IMPORTER = Importer(title="Croissant", read=read)
