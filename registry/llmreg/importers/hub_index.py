"""The Hub: model cards as JSON lines, as a folder of cards, or live, streamed into an index row by row.

cards --row()--> id, kind, fields --Writer--> index; names are looked up in the catalog by Hub id alone
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from llmreg.catalog.index import Writer
from llmreg.errors import CatalogError, LlmregError, UsageError
from llmreg.importers.checkout import Checkout
from llmreg.importers.licenses import Licenses
from llmreg.schema import Dataset, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from llmreg.catalog import Catalog

LIVE = "live"
"""The path that stands for the Hub itself."""
_HUB_ID = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", re.ASCII)
_RELATIONS = ("finetune", "adapter", "merge", "quantized")
_UNSTATED_STAGE = "the Hub names the dataset and no stage"


@dataclass
class HubReport:
    """What an import from the Hub found and did."""

    rows: int = 0
    written: int = 0
    """Entries that are new or that changed."""
    edges: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    """Rows left out, by reason."""
    faults: Counter[str] = field(default_factory=Counter)
    """What was wrong with rows that came in, by kind."""

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {"importer": "hub", **asdict(self)}

    def lines(self) -> Iterator[str]:
        """Give the report in words."""
        yield f"{self.rows:,} rows, {self.rows - self.skipped.total():,} in, {self.written:,} new or changed"
        for title, counts in (("edges", self.edges), ("left out", self.skipped), ("faults", self.faults)):
            if counts:
                yield f"{title}: {', '.join(f'{name} {count:,}' for name, count in sorted(counts.items()))}"


def import_hub(path: Path, into: Path, catalog: Catalog, *, seen: date) -> HubReport:
    """Stream model cards into an index, in one transaction; what was there stays until the last row is read.

    `path` is a file of JSON lines, a folder of cards (`owner/name/README.md`), or `live`. Raises `LlmregError` where
    a file cannot be read, with the line.
    """
    report = HubReport()
    reader = _Reader(catalog, report)
    source = {"url": "https://huggingface.co/models", "read": "live" if str(path) == LIVE else "stored-copy"}
    shared = {"source": "hub", "sources": {"hub": {**source, "seen": seen.isoformat(), "importer": "hub"}}}
    seen_ids: set[int] = set()
    cards = _live() if str(path) == LIVE else _folder(path) if path.is_dir() else _lines(path)
    writer = Writer(into, shared)
    try:
        for card in cards:
            report.rows += 1
            row = reader.row(card)
            if row and (name := hash(row[0])) not in seen_ids:
                seen_ids.add(name)
                writer.put(*row)
            elif row:
                report.skipped["same-row"] += 1
        for entry_id in reader.elsewhere:
            writer.elsewhere(entry_id)
        writer.finish()
    except BaseException:
        writer.abandon()
        raise
    report.written = writer.changed
    return report


def entry_id(hub_id: str, kind: str = "model") -> str:
    """Give the id under which a repository of the Hub is an entry; the Hub allows no `--` in names."""
    return f"hub.{'datasets--' if kind == 'dataset' else ''}{hub_id.replace('/', '--')}"


class _Reader:
    """Turns cards into entries' fields, each name and license looked up once."""

    def __init__(self, catalog: Catalog, report: HubReport) -> None:
        self.report = report
        self.elsewhere: set[str] = set()
        """Ids of the catalog's own entries to which edges lead."""
        self._models = _by_hub_id(catalog, Model)
        self._datasets = _by_hub_id(catalog, Dataset)
        self._licenses = Licenses(catalog)
        self._claims: dict[tuple[str, str], dict[str, str] | None] = {}

    def row(self, card: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]] | None:
        """Give id, kind and fields of the entry that a card describes, or None where it is left out."""
        hub_id = card.get("id") or card.get("modelId")
        if not isinstance(hub_id, str) or not _HUB_ID.fullmatch(hub_id):
            self.report.skipped["no-name"] += 1
            return None
        said = card.get("cardData") or card.get("card_data") or {}
        if not isinstance(said, Mapping):
            self.report.skipped["wrong-shape"] += 1
            return None
        tags = [tag for tag in card.get("tags") or () if isinstance(tag, str)]
        edges = [*self._bases(hub_id, said, tags), *self._data(said, tags)]
        body: dict[str, Any] = {"name": hub_id, "hub": hub_id}
        if isinstance(created := card.get("createdAt") or card.get("created_at"), str) and len(created) >= 10:
            body["released"] = created[:10]
        claim = self._claim(said, tags)
        if claim:
            component = "adapter" if any(edge["relation"] == "adapter" for edge in edges) else "weights"
            body["licenses"] = {component: claim}
        if edges:
            body["made_from"] = edges
        if hub_id.casefold() in self._models:
            body["same_as"] = [self._models[hub_id.casefold()]]
            self.elsewhere.update(body["same_as"])
        return entry_id(hub_id), "model", body

    def _bases(self, hub_id: str, said: Mapping[str, Any], tags: list[str]) -> Iterator[dict[str, Any]]:
        """Give the edges to base models: the relation is the card's, else the Hub's own tag, else what is usual."""
        tagged = dict(_tagged_bases(tags))
        bases = _texts(said.get("base_model")) or list(tagged)
        usual = "adapter" if "peft" in (said.get("library_name"), *tags) else "merge" if len(bases) > 1 else "finetune"
        stated = said.get("base_model_relation")
        for base in dict.fromkeys(bases):
            relation = stated if stated in _RELATIONS else tagged.get(base) or usual
            if base == hub_id:
                self.report.faults["self-loop"] += 1
            elif not _HUB_ID.fullmatch(base):
                self.report.faults["odd-value"] += 1
            else:
                yield self._edge(relation, self._parent(base, "model"))

    def _data(self, said: Mapping[str, Any], tags: list[str]) -> Iterator[dict[str, Any]]:
        named = _texts(said.get("datasets")) or [
            tag.removeprefix("dataset:") for tag in tags if tag.startswith("dataset:")
        ]
        for name in dict.fromkeys(named):
            if _HUB_ID.fullmatch(name):
                edge = self._edge("trained-on", self._parent(name, "dataset"))
                yield {**edge, "stage": "sft", "how": _UNSTATED_STAGE}
            else:
                self.report.faults["odd-value"] += 1

    def _edge(self, relation: str, parent: str) -> dict[str, Any]:
        self.report.edges[relation] += 1
        return {"relation": relation, "of": parent, "source": "hub"}

    def _parent(self, hub_id: str, kind: str) -> str:
        known = (self._models if kind == "model" else self._datasets).get(hub_id.casefold())
        if known:
            self.elsewhere.add(known)
            return known
        return entry_id(hub_id, kind)

    def _claim(self, said: Mapping[str, Any], tags: list[str]) -> dict[str, str] | None:
        """Give the card's license; what the Hub calls `other` is known by its `license_name` or not at all."""
        words = _texts(said.get("license")) or [
            tag.removeprefix("license:") for tag in tags if tag.startswith("license:")
        ]
        name = said.get("license_name")
        key = (" AND ".join(words), name if isinstance(name, str) else "")
        if key not in self._claims:
            self._claims[key] = self._read_claim(words, key[1])
        return self._claims[key]

    def _read_claim(self, words: list[str], name: str) -> dict[str, str] | None:
        if not words:
            return None
        wanted = [f"hf-name:{name}" if word == "other" and name else f"hf:{word}" for word in words]
        ids = [
            self._licenses.id_of(full) or self._licenses.id_of(full.partition(":")[2]) or "custom" for full in wanted
        ]
        license_id = " AND ".join(dict.fromkeys(ids))
        written = " and ".join([*words, *([name] if name else [])])
        return {
            "id": license_id,
            "source": "hub",
            **({} if written == license_id else {"note": f"written as: {written}"}),
        }


def _tagged_bases(tags: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give the bases that the Hub itself has put into tags, with their relation."""
    for tag in tags:
        parts = tag.split(":")
        if len(parts) == 3 and parts[0] == "base_model" and parts[1] in _RELATIONS:
            yield parts[2], parts[1]


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text.strip() for text in values if isinstance(text, str) and text.strip()]


def _by_hub_id(catalog: Catalog, kind: type[Model | Dataset]) -> dict[str, str]:
    """Map the Hub ids of the catalog's own entries, former ones among their aliases too, to their ids."""
    entries = [catalog.get_as(kind, each) for each in catalog.file_ids(kind)]
    former = {alias.casefold(): entry.id for entry in entries for alias in entry.aliases if "/" in alias}
    return {**former, **{entry.hub.casefold(): entry.id for entry in entries if entry.hub}}


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    checkout = Checkout(path)
    for number, line in checkout.lines(checkout.path):
        try:
            card = json.loads(line)
        except ValueError:
            raise LlmregError(f"{path}:{number}: not a line of JSON; was the file cut off?") from None
        if not isinstance(card, dict):
            raise LlmregError(f"{path}:{number}: a card is a JSON object with `id` and `cardData`")
        yield card


def _folder(path: Path) -> Iterator[Mapping[str, Any]]:
    """Give the metadata at the head of each card of a folder, `owner/name/README.md` or `name/README.md`."""
    checkout = Checkout(path)
    for card in checkout.files("*/README.md", "*/*/README.md"):
        _, _, rest = checkout.text(card).partition("---\n")
        head, closed, _ = rest.partition("\n---")
        hub_id = checkout.name(card).removesuffix("/README.md")
        yield {"id": hub_id, "cardData": _metadata(head, card) if closed else {}}


def _metadata(head: str, card: Path) -> Any:
    """Read a card's metadata; what is not YAML as catalogs have it comes back as it is, and is left out as such."""
    from llmreg.catalog.yaml import parse

    try:
        return parse(head, card).value
    except CatalogError:
        return head


def _live() -> Iterator[Mapping[str, Any]]:
    """Ask the Hub itself, page by page; raise `LlmregError` where it cannot be reached."""
    try:
        from huggingface_hub import HfApi
    except ImportError:
        raise UsageError("reading the Hub itself needs huggingface_hub; `pip install huggingface_hub`") from None
    try:
        for found in HfApi().list_models(full=True, cardData=True):
            data: dict[str, Any] = vars(found.card_data) if found.card_data else {}
            created = found.created_at.isoformat() if found.created_at else None
            yield {"id": found.id, "cardData": data, "tags": found.tags or [], "createdAt": created}
    except Exception as error:  # the library lets through whatever its transport raises
        raise LlmregError(f"the Hub could not be read: {error}") from None
