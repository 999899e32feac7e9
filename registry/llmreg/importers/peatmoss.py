"""PeaTMOSS: which repositories use which models of the Hub under which licenses, and fifty cards read by hand."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from llmreg.importers.checkout import attempted, mapping
from llmreg.importers.record import Fault, Importer, Link, Place, Record, Skipped, Stated
from llmreg.importers.stages import read_as, stage_of_data
from llmreg.importers.words import count, github, hub_dataset, hub_model, hub_name, texts, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item
    from llmreg.schema.base import Stage

_USES, _FOUND, _CARDS = "mapping.csv", "all_gh_licenses.json", "groundTruth.json"
_FILES = (_USES, _FOUND, _CARDS)
_FROM_CARDS = "the datasets of the card, whose stage it does not tell;"


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
    broken: list[Skipped] = []
    for line, cells in checkout.cells(files[_USES], broken) if _USES in files else ():
        place = Place(table, f"line {line}")
        if not cells:
            continue
        if len(cells) != 4:
            yield Skipped(place, "wrong-shape", f"{len(cells)} cells, where a row has 4")
        elif not (words(cells[0]) and words(cells[1])):
            yield Skipped(place, "no-name")
        else:
            app, model, _, license_ = map(words, cells)
            models[model].add(place, license_)
            apps[app].add(place, model)
    yield from broken
    yield from attempted(Place(_CARDS), _models(checkout, files.get(_CARDS), table, models))
    yield from attempted(Place(_FOUND), _apps(checkout, files.get(_FOUND), table, apps))


def _models(checkout: Checkout, path: Path | None, table: str, models: dict[str, _Used]) -> Iterator[Item]:
    """Give the models; where the cards do not read, none of them comes in, since any may have a base there."""
    cards = mapping(checkout.json(path) if path else {}, str(path))
    for name, card in cards.items():
        place = Place(checkout.name(path) if path else _CARDS, name)
        yield from attempted(place, _with_card(place, name, models.pop(name, _Used()), card))
    for name, used in models.items():
        yield _model(Place(table, f"model {name}"), name, used)


def _with_card(place: Place, name: str, used: _Used, card: Any) -> Iterator[Item]:
    yield _model(place, name, used, mapping(card, str(place)))


def _apps(checkout: Checkout, path: Path | None, table: str, apps: dict[str, _Used]) -> Iterator[Item]:
    """Give the repositories; where the licenses found in them do not read, none of them comes in."""
    found = mapping(checkout.json(path) if path else {}, str(path))
    for name, used in apps.items():
        yield _app(Place(table, f"repository {name}"), name, used, found)


def _model(place: Place, name: str, used: _Used, card: dict[str, Any] | None = None) -> Record:
    """Give a model with what its card says, where that was read, and the licenses in the table of uses."""
    read_card = card or {}
    bases = texts(read_card.get("upstream_model"))
    stage = stage_of_data(name, has_base=bool(bases))
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
        links=(*map(_base, bases), *(_data(text, stage) for text in texts(read_card.get("datasets")))),
        notes=tuple(_notes(read_card)),
    )


def _base(text: str) -> Link:
    """Give the upstream model, by its Hub id where that is what stands there."""
    hub = hub_model(text) or hub_name(text.replace(" / ", "/"))
    return Link("finetune", None if hub else text, hub, how="the card names it as upstream, and no more")


def _data(text: str, stage: Stage) -> Link:
    hub = hub_dataset(text) or hub_name(text)
    return Link("trained-on", None if hub else text, hub, stage=stage, how=f"{_FROM_CARDS} {read_as(stage)}")


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
