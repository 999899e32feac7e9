"""Ecosystem Graphs: YAML lists of datasets, models and applications with the names of what each depends on."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmreg.catalog.names import normal
from llmreg.catalog.yaml import read as read_yaml
from llmreg.importers.checkout import listing
from llmreg.importers.record import Fault, Importer, Link, Place, Record, Skipped, Stated
from llmreg.importers.stages import read_as, stage_of_data
from llmreg.importers.words import (
    count,
    earlier,
    github,
    hub_dataset,
    hub_model,
    link,
    listed,
    partial_date,
    texts,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item, Kind
    from llmreg.schema.base import Component, Stage

_KINDS: dict[str, Kind] = {"model": "model", "dataset": "dataset", "application": "service"}
_COVERS: dict[str, Component] = {"model": "weights", "dataset": "data"}
"""What the license of an asset covers; of an application it may be the code, or terms of service."""
_TOLD = (
    "access", "size", "training_hardware", "training_time", "training_emissions", "adaptation", "included", "excluded",
    "intended_uses", "prohibited_uses", "terms_of_service",
)  # fmt: skip
"""The fields whose words become notes."""
_FIELDS = {
    *_TOLD, "type", "name", "organization", "description", "created_date", "url", "model_card", "datasheet", "modality",
    "sample", "analysis", "nationality", "dependencies", "quality_control", "license", "monitoring", "feedback",
    "output_space", "monthly_active_users", "user_distribution", "failures",
}  # fmt: skip
_UNSAID = {"none", "unknown"}
_MISSPELT = {"unkknown", "unknkown", "unknokwn", "unknwon"}
_MODALITIES = {"text": "text", "code": "text", "image": "image", "audio": "audio", "video": "video"}
_UNDOCUMENTED = "the tracker has no such asset, so its kind is assumed"
_UNTYPED = "the tracker lists a dependency, and no more"

Asset = dict[str, Any]


def read(checkout: Checkout) -> Iterator[Item]:
    """Give one record an asset; what the names of dependencies stand for is told by the assets of those names."""
    assets: list[tuple[Place, Asset]] = []
    yield from checkout.each(lambda path: _file(checkout, path, assets), "assets/*.yaml", "assets/*.yml")
    kinds: defaultdict[str, set[Kind]] = defaultdict(set)
    for _, asset in assets:
        kinds[normal(words(asset["name"]))].add(_KINDS[asset["type"]])
    dates = {normal(words(asset["name"])): _released(asset) for _, asset in reversed(assets)}
    for place, asset in assets:
        links, notes = _dependencies(asset, kinds)
        yield _record(place, asset, links, notes)
        yield from (Fault(place, "no-relation", f"{words(asset['name'])}: {note}") for note in notes)
        yield from _too_early(place, asset, dates) if notes else ()
        yield from (Fault(place, "odd-shape", f"{words(asset['name'])}: {detail}") for detail in _shapes(asset))
        yield from (Fault(place, "odd-value", f"{words(asset['name'])}: {detail}") for detail in _values(asset))
    yield from _circles(assets)


def _file(checkout: Checkout, path: Path, assets: list[tuple[Place, Asset]]) -> Iterator[Item]:
    """Add the assets of a file, and give those that stay out."""
    for number, value in enumerate(listing(read_yaml(path).value, str(path)), 1):
        place = Place(checkout.name(path), f"asset {number}")
        if not isinstance(value, dict):
            yield Skipped(place, "wrong-shape", "not a mapping of fields")
        elif not words(value.get("name")):
            yield Skipped(place, "no-name")
        elif words(value.get("type")) not in _KINDS:
            yield Skipped(place, "other-kind", f"type: {words(value.get('type')) or 'none'}")
        else:
            assets.append((place, {**value, "type": words(value["type"])}))


def _record(place: Place, asset: Asset, links: tuple[Link, ...], notes: tuple[str, ...]) -> Record:
    kind = _KINDS[asset["type"]]
    pages = [_said(asset.get(field)) for field in ("url", "model_card", "datasheet")]
    modality = dict.fromkeys(_MODALITIES.get(part, "") for part in _modalities(asset))
    size = re.match(r"(\S+) parameters\b", _said(asset.get("size")))
    fields: dict[str, Any] = {"modality": list(filter(None, modality)), "parameters": count(size[1]) if size else None}
    return Record(
        kind=kind,
        name=words(asset["name"]),
        place=place,
        description=_said(asset.get("description")),
        developers=tuple(listed(_said(asset.get("organization")))),
        released=_released(asset),
        hub={"model": hub_model, "dataset": hub_dataset}[kind](pages) if kind != "service" else None,
        repository=github(pages),
        homepage=link(pages),
        fields=fields if kind == "model" else {},
        licenses=_license(asset),
        links=links,
        notes=(*_notes(asset), *notes),
    )


def _license(asset: Asset) -> tuple[Stated, ...]:
    if asset["type"] not in _COVERS:
        return ()
    stated = words(_value(asset.get("license")))
    stated = "unknown" if stated in _MISSPELT else stated
    return (Stated(_COVERS[asset["type"]], stated, _explanation(asset.get("license")) or None),)


def _dependencies(asset: Asset, kinds: dict[str, set[Kind]]) -> tuple[tuple[Link, ...], tuple[str, ...]]:
    """Read the untyped dependencies by the kinds of their ends; give those that no relation fits as notes."""
    child, names = _KINDS[asset["type"]], texts(_value(asset.get("dependencies")))
    ends = [(name, kinds.get(normal(name), set())) for name in names]
    has_base = any("model" in end for _, end in ends)
    stage = stage_of_data(words(asset["name"]), _said(asset.get("description")), has_base=has_base)
    links, notes = [], []
    for name, end in ends:
        readings = {"model": _of_model, "dataset": _of_dataset}[child](name, stage) if child != "service" else {}
        fitting = [reading for kind, reading in readings.items() if not end or kind in end]
        if fitting:
            links.append(
                fitting[0]
                if end
                else replace(fitting[0], how=f"{fitting[0].how}; {_UNDOCUMENTED}", otherwise=tuple(fitting[1:]))
            )
        else:
            what = f"the {_word(end)} {name!r}" if end else repr(name)
            notes.append(
                f"depends on {what}; from {'an application' if child == 'service' else 'a model'} no relation "
                "leads there"
            )
    return tuple(links), tuple(notes)


def _of_model(name: str, stage: Stage) -> dict[Kind, Link]:
    """Give the readings by the kind of the parent; what nobody documents is taken for the first, data."""
    return {
        "dataset": Link("trained-on", name, stage=stage, how=f"{_UNTYPED}; {read_as(stage)}"),
        "model": Link("finetune", name, how=_UNTYPED),
    }


def _of_dataset(name: str, _: Stage) -> dict[Kind, Link]:
    return {
        "dataset": Link("derived-from", name, how=_UNTYPED),
        "model": Link("generated-by", name, how=_UNTYPED, kind="model"),
        "service": Link("generated-by", name, how=_UNTYPED, kind="service"),
    }


def _word(kinds: set[Kind]) -> str:
    return "application" if "service" in kinds else " or ".join(sorted(kinds))


def _notes(asset: Asset) -> Iterator[str]:
    for field in _TOLD:
        told = " ".join(filter(None, [_said(asset.get(field)), _explanation(asset.get(field))]))
        if told:
            yield f"{field}: {told}"
    if asset["type"] not in _COVERS and words(_value(asset.get("license"))):
        yield f"license of the application, it does not say of what: {words(_value(asset['license']))}"
    for field in ("created_date", "dependencies"):
        if explanation := _explanation(asset.get(field)):
            yield f"{field}: {explanation}"
    yield from (f"{field}: {words(asset[field])}" for field in asset if field not in _FIELDS and words(asset[field]))


def _shapes(asset: Asset) -> Iterator[str]:
    """Find fields of no asset, explanations of nothing, and dependencies that are no list."""
    yield from (f"{field}: a field that no asset has" for field in asset if field not in _FIELDS)
    for field, value in asset.items():
        if isinstance(value, dict) and "value" not in value:
            yield f"{field}: {'an explanation without a value' if value else 'an empty mapping'}"
        elif field == "dependencies" and isinstance(value, dict):
            yield f"{field}: a mapping of value and explanation in place of a list"
        elif field == "dependencies" and not isinstance(value, list):
            yield f"{field}: not a list"


def _values(asset: Asset) -> Iterator[str]:
    for field, value in asset.items():
        if words(_value(value)).casefold() in _MISSPELT:
            yield f"{field}: {words(_value(value))} for unknown"
    date, size = _said(asset.get("created_date")), _said(asset.get("size"))
    if date and not partial_date(date):
        yield f"created_date: {date}"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", size):
        yield f"size: {size}"


def _too_early(place: Place, asset: Asset, dates: dict[str, str | None]) -> Iterator[Fault]:
    """Find applications that came before what they depend on; where there are edges, the edges tell."""
    for name in texts(_value(asset.get("dependencies"))) if asset["type"] == "application" else ():
        child, parent = _released(asset), dates.get(normal(name))
        if earlier(child, parent):
            yield Fault(place, "anachronism", f"{words(asset['name'])}: {child} is before {name!r}, {parent}")


def _circles(assets: list[tuple[Place, Asset]]) -> Iterator[Fault]:
    """Report circles that pass through an application: it has no edges, so nobody else would see them."""
    import networkx as nx

    numbers = {normal(words(asset["name"])): number for number, (_, asset) in reversed(list(enumerate(assets)))}
    graph: nx.DiGraph[int] = nx.DiGraph()
    for _, asset in assets:
        for name in texts(_value(asset.get("dependencies"))):
            if normal(name) in numbers:
                graph.add_edge(numbers[normal(words(asset["name"]))], numbers[normal(name)])
    for circle in sorted(map(sorted, nx.strongly_connected_components(graph))):
        members = [assets[number][1] for number in circle]
        if len(circle) > 1 and any(asset["type"] == "application" for asset in members):
            names = ", ".join(words(asset["name"]) for asset in members)
            yield Fault(assets[circle[0]][0], "cycle", f"made from each other: {names}")


def _modalities(asset: Asset) -> list[str]:
    """Give the modalities that go in and come out: `image, text; text`."""
    return [part.lower() for part in listed(_said(asset.get("modality")), ",;")]


def _released(asset: Asset) -> str | None:
    return partial_date(_value(asset.get("created_date")))


def _value(field: Any) -> Any:
    """Give the value of a field that may be written with an explanation."""
    return field.get("value") if isinstance(field, dict) else field


def _explanation(field: Any) -> str:
    return words(field.get("explanation")) if isinstance(field, dict) else ""


def _said(field: Any) -> str:
    """Give a field's words, or nothing where they say that there is nothing to say."""
    said = words(_value(field))
    return "" if said.casefold() in _UNSAID | _MISSPELT else said


IMPORTER = Importer(title="Ecosystem Graphs", repository="stanford-crfm/ecosystem-graphs", read=read)
