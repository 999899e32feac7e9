"""PeaTMOSS: which repositories use which models of the Hub under which licenses, and fifty cards read by hand."""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.importers.checkout import mapping
from llmreg.importers.record import Fault, Importer, Link, Place, Record, Skipped, Stated
from llmreg.importers.words import count, github, hub_dataset, hub_model, hub_name, texts, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item

_USES, _FOUND, _CARDS = "mapping.csv", "all_gh_licenses.json", "groundTruth.json"
_FILES = (_USES, _FOUND, _CARDS)
_FROM_CARDS = "the datasets of the card, whose stage it does not tell; read as"


class _Used:
    """One side of the table of uses: what stands beside a name, and in which rows."""

    def __init__(self) -> None:
        self.rows: list[Place] = []
        self.beside: dict[str, None] = {}

    def add(self, place: Place, beside: str) -> None:
        """Add a row."""
        self.rows.append(place)
        self.beside[beside] = None


def read(checkout: Checkout) -> Iterator[Item]:
    """Give one model an id on the Hub and one software a repository; both sides of a row of uses come in."""
    files = {path.name: path for path in checkout.files(*(f"**/{name}" for name in _FILES))}
    table = checkout.name(files[_USES]) if _USES in files else _USES
    yield from (Fault(Place(table), "missing-file", f"no {name}") for name in _FILES if name not in files)
    models: defaultdict[str, _Used] = defaultdict(_Used)
    apps: defaultdict[str, _Used] = defaultdict(_Used)
    for line, cells in _rows(checkout, files):
        place = Place(table, f"line {line}")
        if len(cells) != 4:
            yield Skipped(place, "wrong-shape", f"{len(cells)} cells, where a row has 4")
        elif not (words(cells[0]) and words(cells[1])):
            yield Skipped(place, "no-name")
        else:
            app, model, _, license_ = map(words, cells)
            models[model].add(place, license_)
            apps[app].add(place, model)
    cards, found = (mapping(checkout.json(files[name]) if name in files else {}, name) for name in (_CARDS, _FOUND))
    for name, card in cards.items():
        place = Place(checkout.name(files[_CARDS]), name)
        yield _model(place, name, models.pop(name, _Used()), mapping(card, f"{_CARDS}: {name}"))
    for name, used in models.items():
        yield _model(Place(table, f"model {name}"), name, used)
    for name, used in apps.items():
        yield _app(Place(table, f"repository {name}"), name, used, found)


def _rows(checkout: Checkout, files: dict[str, Any]) -> Iterator[tuple[int, list[str]]]:
    """Give the rows of the table of uses, which has no line of column names."""
    if _USES in files:
        reader = csv.reader((line for _, line in checkout.lines(files[_USES])), strict=True)
        try:
            yield from ((reader.line_num, cells) for cells in reader if cells)
        except csv.Error as error:
            raise LlmregError(f"{files[_USES]}:{reader.line_num}: not a CSV table: {error}") from None


def _model(place: Place, name: str, used: _Used, card: dict[str, Any] | None = None) -> Record:
    """Give a model with what its card says, where that was read, and the licenses in the table of uses."""
    read_card = card or {}
    bases = texts(read_card.get("upstream_model"))
    in_table = [Stated("weights", license_, f"in {_USES}") for license_ in used.beside]
    return Record(
        kind="model",
        name=name,
        place=place,
        rows=(*([] if card is None else [place]), *used.rows),
        hub=name,
        repository=github(read_card.get("github")),
        fields={"parameters": count(words(read_card.get("parameter_count")).replace(" ", ""))},
        licenses=(Stated("weights", words(read_card.get("license"))), *in_table),
        links=(*map(_base, bases), *(_data(text, tuned=bool(bases)) for text in texts(read_card.get("datasets")))),
        notes=tuple(_notes(read_card)),
    )


def _base(text: str) -> Link:
    """Give the upstream model, by its Hub id where that is what stands there."""
    hub = hub_model(text) or hub_name(text.replace(" / ", "/"))
    return Link("finetune", None if hub else text, hub, how="the card names it as upstream, and no more")


def _data(text: str, *, tuned: bool) -> Link:
    hub = hub_dataset(text) or hub_name(text)
    how = f"{_FROM_CARDS} {'tuning' if tuned else 'pretraining'} data"
    return Link("trained-on", None if hub else text, hub, stage="sft" if tuned else "pretrain", how=how)


def _notes(card: dict[str, Any]) -> Iterator[str]:
    settings = card.get("hyper_parameters")
    pairs = settings.items() if isinstance(settings, dict) else ()
    stated = [f"{key}: {words(value)}" for key, value in pairs if words(value)]
    if stated:
        yield f"hyper_parameters: {'; '.join(stated)}"
    for field in ("hardware", "paper", "model_tasks"):
        if texts(card.get(field)):
            yield f"{field}: {', '.join(texts(card[field]))}"


def _app(place: Place, name: str, used: _Used, found: dict[str, Any]) -> Record:
    repository = name.removeprefix("github.com/")
    licenses = texts(found.get(repository))
    return Record(
        kind="software",
        name=repository,
        place=place,
        rows=tuple(used.rows),
        repository=repository,
        licenses=(Stated("code", tuple(licenses), f"found in the repository, says {_FOUND}"),),
        notes=(f"uses: {', '.join(used.beside)}",),
    )


IMPORTER = Importer(
    title="PeaTMOSS", repository="PurdueDualityLab/PeaTMOSS-Artifact", license="Apache-2.0 AND BSD-3-Clause", read=read
)
