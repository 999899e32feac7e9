"""CycloneDX bills of materials: llmreg's own with all that they say, other generators' as far as their words go."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, cast, get_args

from pydantic import ValidationError

from llmreg.importers.record import Fault, Importer, Kind, Link, Place, Record, Skipped, Stated
from llmreg.importers.words import count, github, hub_links, hub_name, link, listed, texts, words
from llmreg.schema import RELATION_ENDS, Source
from llmreg.schema.base import Component, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item
    from llmreg.schema.base import Relation

Value = dict[str, Any]

_KINDS: dict[str, Kind] = {"machine-learning-model": "model", "data": "dataset", "service": "service"}
"""Types of components of which the catalog has a kind; a service is in a list of its own."""
_COVERS: dict[str, Component] = {"model": "weights", "dataset": "data", "service": "outputs", "software": "code"}
"""The component of an entry that the license of a whole is stated for."""
_NO_LICENSE = {"noassertion": "unknown", "none": "no-licence"}
_UNSAID = "the file does not say how"


def read(checkout: Checkout) -> Iterator[Item]:
    """Give every model, dataset and service of each file, and of llmreg's files every component."""
    for path in checkout.files("**/*.json"):
        name = checkout.name(path)
        value = checkout.json(path)
        if not isinstance(value, dict) or value.get("bomFormat") != "CycloneDX":
            yield Skipped(Place(name), "other-kind", "no CycloneDX file in JSON")
            continue
        parts = list(_parts(value))
        known = {words(part.get("bom-ref")): part for part in parts}
        for number, part in enumerate(parts, 1):
            yield from _items(Place(name, words(part.get("bom-ref")) or f"component {number}"), part, known)


def _parts(bom: Value) -> Iterator[Value]:
    """Give the component that the file is about, every other one with those inside it, and the services."""
    yield from _nested([_dict(bom.get("metadata")).get("component")])
    yield from _nested(bom.get("components"))
    yield from ({**service, "type": "service"} for service in _dicts(bom.get("services")))


def _nested(values: Any) -> Iterator[Value]:
    ahead = _dicts(values)
    while ahead:
        part = ahead.pop(0)
        yield part
        ahead = [*_dicts(part.get("components")), *ahead]


def _items(place: Place, part: Value, known: dict[str, Value]) -> Iterator[Item]:
    properties = _properties(part)
    kind = _kind(part, properties)
    if not kind:
        yield Skipped(place, "other-kind", f"{words(part.get('name'))}: {words(part.get('type')) or 'no type'}")
    elif not words(part.get("name")):
        yield Skipped(place, "no-name")
    elif properties["llmreg:id"]:
        faults: list[Fault] = []
        yield _own(place, part, kind, known, faults)
        yield from faults
    else:
        yield _foreign(place, part, kind, known)


def _kind(part: Value, properties: dict[str, list[str]]) -> Kind | None:
    own = properties["llmreg:kind"]
    if own and own[0] in get_args(Kind):
        return cast("Kind", own[0])
    return _KINDS.get(words(part.get("type")))


def _own(place: Place, part: Value, kind: Kind, known: dict[str, Value], faults: list[Fault]) -> Record:
    """Read a component that llmreg wrote: its properties hold the entry."""
    properties = _properties(part)

    def first(name: str) -> str | None:
        return next(iter(properties[f"llmreg:{name}"]), None)

    fields: Value = {name: first(name) for name in ("revision", "format")}
    fields |= {name: count(first(name)) for name in ("parameters", "context_length", "rows", "tokens")}
    fields |= {name: properties[f"llmreg:{name}"] for name in ("modality", "languages")}
    links = []
    for text in properties["llmreg:made_from"]:
        if found := _own_link(kind, _dict(_parsed(text)), known):
            links.append(found)
        else:
            faults.append(Fault(place, "odd-value", f"llmreg:made_from: {text[:200]}"))
    claims = [_dict(_parsed(text)) for text in properties["llmreg:licenses"]]
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


def _own_link(kind: str, edge: Value, known: dict[str, Value]) -> Link | None:
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
    parent = known.get(f"llmreg:{of}", {})
    return Link(
        cast("Relation", relation), of, stage=cast("Stage | None", stage), how=words(edge.get("how")) or None,
        kind=_kind(parent, _properties(parent)), evidence=source,
    )  # fmt: skip


def _own_license(claim: Value) -> Stated:
    component = claim.get("component")
    about = [f"since {claim['since']}"] if words(claim.get("since")) else []
    return Stated(
        cast("Component", component) if component in get_args(Component) else "weights",
        tuple(words(claim.get("id")).split(" AND ")),
        "; ".join([*about, words(claim.get("note"))]).strip("; ") or None,
    )


def _foreign(place: Place, part: Value, kind: Kind, known: dict[str, Value]) -> Record:
    """Read another generator's component: its own words, and nothing concluded by that generator."""
    pages = [words(one.get("url")) for one in _dicts(part.get("externalReferences"))]
    name, group = words(part.get("name")), words(part.get("group"))
    links = [*(list(_ancestors(part, kind)) or _base_models(part, kind)), *_datasets(part, kind, known)]
    return Record(
        kind=kind,
        name=name,
        place=place,
        aliases=(f"{group}/{name}",) if group and "/" not in name else (),
        description=words(part.get("description")) or None,
        developers=tuple(_makers(part)),
        hub=_hub(part, kind) if kind in ("model", "dataset") else None,
        repository=github(pages),
        homepage=link(_page(part, "website")),
        licenses=tuple(_licenses(part, kind)),
        links=tuple(dict.fromkeys(links)),
    )


def _ancestors(part: Value, kind: Kind) -> Iterator[Link]:
    """Give what a pedigree names: a model's base models, and the data that a model or a dataset comes from."""
    pedigree = _dict(part.get("pedigree"))
    told = words(pedigree.get("notes"))
    for ancestor in _dicts(pedigree.get("ancestors")):
        of = _KINDS.get(words(ancestor.get("type")))
        name, hub = _name(ancestor), _hub(ancestor, of or "model")
        if not (name or hub):
            continue
        if kind == "model" and of == "model":
            said = re.search(r"\b(adapter|merge|quantized)\b", told)
            yield Link(cast("Relation", said[1] if said else "finetune"), name, hub, how=told or _UNSAID)
        elif kind == "model" and of == "dataset":
            yield Link("trained-on", name, hub, stage=_stage(part), how=told or _UNSAID)
        elif kind == "dataset" and of == "dataset":
            yield Link("derived-from", name, hub, how=told or None)


def _base_models(part: Value, kind: Kind) -> Iterator[Link]:
    """Give the base models that a generator wrote into one property, with commas between them."""
    for text in _properties(part)["huggingface:baseModel"] if kind == "model" else ():
        for name in listed(re.sub(r"[\[\]'\"]", "", text)):
            yield Link("finetune", name, hub_name(name), how=_UNSAID)


def _datasets(part: Value, kind: Kind, known: dict[str, Value]) -> Iterator[Link]:
    """Give the datasets of a model card, named in place or by reference."""
    parameters = _dict(_dict(part.get("modelCard")).get("modelParameters"))
    for dataset in _dicts(parameters.get("datasets")) if kind == "model" else ():
        found = known.get(words(dataset.get("ref")), dataset)
        hub = _hub(found, "dataset")
        if _name(found) or hub:
            yield Link("trained-on", _name(found), hub, stage=_stage(part), how="named as data of the model card")


def _stage(part: Value) -> Stage:
    """Say when a model saw its data: whoever has a base saw it in tuning."""
    tuned = _dicts(_dict(part.get("pedigree")).get("ancestors")) or _properties(part)["huggingface:baseModel"]
    return "sft" if tuned else "pretrain"


def _licenses(part: Value, kind: Kind) -> Iterator[Stated]:
    """Give what is declared; what a generator concluded is its own reading and stays out."""
    for choice in _dicts(part.get("licenses")):
        named = _dict(choice.get("license"))
        how = words(choice.get("acknowledgement")) or words(named.get("acknowledgement"))
        name = words(choice.get("expression")) or words(named.get("id")) or words(named.get("name"))
        if name and how != "concluded":
            parts = [_NO_LICENSE.get(one.lower(), one) for one in name.split(" AND ")] if "(" not in name else [name]
            yield Stated(_COVERS[kind], tuple(parts))


def _makers(part: Value) -> Iterator[str]:
    who = [part.get("manufacturer"), part.get("provider"), *_dicts(part.get("authors"))]
    names = [words(_dict(one).get("name")) for one in who] + texts(part.get("author"))
    yield from dict.fromkeys(filter(None, names or [words(part.get("publisher"))]))


def _hub(part: Value, kind: str) -> str | None:
    """Give the id on the Hub: of the package URL, else of a page that the component refers to."""
    purl = words(part.get("purl")).partition("?")[0].partition("#")[0]
    found = re.fullmatch(r"pkg:huggingface/([^@]+)(@.*)?", purl)
    if found and kind == "model":
        return hub_name(found[1].replace("%2F", "/"))
    contents = _dict(part.get("contents")) or _dict(next(iter(_dicts(part.get("data"))), {}).get("contents"))
    pages = [words(one.get("url")) for one in _dicts(part.get("externalReferences"))] + [words(contents.get("url"))]
    return next((hub for page in pages for what, hub in hub_links(page) if what == kind), None)


def _name(part: Value) -> str | None:
    name, group = words(part.get("name")), words(part.get("group"))
    return (f"{group}/{name}" if group and name and "/" not in name else name) or None


def _page(part: Value, kind: str) -> str | None:
    references = _dicts(part.get("externalReferences"))
    return next((words(one.get("url")) for one in references if one.get("type") == kind), None)


def _properties(part: Value) -> defaultdict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in _dicts(part.get("properties")):
        if isinstance(one.get("name"), str) and isinstance(one.get("value"), str):
            found[one["name"]].append(one["value"])
    return found


def _parsed(text: str) -> Any:
    """Read a value that is JSON, and leave any other as the text that it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _dict(value: Any) -> Value:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[Value]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


IMPORTER = Importer(title="CycloneDX", read=read)
