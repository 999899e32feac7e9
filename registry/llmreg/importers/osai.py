"""European Open Source AI Index: one YAML file a system, with its base model and fourteen criteria of openness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.importers.checkout import mapping
from llmreg.importers.record import Fault, Importer, Link, Place, Record, Skipped, Stated
from llmreg.importers.words import github, hub_links, hub_model, link, partial_date, texts, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item

_TOLD = ("datasources_basemodel", "datasources_endmodel", "weights_basemodel", "weights_endmodel", "licenses")
"""The criteria that speak of what a model is made of and under which terms; their words become notes."""
_UNSAID = {"unknown", "undisclosed", "unclear"}
_MODALITIES = {"text": "text", "code": "text", "image": "image", "audio": "audio", "video": "video"}


def read(checkout: Checkout) -> Iterator[Item]:
    """Give one model a file: the system's end model."""
    return checkout.each(lambda path: _file(checkout, path), "*.yaml")


def _file(checkout: Checkout, path: Path) -> Iterator[Item]:
    place = Place(checkout.name(path))
    document = checkout.yaml(path)
    parts = {key: mapping(value or {}, f"{path}: {key}") for key, value in document.items()}
    system = parts.get("system", {})
    name = _said(system.get("endmodelname")) or _said(system.get("basemodelname")) or _said(system.get("name"))
    if not any(map(texts, system.values())):
        yield Skipped(place, "form", "the form for new entries")
    elif not name:
        yield Skipped(place, "no-name")
    else:
        yield from _faults(place, system)
        yield _record(place, name, system, parts)


def _record(place: Place, name: str, system: dict[str, Any], parts: dict[str, dict[str, Any]]) -> Record:
    weights = parts.get("weights_endmodel", {}).get("link")
    released = words(system.get("releasedate"))
    modality = list(dict.fromkeys(_MODALITIES.get(kind, "") for kind in _kinds(system)))
    return Record(
        kind="model",
        name=name,
        place=place,
        description=words(system.get("notes")),
        developers=tuple(texts(parts.get("org", {}).get("name"))),
        released=partial_date(released),
        hub=hub_model(weights),
        repository=github(parts.get("trainingcode", {}).get("link")),
        homepage=link(system.get("link")),
        fields={"modality": [kind for kind in modality if kind]},
        # `endmodellicense` is asked of the end model's weights; code and data are told in the criterion `licenses`.
        licenses=(Stated("weights", words(system.get("endmodellicense") or system.get("endmodel license"))),),
        links=(*_base(name, system, parts), *_data(parts)),
        notes=tuple(_notes(system, parts)),
    )


def _base(name: str, system: dict[str, Any], parts: dict[str, dict[str, Any]]) -> Iterator[Link]:
    """Give the base model, unless the end model is named as its own: then it was trained from nothing."""
    base = _said(system.get("basemodelname"))
    if base and base.casefold() != name.casefold():
        hub = hub_model(parts.get("weights_basemodel", {}).get("link"))
        same = hub and hub == hub_model(parts.get("weights_endmodel", {}).get("link"))
        yield Link("finetune", base, None if same else hub, how="the index says base and end model, and no more")


def _data(parts: dict[str, dict[str, Any]]) -> Iterator[Link]:
    """Give the datasets on the Hub to which the criteria on training data link."""
    for criterion, stage in (("datasources_basemodel", "pretrain"), ("datasources_endmodel", "sft")):
        links = [found for text in texts(parts.get(criterion, {}).get("link")) for found in hub_links(text)]
        for hub in dict.fromkeys(hub for kind, hub in links if kind == "dataset"):
            how = f"linked as {'base' if stage == 'pretrain' else 'end'} model data"
            yield Link("trained-on", hub=hub, stage=stage, how=how)  # type: ignore[arg-type]


def _notes(system: dict[str, Any], parts: dict[str, dict[str, Any]]) -> Iterator[str]:
    if words(system.get("name")):
        yield f"system: {words(system['name'])}"
    for criterion in _TOLD:
        part = parts.get(criterion, {})
        told = " ".join([words(part.get("notes")), *texts(part.get("link"))]).strip()
        if told:
            yield f"{criterion} ({words(part.get('class')) or 'not judged'}): {told}"


def _faults(place: Place, system: dict[str, Any]) -> Iterator[Fault]:
    if words(system.get("releasedate")) and not partial_date(system["releasedate"]):
        yield Fault(place, "odd-value", f"releasedate: {words(system['releasedate'])}")
    for kind in _kinds(system):
        if kind not in _MODALITIES:
            yield Fault(place, "odd-value", f"type: {kind}")
    for key in system.keys() & {"endmodel license", "datasources_endmodel"}:
        yield Fault(place, "odd-shape", f"system.{key}: a field of another name or place")


def _kinds(system: dict[str, Any]) -> list[str]:
    return [kind for text in texts(system.get("type")) for kind in text.replace(",", " ").split()]


def _said(value: Any) -> str:
    """Give a name, or nothing where the field says that it is not known."""
    name = words(value)
    return "" if name.casefold() in _UNSAID else name


IMPORTER = Importer(
    title="European Open Source AI Index",
    repository="Language-Technology-Assessment/main-database",
    license="CC-BY-4.0",
    attribution="European Open Source AI Index, https://osai-index.eu/, doi:10.5281/zenodo.15386042; "
    "Liesenfeld and Dingemanse, Rethinking open source generative AI, FAccT 2024",
    read=read,
)
