"""Turn resolved records into the files of a catalog, each checked against its kind's schema."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmreg.importers.edges import Edges
from llmreg.importers.fitting import fitted
from llmreg.importers.licenses import Licenses
from llmreg.importers.names import Names, Stub
from llmreg.importers.record import Fault, Record, Skipped
from llmreg.schema import FOLDERS
from llmreg.schema.values import is_blank, showable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from llmreg.catalog import Catalog
    from llmreg.importers.record import Importer, Place
    from llmreg.importers.standing import Standing
    from llmreg.schema import Source

FOLDER_OF = {kind.kind: folder for folder, kind in FOLDERS.items()}
Fields = dict[str, Any]


class Entries:
    """What one import says, as entries: `files` maps `models/x.yaml` to its fields."""

    def __init__(self, catalog: Catalog, importer: Importer, name: str, commit: str | None, seen: date) -> None:
        """Remember where the facts come from."""
        self._catalog, self._importer, self._name = catalog, importer, name
        self._commit, self._seen = commit, seen
        self.files: dict[str, Fields] = {}
        self.skipped: list[Skipped] = []
        self.faults: list[Fault] = []
        self.rows_in = 0

    def add(self, records: Iterable[Record], standing: Iterable[Standing] = ()) -> Edges:
        """Make the entries of all records, and the stubs they need; leave out repeats and what no schema takes.

        Edges may lead to what is `standing` from an earlier import, whose ids nothing else gets.
        """
        records = [fit for record in self._once(records) for fit in self._fitted(record)]
        self.rows_in = len({place for record in records for place in record.places})
        names = Names(self._catalog, self._name, records, standing)
        edges = Edges(names)
        licenses = Licenses(self._catalog)
        for number, record in enumerate(records):
            fields = self._of_record(record)
            fields["same_as"] = list(names.same_as[number])
            fields["licenses"] = licenses.claims(record.licenses, self._name)
            fields["made_from"] = edges.written(number, self._name)
            fields["notes"] = [*record.notes, *edges.notes[number]]
            self._write(record.kind, names.ids[number], fields, record.place, record.url, edges.evidence(number))
        for stub in self._needed(names, edges):
            name = stub.id if is_blank(showable(stub.name)) else stub.name
            fields = {"name": name, "aliases": stub.aliases, "hub": stub.hub, "stub": True}
            self._write(stub.kind, stub.id, fields, stub.place, None)
        return edges

    def _once(self, records: Iterable[Record]) -> Iterator[Record]:
        """Leave out a record that says word for word what an earlier one says."""
        said: defaultdict[str, list[Record]] = defaultdict(list)
        for record in records:
            earlier = next((one for one in said[record.name] if replace(one, place=record.place) == record), None)
            if earlier and earlier.place != record.place:
                self.skipped.append(Skipped(record.place, "same-row", f"{record.name}: as in {earlier.place}"))
            elif not earlier:
                said[record.name].append(record)
                yield record

    def _fitted(self, record: Record) -> Iterator[Record]:
        """Give the record as the schema takes it by itself; keep the faults, and the reason for one that stays out."""
        for item in fitted(record, self._check):
            if isinstance(item, Record):
                yield item
            elif isinstance(item, Skipped):
                self.skipped.append(item)
            else:
                self.faults.append(item)

    def _check(self, record: Record) -> None:
        kind = FOLDERS[FOLDER_OF[record.kind]]
        kind(**_clean({**self._of_record(record), "id": "x", **self._sources(record.place, record.url)}))

    def _of_record(self, record: Record) -> Fields:
        """Give the fields that need no other record."""
        return {
            "name": record.name,
            "description": record.description,
            "aliases": [alias for alias in dict.fromkeys(record.aliases) if alias != record.name],
            "developers": list(record.developers),
            "released": record.released,
            "hub": record.hub,
            "repository": record.repository,
            "homepage": record.homepage,
            **record.fields,
            "unknown": list(record.unknown),
        }

    def _sources(self, place: Place, url: str | None) -> Fields:
        source = {
            "url": url,
            "repository": self._importer.repository,
            "commit": self._commit,
            "path": place.path,
            "locator": place.locator,
            "read": "secondary",
            "seen": self._seen.isoformat(),
            "importer": self._name,
            "license": self._importer.license,
            "attribution": self._importer.attribution,
        }
        return {"source": self._name, "sources": {self._name: source}}

    def _write(
        self,
        kind: str,
        entry_id: str,
        fields: Fields,
        place: Place,
        url: str | None,
        evidence: Mapping[str, Source] | None = None,
    ) -> None:
        sources = self._sources(place, url)
        sources["sources"] |= {key: self._named_there(one) for key, one in (evidence or {}).items()}
        entry = _clean({**fields, **sources})
        FOLDERS[FOLDER_OF[kind]](**entry, id=entry_id)
        self.files[f"{FOLDER_OF[kind]}/{entry_id}.yaml"] = entry

    def _named_there(self, source: Source) -> Fields:
        """Give a source that the tracker names: what it says is known from the tracker alone."""
        then = f"named by {self._name}, for which it was read {source.seen}, {source.read}"
        note = f"{source.note}; {then}" if source.note else then
        return {**source.model_dump(mode="json"), "read": "secondary", "note": note}

    def _needed(self, names: Names, edges: Edges) -> Iterator[Stub]:
        """Give the stubs to which an edge leads."""
        wanted = {edge.of for child in edges.of.values() for edge in child}
        return (stub for stub in names.stubs.values() if stub.id in wanted)


def _clean(value: Any) -> Any:
    """Leave out what is empty, and write text with marks in place of signs that cannot be shown."""
    if isinstance(value, dict):
        cleaned = {key: _clean(item) for key, item in value.items()}
        return {key: item for key, item in cleaned.items() if item not in (None, "", [], {}, False)}
    if isinstance(value, list | tuple):
        return [item for item in map(_clean, value) if item != ""]
    if not isinstance(value, str):
        return value
    return "" if is_blank(text := showable(value)) else text
