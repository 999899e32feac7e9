"""Find out what names mean: an entry of the catalog, a record of the same import, or something only named."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmreg.catalog.methods import method_names
from llmreg.catalog.names import normal
from llmreg.importers.record import Fault, FaultKind, Kind, Link, Place, Record
from llmreg.importers.words import slug
from llmreg.schema import RELATION_ENDS, Asset, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmreg.catalog import Catalog
    from llmreg.importers.standing import Standing

    Key = tuple[str, str]
    """A kind and a name in normal form."""


def known_names(catalog: Catalog, without: str) -> tuple[dict[Key, str], dict[Key, str]]:
    """Map the names and the Hub ids that the catalog's own entries write down to their ids.

    What importers wrote is left out, `without` being the prefix of the ids of the one at work, and so is a name or a
    Hub id that two entries of a kind share. A file's Hub id is that of the model it makes.
    """
    names: defaultdict[Key, set[str]] = defaultdict(set)
    hubs: defaultdict[Key, set[str]] = defaultdict(set)
    for entry_id in catalog.ids(Asset):
        if entry_id.startswith(without):
            continue
        entry = catalog.get_as(Asset, entry_id)
        if entry.imported:
            continue
        for name in (entry.id, entry.name, *entry.aliases):
            names[entry.kind, normal(name)].add(entry.id)
        if not (isinstance(entry, Model) and entry.file_of):
            for hub_id in entry.hub:
                hubs[entry.kind, normal(hub_id)].add(entry.id)
    return _single(names), _single(hubs)


def _single(index: dict[Key, set[str]]) -> dict[Key, str]:
    return {key: next(iter(ids)) for key, ids in index.items() if len(ids) == 1}


@dataclass
class Stub:
    """Something that rows name and no row is about."""

    id: str
    kind: Kind
    name: str
    place: Place
    """The first row that names it."""
    hub: str | None = None
    aliases: list[str] = field(default_factory=list)


class Names:
    """The ids of one import's records, and what the names in them mean."""

    def __init__(
        self, catalog: Catalog, importer: str, records: Sequence[Record], standing: Iterable[Standing] = ()
    ) -> None:
        """Give each record its id, and the entries of the catalog it is about."""
        self.prefix = f"{importer}."
        self.records = records
        self.faults: list[Fault] = []
        self.stubs: dict[str, Stub] = {}
        self.methods = method_names(catalog)
        """Names of ways to train, folded."""
        self._catalog_names, self._catalog_hubs = known_names(catalog, self.prefix)
        self._taken: dict[str, tuple[Kind, str]] = {one.id: (one.kind, normal(one.name)) for one in standing}
        self._standing: dict[Key, str] = {one: each for each, one in self._taken.items()}
        self._own_names: defaultdict[Key, list[int]] = defaultdict(list)
        self._own_hubs: dict[Key, int] = {}
        self._stub_names: dict[Key, Stub] = {}
        self._stub_hubs: dict[Key, Stub] = {}
        self._bearers = Counter(
            key
            for record in records
            for key in (
                *{("alias", record.kind, normal(alias)) for alias in record.aliases},
                ("hub", record.kind, normal(record.hub or "")),
            )
        )
        self.ids = [self._new_id(record.kind, record.key or record.name, record.place) for record in records]
        self.same_as = [self._about(record) for record in records]
        self._index()

    def _index(self) -> None:
        for number, record in enumerate(self.records):
            self._own_names[record.kind, normal(record.name)].append(number)
        for number, record in enumerate(self.records):
            for alias in self._aliases(record):
                if number not in self._own_names[key := (record.kind, normal(alias))]:
                    self._own_names[key].append(number)
            if hub := self._hub(record):
                self._own_hubs[record.kind, normal(hub)] = number

    def _aliases(self, record: Record) -> list[str]:
        """Give the aliases that no two records share: an alias that several have names a collection, none of them."""
        return [alias for alias in record.aliases if self._bearers["alias", record.kind, normal(alias)] == 1]

    def _hub(self, record: Record) -> str | None:
        """Give the Hub id, unless several records share it."""
        alone = record.hub and self._bearers["hub", record.kind, normal(record.hub)] == 1
        return record.hub if alone else None

    def _new_id(self, kind: Kind, name: str, place: Place) -> str:
        """Take the next free id for a name, and report where two records share it."""
        plain = entry_id = self.prefix + slug(name)
        if entry_id in self._taken and self._taken[entry_id][0] != kind:
            plain = entry_id = f"{plain}-{kind}"
        number = 1
        while entry_id in self._taken:
            number += 1
            entry_id = f"{plain}-{number}"
        if number > 1:
            same = self._taken[plain][1] == normal(name)
            self._fault(place, "duplicate-name" if same else "like-name", f"{name!r} becomes {entry_id}")
        self._taken[entry_id] = (kind, normal(name))
        return entry_id

    def _about(self, record: Record) -> tuple[str, ...]:
        """Give the entries of the catalog that a record is about; none where its name and its Hub id disagree."""
        names = (record.name, *self._aliases(record))
        by_name = [found for name in names if (found := self._catalog_names.get((record.kind, normal(name))))]
        by_hub = self._catalog_hubs.get((record.kind, normal(self._hub(record) or "")))
        if by_name and by_hub and by_hub not in by_name:
            self._fault(
                record.place, "name-and-hub-differ", f"{record.name!r} is {by_name[0]}, but {record.hub} is {by_hub}"
            )
            return ()
        hub_names = {normal(str(record.hub)), normal(str(record.hub).rpartition("/")[2])}
        if by_hub and not by_name and normal(record.name) not in hub_names:
            self._fault(record.place, "hub-alone", f"{record.name!r} is {by_hub} by {record.hub} alone")
        return tuple(dict.fromkeys([*by_name, *([by_hub] if by_hub else [])]))

    def reading(self, link: Link) -> Link:
        """Choose among a link and what it means otherwise the first whose parent is known."""
        return next((one for one in (link, *link.otherwise) if self._knows(one)), link)

    def _knows(self, link: Link) -> bool:
        kinds = kinds_of_parent(link)
        by_name = [(kind, normal(link.name or "")) for kind in kinds]
        by_hub = [(kind, normal(link.hub or "")) for kind in kinds]
        known = (self._catalog_names, self._own_names, self._standing)
        return any(key in names for key in by_name for names in known) or any(
            key in self._catalog_hubs or key in self._own_hubs for key in by_hub
        )

    def parent(self, child: int, link: Link) -> tuple[str, int | None]:
        """Give the id that a link leads to, and which record of this import that is about, if any."""
        kinds = kinds_of_parent(link)
        by_name = self._named(link, kinds, self.records[child].place)
        by_hub = self._on_hub(link, kinds)
        if by_name and link.hub and by_name[1] is not None and (hub := self.records[by_name[1]].hub):
            # a record with a Hub id is known by that, and one of the same name and another Hub id is another thing
            by_name = by_name if normal(hub) == normal(link.hub) and not by_hub else None
        if by_name and by_hub and by_name != by_hub:
            detail = f"the parent {link.name!r} is {by_name[0]}, but {link.hub} is {by_hub[0]}"
            self._fault(self.records[child].place, "name-and-hub-differ", detail)
        return by_name or by_hub or (self._stub(link, kinds[0], self.records[child].place).id, None)

    def _named(self, link: Link, kinds: Iterable[Kind], place: Place) -> tuple[str, int | None] | None:
        for key in ((kind, normal(link.name or "")) for kind in kinds):
            own = self._nearest(self._own_names.get(key, []), link, place)
            if key in self._catalog_names:
                return self._catalog_names[key], own[0] if own else None
            if len(own) > 1:
                ids = ", ".join(self.ids[number] for number in own)
                self._fault(place, "ambiguous-name", f"the parent {link.name!r} may be {ids}")
            if own:
                return self._own(own[0])
            if key in self._standing:
                return self._standing[key], None
        return None

    def _nearest(self, numbers: list[int], link: Link, place: Place) -> list[int]:
        """Choose among records of one name those of the link's Hub id, else those of the row's own file."""
        records = [(number, self.records[number]) for number in numbers]
        same = [number for number, one in records if link.hub and one.hub and normal(one.hub) == normal(link.hub)]
        return same or [number for number, one in records if one.place.path == place.path] or numbers

    def _on_hub(self, link: Link, kinds: Iterable[Kind]) -> tuple[str, int | None] | None:
        for key in ((kind, normal(link.hub or "")) for kind in kinds):
            number = self._own_hubs.get(key)
            if key in self._catalog_hubs:
                return self._catalog_hubs[key], number
            if number is not None:
                return self._own(number)
        return None

    def _own(self, number: int) -> tuple[str, int | None]:
        return (*self.same_as[number], self.ids[number])[0], number

    def _stub(self, link: Link, kind: Kind, place: Place) -> Stub:
        """Give the stub of a name, made when the name is first met; a Hub id written beside it is one more name."""
        name, hub = (kind, normal(link.words)), (kind, normal(link.hub or ""))
        stub = self._stub_names.get(name) or (self._stub_hubs.get(hub) if link.hub else None)
        if not stub:
            stub = Stub(self._new_id(kind, link.words, place), kind, link.words, place)
            self.stubs[stub.id] = stub
        if link.hub and not stub.hub:
            stub.hub = link.hub
        if stub.hub and link.hub and normal(stub.hub) != normal(link.hub):
            detail = f"the parent {link.name!r} is {link.hub} here and {stub.hub} in {stub.place}"
            self._fault(place, "name-and-hub-differ", detail)
        elif link.hub:
            self._stub_hubs[hub] = stub
        if link.words not in (stub.name, *stub.aliases):
            stub.aliases.append(link.words)
        self._stub_names[name] = stub
        return stub

    def _fault(self, place: Place, kind: FaultKind, detail: str) -> None:
        self.faults.append(Fault(place, kind, detail))


_USUAL: tuple[Kind, ...] = ("dataset", "model", "service", "software", "benchmark")


def kinds_of_parent(link: Link) -> tuple[Kind, ...]:
    """Give the kinds that a link's parent may have, the usual one first."""
    if link.kind:
        return (link.kind,)
    return tuple(kind for kind in _USUAL if kind in RELATION_ENDS[link.relation][1])
