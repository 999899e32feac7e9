"""CycloneDX bills of materials: llmreg's own with all that they say, other generators' as far as their words go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast, get_args

from pydantic import ValidationError

from llmreg.importers.checkout import parse_json
from llmreg.importers.cyclonedx_file import Bom, Value, dict_of, kind_of, properties_of
from llmreg.importers.cyclonedx_foreign import foreign
from llmreg.importers.record import Fault, Importer, Kind, Link, Place, Record, Skipped, Stated
from llmreg.importers.words import count, words
from llmreg.schema import RELATION_ENDS, Source
from llmreg.schema.base import Component, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item
    from llmreg.schema.base import Relation

_VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
"""Versions that have a form in JSON; the same fields mean the same in all of them."""
_XML = "is CycloneDX in XML, and JSON alone is read: convert it, as by `cyclonedx convert --output-format json`"


def read(checkout: Checkout) -> Iterator[Item]:
    """Give every model, dataset and service of each file, and of llmreg's files every component."""
    return checkout.each(lambda path: _file(checkout, path), "**/*.json", "**/*.xml")


def _file(checkout: Checkout, path: Path) -> Iterator[Item]:
    name = checkout.name(path)
    value = _read(checkout, path)
    if isinstance(value, Skipped):
        yield value
        return
    version = words(value.get("specVersion"))
    if version not in _VERSIONS:
        said = f"specVersion: {version or 'none'} is none of {', '.join(_VERSIONS)}; it is read as {_VERSIONS[-1]}"
        yield Fault(Place(name), "odd-value", said)
    bom = Bom(value)
    if bom.formulation:
        said = f"formulation: {bom.formulation}; it may tell of a base or data, and what was made from it stays open"
        yield Fault(Place(name), "no-relation", f"{said}: name each base and data set in `pedigree.ancestors`")
    for number, part in enumerate(bom.parts, 1):
        yield from _items(Place(name, words(part.get("bom-ref")) or f"component {number}"), part, bom)


def _read(checkout: Checkout, path: Path) -> Value | Skipped:
    """Give the file's object, or say that it is of another kind."""
    place = Place(checkout.name(path))
    text = checkout.text(path).removeprefix("\ufeff")
    if text.lstrip().startswith("<"):
        known = "cyclonedx.org/schema/bom" in text[:10_000]
        return Skipped(place, "other-kind", _XML if known else "no CycloneDX file, but XML of another kind")
    value = parse_json(text, str(path))
    if isinstance(value, dict) and value.get("bomFormat") == "CycloneDX":
        return value
    return Skipped(place, "other-kind", "no CycloneDX file in JSON")


def _items(place: Place, part: Value, bom: Bom) -> Iterator[Item]:
    kind = kind_of(part)
    if not kind:
        yield Skipped(place, "other-kind", f"{words(part.get('name'))}: {words(part.get('type')) or 'no type'}")
    elif not words(part.get("name")):
        yield Skipped(place, "no-name")
    elif properties_of(part)["llmreg:id"]:
        faults: list[Fault] = []
        yield _own(place, part, kind, bom, faults)
        yield from faults
    else:
        yield from foreign(place, part, kind, bom)


def _own(place: Place, part: Value, kind: Kind, bom: Bom, faults: list[Fault]) -> Record:
    """Read a component that llmreg wrote: its properties hold the entry."""
    properties = properties_of(part)

    def first(name: str) -> str | None:
        return next(iter(properties[f"llmreg:{name}"]), None)

    fields: Value = {name: first(name) for name in ("revision", "format")}
    fields |= {name: count(first(name)) for name in ("parameters", "context_length", "rows", "tokens")}
    fields |= {name: properties[f"llmreg:{name}"] for name in ("modality", "languages")}
    links = []
    for text in properties["llmreg:made_from"]:
        if found := _own_link(kind, dict_of(_parsed(text)), bom):
            links.append(found)
        else:
            faults.append(Fault(place, "odd-value", f"llmreg:made_from: {text[:200]}"))
    claims = [dict_of(_parsed(text)) for text in properties["llmreg:licenses"]]
    return Record(
        kind=kind,
        key=first("id"),
        name=words(part.get("name")),
        place=place,
        aliases=tuple(properties["llmreg:id"][:1] + properties["llmreg:same_as"] + properties["llmreg:aliases"]),
        description=words(part.get("description")) or None,
        developers=tuple(properties["llmreg:developers"]),
        released=first("released"),
        hub=first("hub"),
        repository=first("repository"),
        homepage=first("homepage"),
        fields={name: value for name, value in fields.items() if value},
        licenses=tuple(_own_license(claim) for claim in claims if claim and not claim.get("until")),
        links=tuple(links),
        unknown=tuple(properties["llmreg:unknown"]),
        notes=tuple(properties["llmreg:notes"]),
    )


def _own_link(kind: str, edge: Value, bom: Bom) -> Link | None:
    """Give an edge with the source it rests on, or nothing for one that no entry could have."""
    relation, of = words(edge.get("relation")), words(edge.get("of"))
    stage = words(edge.get("stage")) if relation == "trained-on" else None
    has_stage = (stage in get_args(Stage)) == (relation == "trained-on")
    if not (of and relation in RELATION_ENDS and kind in RELATION_ENDS[relation][0] and has_stage):
        return None
    try:
        source = Source.model_validate(edge.get("source"))
    except ValidationError:
        source = None
    parent = bom.by_ref(f"llmreg:{of}") or {}
    return Link(
        cast("Relation", relation), of, stage=cast("Stage | None", stage), how=words(edge.get("how")) or None,
        kind=kind_of(parent), evidence=source,
    )  # fmt: skip


def _own_license(claim: Value) -> Stated:
    component = claim.get("component")
    about = [f"since {claim['since']}"] if words(claim.get("since")) else []
    license_id, said = words(claim.get("id")), words(claim.get("words"))
    return Stated(
        cast("Component", component) if component in get_args(Component) else "weights",
        said if said and license_id == "custom" else license_id,
        "; ".join([*about, words(claim.get("note"))]).strip("; ") or None,
        words(claim.get("link")) or None,
    )


def _parsed(text: str) -> Any:
    """Read a value that is JSON, and leave any other as the text that it is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


IMPORTER = Importer(title="CycloneDX", read=read)
