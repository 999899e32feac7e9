"""Opening up ChatGPT: one YAML file a project, with the model and the data it builds on and marks of openness."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmreg.importers.checkout import mapping
from llmreg.importers.record import Fault, Importer, Link, Place, Record, Skipped, Stated
from llmreg.importers.words import github, hub_links, hub_model, link, listed, texts, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item

_TOLD = ("opencode", "llmdata", "llmweights", "rldata", "rlweights", "license")
"""The marks that speak of what a model is made of and under which terms; their words become notes."""
_VAGUE = re.compile(r"(various|unknown|unclear|unspecified|undisclosed|undocumented)\b", re.IGNORECASE)
_REMARK = re.compile(r"\s*\((own|(part )?synthetic|human)\)$")
_WEIGHTS = re.compile(r"\s*\((model )?weights( only)?\)$", re.IGNORECASE)

Project = dict[str, dict[str, Any]]


def read(checkout: Checkout) -> Iterator[Item]:
    """Give one model a file, or software where the project builds on no model in particular."""
    return checkout.each(lambda path: _file(checkout, path), "projects/*.yaml")


def _file(checkout: Checkout, path: Path) -> Iterator[Item]:
    place = Place(checkout.name(path))
    project = {key: mapping(value or {}, f"{path}: {key}") for key, value in checkout.yaml(path).items()}
    about = project.get("project", {})
    if not any(map(texts, about.values())):
        yield Skipped(place, "form", "the form for new entries")
    elif not words(about.get("name")):
        yield Skipped(place, "no-name", words(about.get("link")))
    else:
        record = _record(place, project)
        yield record
        if words(about.get("link")) and not record.homepage:
            yield Fault(place, "odd-value", f"link: {words(about['link'])}")


def _record(place: Place, project: Project) -> Record:
    about, weights = project["project"], [project.get(part, {}).get("link") for part in ("rlweights", "llmweights")]
    toolkit = words(about.get("llmbase")).lower().startswith("various")
    licenses, notes = _license(project, toolkit)
    return Record(
        kind="software" if toolkit else "model",
        name=words(about["name"]),
        place=place,
        developers=tuple(texts(project.get("org", {}).get("name"))),
        hub=None if toolkit else hub_model(weights[0]),
        repository=github(project.get("opencode", {}).get("link")) or github(about.get("link")),
        homepage=link(about.get("link")),
        licenses=licenses,
        links=() if toolkit else (*_lineage(about, weights), *_hub_data(project)),
        notes=(*notes, *_notes(project)),
    )


def _bases(about: dict[str, Any]) -> list[str]:
    return [_REMARK.sub("", name) for name in listed(about.get("llmbase"), ",&") if not _VAGUE.match(name)]


def _lineage(about: dict[str, Any], weights: list[Any]) -> Iterator[Link]:
    bases = _bases(about)
    # Projects with one page of weights put it under either mark, so the base's is told by a second page alone.
    tuned, hub = map(hub_model, weights)
    hub = hub if len(bases) == 1 and tuned and hub != tuned else None
    several = "; of several, it does not say what came from which" if len(bases) > 1 else ""
    for name in bases:
        if name.casefold() != words(about["name"]).casefold():
            yield Link("finetune", name, hub, how=f"the tracker says base, and no more{several}")
    for name in listed(about.get("rlbase"), ",+"):
        if not _VAGUE.match(name):
            how = "named as what instruction tuning or RLHF builds on; which of them is not told"
            yield Link("trained-on", _REMARK.sub("", name), stage="sft", how=how)


def _hub_data(project: Project) -> Iterator[Link]:
    """Give the datasets on the Hub to which the marks on training data link."""
    for part, stage in (("llmdata", "pretrain"), ("rldata", "sft")):
        found = [hub for text in texts(project.get(part, {}).get("link")) for hub in hub_links(text)]
        for hub in dict.fromkeys(name for kind, name in found if kind == "dataset"):
            yield Link("trained-on", hub=hub, stage=stage, how=f"linked as {part}")  # type: ignore[arg-type]


def _license(project: Project, toolkit: bool) -> tuple[tuple[Stated, ...], tuple[str, ...]]:
    """Take a project's license for the weights' where it says so or was read on their page; else it is a note."""
    stated, page = words(project["project"].get("license")), project.get("license", {}).get("link")
    if toolkit:
        return (Stated("code", stated),), ()
    if _WEIGHTS.search(stated) or hub_model(page):
        note = words(project.get("license", {}).get("notes")) or None
        return (Stated("weights", _WEIGHTS.sub("", stated), note),), ()
    return (), (f"license of the project, it does not say of what: {stated}",) if stated else ()


def _notes(project: Project) -> Iterator[str]:
    for field in ("notes", "llmbase", "rlbase"):
        if words(project["project"].get(field)):
            yield f"{field}: {words(project['project'][field])}"
    for part in _TOLD:
        told = " ".join([words(project.get(part, {}).get("notes")), *texts(project.get(part, {}).get("link"))]).strip()
        if told:
            yield f"{part} ({words(project[part].get('class')) or 'not judged'}): {told}"


IMPORTER = Importer(
    title="Opening up ChatGPT",
    repository="opening-up-chatgpt/opening-up-chatgpt.github.io",
    license="CC-BY-4.0",
    attribution="http://opening-up-chatgpt.github.io; Liesenfeld, Lopez and Dingemanse, Opening up ChatGPT, CUI 2023, "
    "doi:10.1145/3571884.3604316",
    read=read,
)
