"""Epoch AI's notable models: one CSV table with a row a model, its base model, its data and what training took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.importers.record import Fault, Importer, Link, Place, Record, Skipped
from llmreg.importers.stages import read_as, stage_of_data
from llmreg.importers.words import count, github, hub_model, link, listed, partial_date, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item

_MODALITIES = {
    "Language": "text", "Vision": "image", "Image generation": "image", "Video": "video", "Audio": "audio",
    "Speech": "audio",
}  # fmt: skip
_UNSAID = "unspecified unreleased"
_TOLD = (
    "Domain", "Task", "Confidence", "Parameters notes", "Training compute (FLOP)", "Training time (hours)",
    "Training hardware", "Hardware quantity", "Hardware utilization (MFU)", "Training compute cost (2023 USD)",
    "Training power draw (W)", "Finetune compute (FLOP)", "Batch size", "Epochs", "Training dataset size (gradients)",
    "Numerical format", "Model accessibility", "Training code accessibility", "Inference code accessibility",
    "Accessibility notes",
)  # fmt: skip
"""The columns whose words become notes; how open a model is, the table says in classes, which name no license."""


def read(checkout: Checkout) -> Iterator[Item]:
    """Give one model a row."""
    return checkout.each(lambda path: _file(checkout, path), "*.csv", "**/notable-ai-models.csv")


def _file(checkout: Checkout, path: Path) -> Iterator[Item]:
    broken: list[Skipped] = []
    for line, row in checkout.table(path, broken):
        place = Place(checkout.name(path), f"line {line}")
        if "Model" not in row:
            yield Skipped(place, "wrong-shape", "a table without the column Model")
        elif not words(row["Model"]):
            yield Skipped(place, "no-name")
        else:
            record = _record(place, row)
            yield record
            yield from _faults(record, row)
    yield from broken


def _record(place: Place, row: dict[str, str]) -> Record:
    modality = dict.fromkeys(_MODALITIES.get(domain, "") for domain in listed(row.get("Domain")))
    return Record(
        kind="model",
        name=words(row["Model"]),
        place=place,
        developers=tuple(listed(row.get("Organization"))),
        released=partial_date(row.get("Publication date")),
        hub=hub_model(row.get("Link")),
        repository=github(row.get("Link")),
        homepage=link(row.get("Link")),
        fields={"modality": list(filter(None, modality)), "parameters": count(row.get("Parameters"))},
        links=(*_bases(row), *_data(row)),
        notes=tuple(f"{column}: {told}" for column in _TOLD if (told := words(row.get(column)))),
    )


def _bases(row: dict[str, str]) -> Iterator[Link]:
    names = listed(row.get("Base model"))
    several = "; of several, it does not say what came from which" if len(names) > 1 else ""
    for name in names:
        yield Link("finetune", name, how=f"the table says base model, and no more{several}")


def _data(row: dict[str, str]) -> Iterator[Link]:
    """Give the named datasets."""
    stage = stage_of_data(words(row["Model"]), has_base=bool(words(row.get("Base model"))))
    for name in listed(row.get("Training dataset")):
        if name.casefold() != _UNSAID:
            yield Link("trained-on", name, stage=stage, how=f"the table names no stage; {read_as(stage)}")


def _faults(record: Record, row: dict[str, str]) -> Iterator[Fault]:
    for column, value in (("Publication date", record.released), ("Parameters", record.fields["parameters"])):
        if words(row.get(column)) and not value:
            yield Fault(record.place, "odd-value", f"{record.name}: {column}: {words(row[column])}")


IMPORTER = Importer(
    title="Epoch AI, notable AI models", license="CC-BY-4.0", attribution="Data: Epoch AI (epochai.org)", read=read
)
