"""Model Openness Tool: one YAML file a model, with a license for each of up to seventeen components."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from llmreg.importers.checkout import listing, mapping
from llmreg.importers.record import Fault, Importer, Link, Place, Record, Skipped, Stated
from llmreg.importers.words import count, github, hub_model, hub_name, texts, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item
    from llmreg.schema.base import Component

_COMPONENTS: dict[str, Component] = {
    "Model parameters (Final)": "weights",
    "Datasets": "data",
    "Model architecture": "code",
    "Data preprocessing code": "code",
    "Training code": "code",
    "Inference code": "code",
    "Evaluation code": "code",
    "Supporting libraries and tools": "code",
    "Model card": "documentation",
    "Data card": "documentation",
    "Technical report": "documentation",
    "Research paper": "documentation",
}
"""Which of our components each of the framework's is; evaluation data, results and samples are none of them."""
_NOT_THERE = "component"
"""Several spellings of "Component not included" stand where a license should; each begins so."""
_MODALITIES = {"language": "text", "code": "text", "image": "image", "audio": "audio", "video": "video"}


def read(checkout: Checkout) -> Iterator[Item]:
    """Give one model a file."""
    return checkout.each(lambda path: _file(checkout, path), "models/*.yml", "models/*.yaml")


def _file(checkout: Checkout, path: Path) -> Iterator[Item]:
    place = Place(checkout.name(path))
    release = mapping(checkout.yaml(path).get("release"), f"{path}: release")
    if not words(release.get("name")):
        yield Skipped(place, "no-name")
        return
    yield _record(place, release)
    stated = words(release.get("huggingface"))
    if stated and not _hub(release):
        yield Fault(place, "odd-value", f"huggingface: {stated}")


def _record(place: Place, release: dict[str, Any]) -> Record:
    name, origin, size = (words(release.get(field)) for field in ("name", "origin", "version"))
    modality = _MODALITIES.get(words(release.get("type")))
    return Record(
        kind="model",
        name=name,
        place=place,
        developers=tuple(texts(release.get("producer"))),
        hub=_hub(release),
        repository=github(release.get("repository")),
        fields={
            "modality": [modality] if modality else [],
            "parameters": count(size) if size[-1:].lower() in ("b", "m") else None,
        },
        licenses=tuple(_licenses(place, release)),
        links=tuple(
            [Link("finetune", origin, how="the tracker names it as the origin")]
            if origin and origin.casefold() != name.casefold()
            else []
        ),
        # The date is that of the listing, not of the model: a hundred models share one day.
        notes=tuple(f"{field}: {text}" for field in ("version", "date") if (text := words(release.get(field)))),
    )


def _licenses(place: Place, release: dict[str, Any]) -> Iterator[Stated]:
    """Give each component's own licenses; the weights' is that of the whole distribution where they have none."""
    whole = mapping(release.get("license") or {}, f"{place}: license")
    parts: defaultdict[Component, dict[str, str]] = defaultdict(dict)
    for number, value in enumerate(listing(release.get("components"), f"{place}: components")):
        component = mapping(value, f"{place}: components.{number}")
        part, stated = words(component.get("name")), words(component.get("license"))
        if part in _COMPONENTS and not stated.lower().startswith(_NOT_THERE):
            parts[_COMPONENTS[part]][part] = stated
    if "weights" in parts and not any(parts["weights"].values()):
        distribution = mapping(whole.get("distribution") or {}, f"{place}: license.distribution")
        yield Stated("weights", words(distribution.get("name")), "stated for the whole distribution")
    for component_, stated_of in parts.items():
        said = {part: stated for part, stated in stated_of.items() if stated}
        yield Stated(component_, tuple(dict.fromkeys(said.values())), _which(said))


def _which(said: dict[str, str]) -> str | None:
    """Say which part has which license, where a component has several parts."""
    return "; ".join(f"{part}: {stated}" for part, stated in said.items()) if len(said) > 1 else None


def _hub(release: dict[str, Any]) -> str | None:
    stated = release.get("huggingface")
    return hub_model(stated) or hub_name(stated)


IMPORTER = Importer(title="Model Openness Tool", repository="lfai/model_openness_tool", license="MIT", read=read)
