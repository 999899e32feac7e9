"""The Hub: model cards as JSON lines, as a folder of cards, or live, streamed into an index row by row.

cards --row()--> id, kind, fields --Writer--> index; names are looked up in the catalog by Hub id alone
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from llmreg.catalog.index import Writer
from llmreg.catalog.references import reference
from llmreg.importers.checkout import Checkout, checked_commit
from llmreg.importers.hub_cards import LIVE, Card, cards
from llmreg.importers.hub_kinds import kind_of_card, own_id, peft_of, source_datasets
from llmreg.importers.hub_license import HubLicenses, renamed
from llmreg.importers.hub_report import HubReport
from llmreg.importers.hub_stated import RELATIONS, Named, fields, is_blank, shown, stated, tagged
from llmreg.importers.modality import modality
from llmreg.importers.record import Fault, Skipped
from llmreg.importers.stages import read_as, stage_of_data
from llmreg.importers.words import partial_date
from llmreg.schema import Dataset, Model
from llmreg.schema.ids import hub_entry_id, hub_id_of, is_hub_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date

    from llmreg.catalog import Catalog
    from llmreg.hub.network import Say
    from llmreg.importers.hub_stated import Kind
    from llmreg.importers.record import FaultKind

    Row = tuple[str, str, dict[str, Any]]
    """Id, kind and fields of an entry."""

_ADAPTERS = {"adapter-transformers", "adapters", "peft"}
"""Libraries whose models are adapters, of a base that has to be there."""
_BASES = {
    *(f"{which}model{what}" for which in ("base", "original", "parent", "source", "upstream")
      for what in ("", "s", "id", "name", "nameorpath", "names", "path", "repo", "url")),
    *(f"{how}from{what}" for how in ("adapted", "derived", "finetuned", "initialized", "merged", "quantized")
      for what in ("", "model", "models")),
    "mergedmodels",
}  # fmt: skip
_DATA = {
    f"{which}{what}" for which in ("", "finetune", "finetuning", "pretraining", "train", "training")
    for what in ("data", "dataset", "datasetname", "datasetnames", "datasets", "dataseturl")
} - {"data"}  # fmt: skip
"""Names of fields, folded; the Hub itself reads `base_model` and `datasets` alone."""
_BY_THE_HUB = "baseModels"
"""The field of the Hub's own answer that names bases, each with its relation."""
_FACTS = ("arxiv:", "base_model:", "dataset:", "doi:", "license:", "region:")
"""What tags begin with that state something of their own."""
_FILES = (".json", ".jsonl", ".md", ".safetensors")
"""Endings that mean a file, also where it is missing, and no repository."""
entry_id = hub_entry_id


def import_hub(
    path: Path | Sequence[str],
    into: Path,
    catalog: Catalog,
    *,
    seen: date,
    commit: str | None = None,
    dry_run: bool = False,
    say: Say = lambda _: None,
) -> HubReport:
    """Bring cards into an index, each of what is given in one transaction; what was there stays until it is read.

    `path` is a file of JSON lines or one JSON document, a folder of cards (`owner/name/README.md`) or of one model, a
    file of weights, a cache of the Hub, or `live`; or several of these, and repositories such as `owner/name`, which
    are asked for with all that they were made from. A row that cannot come in is in the report with its reason. With
    `dry_run` the index stays as it was. Raises `LlmregError` where no row can be read, or the file ends inside one, and
    `UsageError` for a path or a commit that is none.
    """
    report = HubReport(dry_run=dry_run)
    commit = checked_commit(commit)
    for each in [path] if isinstance(path, Path) else path:
        is_path = os.path.exists(each) or Path(each).suffix in _FILES
        wanted = None if is_path else reference(str(each))
        if wanted:
            from llmreg.importers.lookup import import_repository

            import_repository(wanted, into, catalog, report, seen=seen, say=say)
        else:
            _import_cards(Path(each), into, catalog, report, seen=seen, commit=commit)
    return report


def _import_cards(
    path: Path, into: Path, catalog: Catalog, report: HubReport, *, seen: date, commit: str | None
) -> None:
    """Stream the cards of one file, of one folder or of the whole Hub into an index."""
    reader = Reader(catalog, report)
    rows = cards(path)
    known = commit or (None if str(path) == LIVE else Checkout(path).commit())
    source = {"url": "https://huggingface.co/models", "read": "live" if str(path) == LIVE else "stored-copy"}
    source |= {"commit": known} if known else {}
    shared = {"source": "hub", "sources": {"hub": {**source, "seen": seen.isoformat(), "importer": "hub"}}}
    with tempfile.TemporaryDirectory() as elsewhere:
        new_and_dry = report.dry_run and not into.exists()
        writer = Writer(Path(elsewhere) / into.name if new_and_dry else into, shared)
        try:
            _write(rows, reader, writer)
            writer.finish(_named_only, keep=not report.dry_run)
        except BaseException:
            writer.abandon()
            raise
    report.written += writer.changed


def _write(rows: Iterable[Card | Skipped], reader: Reader, writer: Writer) -> None:
    seen: set[int] = set()
    for card in rows:
        reader.report.rows += 1
        if isinstance(card, Skipped):
            reader.report.leave_out(card)
            continue
        for number, row in enumerate(reader.entries(card)):
            if number == 0 and (name := hash(row[0])) in seen:
                reader.report.leave_out(Skipped(card.place, "same-row", f"{row[2]['hub']}: an earlier row has this id"))
                break
            if number == 0:
                seen.add(name)
            writer.put(*row)
    for each in reader.elsewhere:
        writer.elsewhere(each)


def _named_only(parent: str, kind: str) -> dict[str, Any]:
    """Give the fields of a repository that cards name and no row is about."""
    hub_id = hub_id_of(parent, kind)
    return {"name": hub_id, "hub": hub_id, "stub": True}


class _Parent(NamedTuple):
    """A base or data that a card names, and where in the card it stands."""

    named: Named
    field: str
    relation: str | None = None
    """The relation that is said with it."""


class _Row:
    """One card on its way to entries: what it says, and what is odd about it."""

    def __init__(self, hub_id: str, card: Mapping[str, Any], said: Mapping[Any, Any]) -> None:
        """Take the tags of the Hub and those of the author together."""
        self.hub_id, self.card, self.said = hub_id, card, said
        self.tags = [*_tags(card.get("tags")), *_tags(said.get("tags"))]
        self.tags += [f"license:{each}" for each in _tags(card.get("license"))]
        self.odd: list[str] = []
        self.faults: list[tuple[FaultKind, str]] = []
        self.notes: list[str] = []
        self.unnamed: list[Row] = []
        self.names_itself = False
        self.own_id = entry_id(hub_id)
        """The id of its entry."""
        self.adapts = not _ADAPTERS.isdisjoint(
            map(str, (said.get("library_name"), card.get("library_name"), *self.tags))
        ) or bool(peft_of(card))

    def in_fields(self, names: Collection[str], usual: str, kind: Kind) -> Iterator[_Parent]:
        """Give what the card's fields name, and say where a field has another name than the Hub reads."""
        index = self.said.get("model-index") if kind == "model" else None
        for place in (self.said, self.card, *(_mappings(index) if index else ())):
            for key, value in fields(place, names):
                found = stated(value, kind) if key != _BY_THE_HUB or place is not self.card else []
                if found and (key != usual or place is not self.said):
                    self.odd.append(f"{key} is read as {usual}")
                yield from (_Parent(one, key) for one in found)

    def in_tags(self, begin: str, kind: Kind) -> Iterator[_Parent]:
        """Give what tags such as `base_model:adapter:owner/name` name."""
        yield from (_Parent(one, "tags", told) for one, told in tagged(self.tags, begin, kind))


class Reader:
    """Turns cards into entries' fields, each name and license looked up once."""

    def __init__(self, catalog: Catalog, report: HubReport) -> None:
        """Look names up in this catalog, and tell the report what is left out or odd."""
        self.report = report
        self.elsewhere: set[str] = set()
        """Ids of the catalog's own entries to which edges lead."""
        self._known = {"model": _by_hub_id(catalog, Model), "dataset": _by_hub_id(catalog, Dataset)}
        self._licenses = HubLicenses(catalog)

    def entries(self, card: Card) -> list[Row]:
        """Give the entry that a card describes and those of what it says and does not name; none where it stays out."""
        hub_id = card.local or card.value.get("id") or card.value.get("modelId")
        said = card.value.get("cardData") or card.value.get("card_data") or {}
        if not card.local and (not isinstance(hub_id, str) or not is_hub_id(hub_id)):
            why = f"{shown(hub_id)!r} is no id of a model on the Hub" if hub_id else "it has no id"
            self.report.leave_out(Skipped(card.place, "no-name", why))
            return []
        if not isinstance(said, Mapping):
            self.report.leave_out(Skipped(card.place, "wrong-shape", f"{hub_id}: its metadata is no mapping of fields"))
            return []
        kind = card.kind or kind_of_card(card.value, said)
        row = _Row(str(hub_id), card.value, said)
        row.own_id = own_id(card, row.hub_id, kind)
        body = self._body(row) if kind == "model" else self._dataset(row)
        if card.local:
            body = {key: value for key, value in body.items() if key not in ("hub", "same_as")}
        entries = [(row.own_id, kind, body), *row.unnamed]
        self._blame(card, row)
        return entries

    def _body(self, row: _Row) -> dict[str, Any]:
        bases = self._bases(row)
        edges = [*bases, *self._data(row, has_base=bool(bases) or row.names_itself)]
        body: dict[str, Any] = {"name": row.hub_id, "hub": row.hub_id}
        created = row.card.get("createdAt") or row.card.get("created_at")
        if released := partial_date(created):
            body["released"] = released
        elif created:
            row.odd.append(f"createdAt: {shown(created)!r} is no date")
        row.odd += renamed(row.said)
        claims = self._licenses.claims(row.hub_id, row.said, row.tags)
        if claims:
            component = "adapter" if any(edge["relation"] == "adapter" for edge in edges) else "weights"
            body["licenses"] = {component: claims if len(claims) > 1 else claims[0]}
        if len(claims) > 1:
            row.faults.append(("tags-differ", "its tags state another license"))
        if kinds := _modality(row):
            body["modality"] = kinds
        if edges:
            body["made_from"] = edges
        if row.notes:
            body["notes"] = row.notes
        if about := self._known["model"].get(row.hub_id.casefold()):
            body["same_as"] = [about]
            self.elsewhere.add(about)
        return body

    def _blame(self, card: Card, row: _Row) -> None:
        """Report what is wrong with a row that comes in, once for each kind of fault."""
        if card.twice:
            row.faults.append(("key-twice", ", ".join(map(shown, dict.fromkeys(card.twice)))))
        if row.odd:
            row.faults.append(("odd-value", "; ".join(dict.fromkeys(row.odd))))
        for kind, detail in row.faults:
            self.report.blame(Fault(card.place, kind, f"{row.hub_id}: {detail}"))

    def _bases(self, row: _Row) -> list[dict[str, Any]]:
        """Give the edges to base models: the relation is the card's, else the Hub's own tag, else what is usual."""
        found = [*row.in_fields(_BASES, "base_model", "model")]
        bases = _united(row, found, [*_of_the_hub(row.card), *row.in_tags("base_model:", "model")])
        bases = _united(row, bases, _configured(row, bases))
        relation = _relation(row)
        told = row.said.get("base_model_relation")
        if not bases and (row.adapts or not is_blank(told)):
            what = "it is an adapter" if row.adapts else f"base_model_relation is {shown(told)}"
            bases = [_Parent(Named(f"{what}, and its card names no base", None), "base_model")]
        usual = "adapter" if row.adapts else "merge" if len(bases) > 1 else "finetune"
        edges = []
        for number, base in enumerate(bases, 1):
            if (base.named.hub_id or "").casefold() == row.hub_id.casefold():
                row.names_itself = True
                row.faults.append(("self-loop", f"{base.field} names the model itself"))
                row.notes.append(f"{base.field} names the model itself: no edge, because nothing is made from itself")
            else:
                edges.append(self._edge(row, relation or base.relation or usual, base, "model", number))
        return edges

    def _data(self, row: _Row, *, has_base: bool) -> list[dict[str, Any]]:
        found = [*row.in_fields(_DATA, "datasets", "dataset")]
        data = _united(row, found, [*row.in_tags("dataset:", "dataset")])
        if not data:
            return []
        told = (tag for tag in row.tags if not tag.startswith(_FACTS))
        stage = stage_of_data(row.hub_id, *told, has_base=has_base)
        read = f"the Hub names no stage; {read_as(stage)}"
        edges = [self._edge(row, "trained-on", one, "dataset", number) for number, one in enumerate(data, 1)]
        return [{**edge, "stage": stage, "how": "; ".join(filter(None, [read, edge.get("how")]))} for edge in edges]

    def _dataset(self, row: _Row) -> dict[str, Any]:
        """Return the fields of a dataset: what its card says of its license and of the datasets that it is from."""
        body: dict[str, Any] = {"name": row.hub_id, "hub": row.hub_id}
        if released := partial_date(row.card.get("createdAt") or row.card.get("created_at")):
            body["released"] = released
        if claims := self._licenses.claims(row.hub_id, row.said, row.tags):
            body["licenses"] = {"data": claims if len(claims) > 1 else claims[0]}
        sources = [_Parent(one, "source_datasets") for one in source_datasets(row.said)]
        if edges := [self._edge(row, "derived-from", one, "dataset", at) for at, one in enumerate(sources, 1)]:
            body["made_from"] = edges
        if row.notes:
            body["notes"] = row.notes
        if about := self._known["dataset"].get(row.hub_id.casefold()):
            body["same_as"] = [about]
            self.elsewhere.add(about)
        return body

    def _edge(self, row: _Row, relation: str, parent: _Parent, kind: Kind, number: int) -> dict[str, Any]:
        """Give the edge to what is named, which is an entry of the index or the catalog, or one that has no name."""
        self.report.edges[relation] += 1
        words, hub_id, how = parent.named
        if hub_id and (known := self._known[kind].get(hub_id.casefold())):
            of = known
            self.elsewhere.add(known)
        elif hub_id:
            of = entry_id(hub_id, kind)
        else:
            of, how = self._unnamed(row, parent, kind, number), f"written as: {words}"
        return {"relation": relation, "of": of, "source": "hub", **({"how": how} if how else {})}

    def _unnamed(self, row: _Row, parent: _Parent, kind: Kind, number: int) -> str:
        """Make an entry for words that name nothing on the Hub, so that nothing is known of what they mean."""
        words = parent.named.words or "(nothing that can be read)"
        of = f"{row.own_id}+{'base' if kind == 'model' else 'data'}-{number}"
        said = f"{parent.field} says {words!r}, which names no {kind} of the Hub"
        row.odd.append(said)
        row.notes.append(said)
        row.unnamed.append(
            (of, kind, {"name": words, "stub": True, "notes": [f"named so in the card of {row.hub_id}"]})
        )
        return of


def _tags(value: Any) -> list[str]:
    """Give the tags of a list, or of a text with commas; `base_model: owner/name` without quotes is a mapping."""
    tags = [*value.split(",")] if isinstance(value, str) else _listed(value) if value else []
    pairs = (f"{key}:{item}" for tag in _mappings(tags) for key, item in tag.items() if isinstance(item, str))
    return [*(tag.strip() for tag in tags if isinstance(tag, str)), *pairs]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _mappings(value: Any) -> list[Mapping[Any, Any]]:
    return [one for one in _listed(value) if isinstance(one, Mapping)]


def _of_the_hub(card: Mapping[str, Any]) -> Iterator[_Parent]:
    """Give the bases that the Hub's own answer about a model names."""
    value, config = card.get(_BY_THE_HUB), card.get("config")
    if value and isinstance(value, Mapping):
        told = RELATIONS.get(str(value.get("relation")))
        yield from (_Parent(one, _BY_THE_HUB, told) for one in stated(value.get("models"), "model"))
    elif not is_blank(value):
        yield from (_Parent(one, _BY_THE_HUB) for one in stated(value, "model"))
    if config and isinstance(config, Mapping) and isinstance(held := config.get("adapter_transformers"), Mapping):
        yield from (
            _Parent(one, "config.adapter_transformers", "adapter") for one in stated(held.get("model_name"), "model")
        )


def _configured(row: _Row, bases: list[_Parent]) -> list[_Parent]:
    """Return the base that an adapter's configuration names; one on its maker's disk counts where no other is named."""
    named = stated(peft_of(row.card).get("base_model_name_or_path"), "model")
    return [_Parent(one, "adapter_config.json", "adapter") for one in named if one.hub_id or not bases]


def _united(row: _Row, found: list[_Parent], tagged: list[_Parent]) -> list[_Parent]:
    """Give what fields and tags name together, each thing once, with the relation that any of them tells."""
    if len(found) + len(tagged) < 2:
        return found or tagged
    united: dict[str, _Parent] = {}
    for parent in (*found, *tagged):
        key = parent.named.hub_id.casefold() if parent.named.hub_id else f" {parent.named.words}"
        before = united.get(key)
        united[key] = before._replace(relation=before.relation or parent.relation) if before else parent
    more = [parent for parent in united.values() if parent not in found and parent in tagged]
    if found and more:
        row.faults.append(("tags-differ", f"{more[0].field} name {', '.join(one.named.words for one in more)} too"))
    return [*united.values()]


def _relation(row: _Row) -> str | None:
    """Give the relation that the card states for all its bases."""
    value = row.said.get("base_model_relation")
    told = RELATIONS.get(value.strip().casefold()) if isinstance(value, str) else None
    if not told and not is_blank(value):
        row.odd.append(f"base_model_relation: {shown(value)!r} is none of {', '.join(sorted(set(RELATIONS.values())))}")
    return told


def _modality(row: _Row) -> list[str]:
    card, said = row.card, row.said
    stated = (said.get("pipeline_tag"), said.get("task"), card.get("pipeline_tag"), card.get("task"))
    tasks = [task for value in stated if value for task in _listed(value)]
    config = card.get("config")
    kind = config.get("model_type") if isinstance(config, dict) else None
    return modality(tasks, row.tags, kind) if tasks or row.tags or kind else []


def _by_hub_id(catalog: Catalog, kind: type[Model | Dataset]) -> dict[str, str]:
    """Map the Hub ids of the catalog's own entries, former ones among their aliases too, to their ids."""
    entries = [catalog.get_as(kind, each) for each in catalog.file_ids(kind)]
    former = {alias.casefold(): entry.id for entry in entries for alias in entry.aliases if "/" in alias}
    return {**former, **{hub_id.casefold(): entry.id for entry in entries for hub_id in entry.hub}}
