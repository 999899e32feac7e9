"""Data Provenance Collection: JSON files that list datasets with their licenses, one file a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.importers.checkout import attempted, listing, mapping
from llmreg.importers.record import Fault, Importer, Link, Place, Record, Skipped, Stated
from llmreg.importers.words import count, github, hub_dataset, link, partial_date, texts, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item

_ID = "Unique Dataset Identifier"
_NO_MODELS = {"other", "templates"}
"""Words in the list of generating models that name none."""
_SERVICES = {
    "anthropic internal models", "bing chat", "character ai", "claude 2.1", "deepl", "google cloud translation api",
    "google translate",
}  # fmt: skip
"""Generators, besides OpenAI's, that one only gets outputs from."""
_WEIGHTS_ARE_OUT = {"openai gpt-1", "openai gpt-2"}
_MADE_FROM = ("Text Sources", "Video Sources", "Source", "Source Category")


def read(checkout: Checkout) -> Iterator[Item]:
    """Give one dataset a key. The `Dataset Name` of a file's only row is an alias; among several it names a part."""
    return checkout.each(lambda path: _file(checkout, path), "data_summaries*/*.json")


def _file(checkout: Checkout, path: Path) -> Iterator[Item]:
    rows = mapping(checkout.json(path), str(path))
    for key, value in rows.items():
        place = Place(checkout.name(path), key)
        if path.name.startswith("_"):
            yield Skipped(place, "form", "the form for new entries")
        else:
            yield from attempted(place, _row(place, value, f"{path}: {key}", alone=len(rows) == 1))


def _row(place: Place, value: Any, where: str, *, alone: bool) -> Iterator[Item]:
    row = mapping(value, where)
    if not words(row.get(_ID)):
        yield Skipped(place, "no-name")
        return
    yield _record(place, words(row.get("Dataset Name")) if alone else "", row)
    if words(row.get("Year Released")) and not partial_date(row["Year Released"]):
        yield Fault(place, "odd-value", f"Year Released: {words(row['Year Released'])}")


def _record(place: Place, title: str, row: dict[str, Any]) -> Record:
    metrics = row.get("Text Metrics")
    return Record(
        kind="dataset",
        name=words(row[_ID]),
        place=place,
        aliases=(title,) if title else (),
        developers=tuple(texts(row.get("Creators"))),
        released=partial_date(row.get("Year Released")),
        hub=hub_dataset(row.get("Hugging Face URL")),
        repository=github(row.get("GitHub URL")),
        homepage=link(row.get("Dataset URL")) or link(row.get("Website URL")) or link(row.get("Paper URL")),
        fields={
            "languages": texts(row.get("Languages")),
            "rows": count(metrics.get("Num Dialogs")) if isinstance(metrics, dict) else None,
        },
        licenses=tuple(_licenses(place, row)),
        links=(*_parents(row), *_generators(row)),
        notes=tuple(_notes(row)),
    )


def _licenses(place: Place, row: dict[str, Any]) -> Iterator[Stated]:
    """Give the listed licenses, all of which hold; their pages are in the note."""
    said = [mapping(one, f"{place}: Licenses") for one in listing(row.get("Licenses"), f"{place}: Licenses")]
    pages = dict.fromkeys(page for one in said if (page := words(one.get("License URL"))))
    yield Stated("data", tuple(words(one.get("License")) for one in said), " ".join(pages))


def _parents(row: dict[str, Any]) -> Iterator[Link]:
    for text in texts(row.get("Derived from Datasets")):
        hub = hub_dataset(text)
        yield Link("derived-from", None if hub else text, hub)


def _generators(row: dict[str, Any]) -> Iterator[Link]:
    """Give the models and services whose outputs the dataset holds; the tracker writes OpenAI's with the maker."""
    for text in texts(row.get("Model Generated")):
        name = text.casefold()
        if name in _NO_MODELS:
            continue
        short = text.removeprefix("OpenAI ")
        others = (Link("generated-by", text), *([Link("generated-by", short)] if short != text else []))
        service = name in _SERVICES or (short != text and name not in _WEIGHTS_ARE_OUT)
        yield Link("generated-by", text, kind="service" if service else None, otherwise=others)


def _notes(row: dict[str, Any]) -> Iterator[str]:
    for field in ("Collection", "License Notes", "License Verified By", "Notes"):
        if words(row.get(field)):
            yield f"{field}: {words(row[field])}"
    for field in (*_MADE_FROM, "Model Generated"):
        said = texts(row.get(field))
        said = [text for text in said if text.casefold() in _NO_MODELS] if field == "Model Generated" else said
        if said:
            yield f"{field}: {', '.join(said)}"
    inferred = row.get("Inferred Metadata")
    for field in ("HF Yaml License", "GitHub License"):
        if isinstance(inferred, dict) and words(inferred.get(field)):
            yield f"{field}, as the tracker found it: {words(inferred[field])}"


IMPORTER = Importer(
    title="Data Provenance Collection",
    repository="Data-Provenance-Initiative/Data-Provenance-Collection",
    license="Apache-2.0",
    attribution="The Data Provenance Initiative, https://www.dataprovenance.org/",
    read=read,
)
