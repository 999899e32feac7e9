"""A catalog: folders of YAML files laid over each other, each entry read when it is first asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from llmreg.catalog import cache
from llmreg.catalog.accounts import foremost
from llmreg.catalog.faults import words_for
from llmreg.catalog.index import SUFFIX, Index
from llmreg.catalog.names import normal
from llmreg.catalog.namesakes import family, qualified, what_it_is
from llmreg.catalog.nearest import nearest
from llmreg.catalog.references import Reference, ollama_aliases, reference
from llmreg.catalog.roots import layers
from llmreg.catalog.tiers import evidence_for
from llmreg.errors import CatalogError, Problem, UnknownIdError, UsageError, did_you_mean
from llmreg.files import real
from llmreg.schema import FOLDERS, Entry, Manifest
from llmreg.schema.base import missing_source
from llmreg.schema.ids import is_hub_id
from llmreg.schema.recipe import RECIPE_FORMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmreg.catalog.yaml import Document

MANIFEST = "catalog.yaml"
E = TypeVar("E", bound=Entry)
M = TypeVar("M")


class Catalog(Mapping[str, Entry]):
    """Entries by id. An id is unique over all kinds; a later folder's file lies over an earlier one's.

    A root may also be an index; its entries lie below those of all folders.
    """

    def __init__(self, *roots: Path) -> None:
        """Find the files below each root; the first root is the lowest layer."""
        self.roots = tuple(root for root in roots if root.suffix != SUFFIX)
        self.indexes = tuple(Index(root) for root in roots if root.suffix == SUFFIX)
        self._files: dict[str, tuple[str, Path]] = {}
        self._entries: dict[str, Entry] = {}
        self._part: tuple[str, ...] | None = None
        self.memo: dict[str, Any] = {}
        """What others worked out from the entries; forgotten when one is added."""
        problems: list[Problem] = []
        for root in self.roots:
            problems += self._scan(root)
        if problems:
            raise CatalogError(problems)

    def __getitem__(self, entry_id: str) -> Entry:
        """Read and check the entry, or give it from before; raise `UnknownIdError` or `CatalogError`."""
        if entry_id not in self._entries:
            if entry_id in self._files:
                folder, path = self._files[entry_id]
                self._entries[entry_id] = read_entry(path, FOLDERS[folder])
            else:
                self._entries[entry_id] = self._indexed(entry_id)
        return self._entries[entry_id]

    def _indexed(self, entry_id: str) -> Entry:
        found = [entry for index in self.indexes if (entry := index.get(entry_id))]
        if not found:
            raise self._unknown(entry_id, Entry)
        return next((entry for entry in found if not getattr(entry, "stub", False)), found[0])

    def _unknown(self, entry_id: str, *kinds: type[Entry]) -> UnknownIdError:
        """Return the error for an id that no entry of these kinds has, with what is near among them."""
        known = {each for kind in kinds for each in self.file_ids(kind)}
        is_a = f", which is {self.kind_of(entry_id).one()}" if entry_id in self else ""
        single = next((name for name, kind in FOLDERS.items() if kinds == (kind,)), None)
        remedy = f"; `llmreg list {single or 'models'}` lists what there is"
        if single in (None, "models", "datasets"):
            remedy += (
                ", `llmreg search WORDS` finds by words, and `llmreg import hub OWNER/NAME` takes in what the Hub has"
            )
        return UnknownIdError(entry_id, known, FOLDERS[single].kind if single else "entry", nearest, remedy, is_a)

    def __contains__(self, entry_id: object) -> bool:
        """Tell whether a file has this id, without reading it."""
        return entry_id in self._files or any(entry_id in index for index in self.indexes)

    def __iter__(self) -> Iterator[str]:
        """Give all ids in order."""
        return iter(self.ids()) if self.indexes else iter(sorted(self._files))

    def __len__(self) -> int:
        """Count the entries."""
        return len(self.ids()) if self.indexes else len(self._files)

    def get_as(self, kind: type[E], entry_id: str) -> E:
        """Give the entry if it is of this kind; raise `UnknownIdError` with the nearest of the kind otherwise."""
        if entry_id not in self or not issubclass(self.kind_of(entry_id), kind):
            raise self._unknown(entry_id, kind)
        entry = self[entry_id]
        assert isinstance(entry, kind)  # noqa: S101
        return entry

    def among(self, kinds: tuple[type[E], ...], entry_id: str, why: str) -> E:
        """Return the entry if it is of one of these kinds; say otherwise what it is and `why` it is not taken.

        Whatever is suggested is of these kinds, or a model that is called after the entry.
        """
        if entry_id not in self:
            raise self._unknown(entry_id, *kinds)
        if not issubclass(self.kind_of(entry_id), kinds):
            raise UsageError(f"{what_it_is(self, entry_id)}: {why}{family(self, entry_id)}")
        entry = self[entry_id]
        assert isinstance(entry, kinds)  # noqa: S101
        return entry

    def named(self, name: str, kind: type[Entry] = Entry) -> str:
        """Give the id that a name means: itself, or the entry of this kind that has it as Hub id or among its aliases.

        Addresses on the Hub, `owner/name@revision` and Ollama's tags are names too. A file stands back behind the model
        that it makes, a tracker's record behind the entry that it is about, and every entry behind one with better
        evidence. `KIND:ID` means the entry of that kind, as `software:dolly`. A name that nothing has comes back as it
        is. Raises `UsageError` where several entries are left.
        """
        if name in self:
            return name
        if entry_id := qualified(self, name):
            return entry_id
        found = self.bearers(name, kind) or self._otherwise(name, kind)
        behind = {each for each in found if {*_stands_for(self[each])} & {*found}}
        left = foremost(self, [each for each in found if each not in behind])
        if not left or self[left[0]].imported:
            left = foremost(self, [*left, *self._on_the_hub(name, kind)])
        if len(left) > 1:
            raise UsageError(f"several entries go by {name!r}: {', '.join(left)}; give the id of one")
        return left[0] if left else name

    def _otherwise(self, name: str, kind: type[Entry]) -> list[str]:
        """Return the entries in files that are meant by a tag of Ollama, or by a repository in another form."""
        tagged = (self.bearers(alias, kind) for alias in ollama_aliases(name))
        if found := next((ids for ids in tagged if ids), []):
            return found
        meant = reference(name)
        known = self.bearers(meant.hub_id, kind) if meant else []
        return [each for each in known if meant and meant.kind in (None, self.kind_of(each).kind)]

    def _on_the_hub(self, name: str, kind: type[Entry]) -> list[str]:
        """Give the first kind's entries in an index that stand for a repository of the Hub, its case aside.

        An entry for an earlier name of a repository leads to the one for its present name.
        """
        meant = reference(name) or (Reference(name) if is_hub_id(name) else None)
        if meant is None:
            return []
        wanted = [meant.entry_id(each) for each in ("model", "dataset") if meant.kind in (None, each)]
        for entry_id in wanted:
            if entry_id in self and issubclass(self.kind_of(entry_id), kind):
                return [self._present(entry_id)]
        found = ({each for index in self.indexes for each in index.like(entry_id, kind)} for entry_id in wanted)
        return next((sorted(map(self._present, ids)) for ids in found if ids), [])

    def _present(self, entry_id: str) -> str:
        entry = self[entry_id]
        led_on = getattr(entry, "same_as", ()) if getattr(entry, "stub", False) else ()
        return str(led_on[0]) if led_on and led_on[0] in self else entry_id

    def bearers(self, name: str, kind: type[Entry] = Entry) -> list[str]:
        """Give in order the entries of this kind in files that have this Hub id or alias, in any case and spacing."""
        if "bearers" not in self.memo:
            known: dict[str, list[str]] = {}
            for entry_id in self.file_ids():
                entry = self[entry_id]
                for each in {normal(each) for each in (*getattr(entry, "hub", ()), *entry.aliases)}:
                    known.setdefault(each, []).append(entry_id)
            self.memo["bearers"] = known
        found: list[str] = self.memo["bearers"].get(normal(name), [])
        return [each for each in found if issubclass(self.kind_of(each), kind)]

    def ids(self, kind: type[Entry] = Entry) -> list[str]:
        """Give the ids of one kind in order, without reading the files."""
        ids = self.file_ids(kind)
        if self._part is not None:
            return sorted({*ids, *(each for each in self._part if issubclass(self.kind_of(each), kind))})
        return sorted({*ids, *(each for index in self.indexes for each in index.ids(kind))}) if self.indexes else ids

    def file_ids(self, kind: type[Entry] = Entry) -> list[str]:
        """Give the ids of one kind in order that files of their own hold, and no index."""
        return sorted(entry_id for entry_id, (folder, _) in self._files.items() if issubclass(FOLDERS[folder], kind))

    def naming(self, entry_id: str, kind: type[Entry] = Entry, relation: str | None = None) -> Iterator[str]:
        """Give the entries of one kind that speak of this one: files by their text, rows of an index by their edges.

        With a relation, only those rows that have it; a file has to be asked.
        """
        word = entry_id.encode()
        for other in self.file_ids(kind):
            if other in self._entries or word in self.path_of(other).read_bytes():
                yield other
        for index in self.indexes:
            yield from (child for child in index.children(entry_id, relation) if issubclass(self.kind_of(child), kind))

    def kind_of(self, entry_id: str) -> type[Entry]:
        """Give the kind of entry that the id's folder holds."""
        if entry_id in self._files:
            return FOLDERS[self._files[entry_id][0]]
        kind = next(filter(None, (index.kind_of(entry_id) for index in self.indexes)), None)
        if kind is None:
            raise self._unknown(entry_id, Entry)
        return kind

    def path_of(self, entry_id: str) -> Path:
        """Give the file that holds an entry: its own, or an index."""
        if entry_id in self._files:
            return self._files[entry_id][1]
        return next(index.path for index in self.indexes if entry_id in index)

    @cached_property
    def manifest(self) -> Manifest:
        """Give the name, date and data license of the lowest layer."""
        return _checked(self.roots[0] / MANIFEST, "manifest", Manifest, {}, lambda _: {})

    def add(self, entry: Entry) -> None:
        """Lay an entry that has no file over the others, as tests and importers do."""
        folder = next(folder for folder, kind in FOLDERS.items() if isinstance(entry, kind))
        self._files[entry.id] = (folder, Path(folder) / f"{entry.id}.yaml")
        self._entries[entry.id] = entry
        self.memo.clear()

    def part(self, ids: Iterable[str]) -> Catalog:
        """Give a catalog that lists the entries in files and these alone, and still finds every other by its id."""
        other = copy(self)
        other._part, other.memo = tuple(ids), {}
        return other

    def over(self, *entries: Entry) -> Catalog:
        """Give a catalog with these entries laid over this one, which stays as it is."""
        other = copy(self)
        other._files, other._entries, other.memo = dict(self._files), dict(self._entries), {}
        for entry in entries:
            other.add(entry)
        return other

    def _scan(self, root: Path) -> list[Problem]:
        if not root.is_dir():
            raise UsageError(f"no catalog at {root}: the folder does not exist; it should hold {', '.join(FOLDERS)}")
        problems: list[Problem] = []
        here: dict[str, Path] = {}
        folders = sorted(os.scandir(root), key=lambda each: each.name)
        for folder in (each for each in folders if each.is_dir() and not each.name.startswith(".")):
            if folder.name not in FOLDERS:
                message = f"no such kind of entry{did_you_mean(folder.name, FOLDERS)}"
                problems.append(Problem(root / folder.name, 1, "", message))
                continue
            for file in sorted(os.scandir(folder), key=lambda each: each.name):
                if not file.name.startswith(".") and file.name != "README.md":
                    problems += self._take(file, root, here)
        return problems

    def _take(self, file: os.DirEntry[str], root: Path, here: dict[str, Path]) -> list[Problem]:
        """Take a file in as an entry, or return what is wrong with its name; `here` has the entries of its root."""
        path = Path(file.path)
        entry_id = file.name.removesuffix(".yaml")
        if file.is_symlink() and not real(path).is_relative_to(real(root)):
            return [Problem(path, 1, "", "a link that leads out of the catalog; put the file itself here")]
        if path.suffix != ".yaml":
            return [Problem(path, 1, "", "only `.yaml` files belong into a catalog folder")]
        if entry_id in here:
            return [Problem(path, 1, "", f"the id {entry_id!r} is taken by {here[entry_id]}")]
        here[entry_id] = path
        self._files[entry_id] = (path.parent.name, path)
        self._entries.pop(entry_id, None)
        return []


def _stands_for(entry: Entry) -> tuple[str, ...]:
    """Give the entries that this one is a file of, or another's record of."""
    file_of = getattr(entry, "file_of", None)
    return (*getattr(entry, "same_as", ()), *([file_of] if file_of else []))


def read_entry(path: Path, kind: type[E]) -> E:
    """Read one file as an entry of this kind; raise `CatalogError` with every fault of the file.

    A file that was read before comes from the cache, by its content.
    """
    named = {"id": path.name.removesuffix(".yaml")}
    return _checked(path, kind.kind, kind, named, lambda entry: {"shown": shown(entry)})


def _checked(path: Path, word: str, model: type[M], named: dict[str, Any], more: Callable[[M], dict[str, Any]]) -> M:
    """Read a file as a model, or take it from the cache, where it is kept under `word` with `more` of it."""
    key = _cache_key(path, word)
    known = cache.get(key) if key else None
    if known:
        return model(**{**known["fields"], **named})
    from llmreg.catalog.yaml import read  # what is in the cache needs no parser

    document = read(path)
    checked = validated(document, model, named)
    if key:
        cache.put(key, {"fields": document.value, **more(checked)})
    return checked


def _cache_key(path: Path, word: str) -> bytes | None:
    try:
        return cache.key_of(path.read_bytes(), word) if path.stat().st_size <= cache.MAX_BYTES else None
    except OSError:
        return None


def shown(entry: Entry) -> dict[str, Any]:
    """Give what `llmreg show` prints of an entry, as plain JSON."""
    sources = [[key, str(source), source.read, source.seen.isoformat()] for key, source in entry.sources.items()]
    data = entry.model_dump(mode="json", exclude_defaults=True)
    return {"kind": entry.kind, "data": data, "sources": sources, "evidence": evidence_for(entry)}


def validated(document: Document, model: type[M], extra: dict[str, Any]) -> M:
    """Build the model from a file's mapping and `extra`; raise `CatalogError` with every fault and its line."""
    if not isinstance(document.value, dict):
        raise CatalogError(
            [Problem(document.path, 1, "", "an entry is a mapping of fields; see docs/adding-a-model.md")]
        )
    undefined = list(_undefined_sources(document))
    try:
        return model(**{**document.value, **extra})
    except ValidationError as error:
        faults = [fault for fault in error.errors() if fault["loc"] or not undefined]
        raise CatalogError([*undefined, *(_problem(document, model, fault) for fault in faults)]) from None


def _undefined_sources(document: Document) -> Iterator[Problem]:
    """Find, each with its line, the places that name a source which the entry does not define."""
    defined = document.value.get("sources") or {}
    for place, key in _named_sources(document.value, ()):
        if isinstance(defined, dict) and key not in defined:
            name = ".".join(map(str, place))
            message = missing_source(name, key, defined).removeprefix(f"{name}: ")
            yield Problem(document.path, document.line(place), name, message)


def _named_sources(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Find every `source` and every value under `evidence` in a file, `sources` itself aside."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if isinstance(item, str) and (key == "source" or place[-1:] == ("evidence",)):
            yield (*place, key), item
        elif key != "sources" and not (key == "settings" and place[:1] == ("recipe",)):
            yield from _named_sources(item, (*place, key))


def _problem(document: Document, model: type[Any], fault: Any) -> Problem:
    """Say one of pydantic's faults with its line, and for an unknown key the nearest right one."""
    place = tuple(step for step in fault["loc"] if step not in RECIPE_FORMS)
    message = words_for(fault)
    if fault["type"] == "extra_forbidden":
        message = f"no such field{did_you_mean(str(place[-1]), _fields(model, place[:-1]))}"
    names = [str(step) for step in place]
    return Problem(document.path, document.line(place), ".".join(names), message)


def _fields(model: type[Any], place: tuple[str | int, ...]) -> list[str]:
    """List the fields that the mapping at `place` may have, read from the JSON Schema."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    nodes = [schema]
    for step in (None, *place):
        inner = [node if step is None else _child(node, step) for node in nodes]
        options = [option for node in inner for option in (node, *node.get("anyOf", ()), *node.get("oneOf", ()))]
        nodes = [definitions[option["$ref"].rsplit("/", 1)[-1]] if "$ref" in option else option for option in options]
    return [name for node in nodes for name in node.get("properties", {})]


def _child(node: dict[str, Any], step: str | int) -> dict[str, Any]:
    found = node.get("items", {}) if isinstance(step, int) else node.get("properties", {}).get(step)
    if found is None:
        found = node.get("additionalProperties", {})
    return found if isinstance(found, dict) else {}


def load_catalog(*extra: Path | str) -> Catalog:
    """Load the built-in catalog with the folders of `LLMREG_CATALOG` and then `extra` laid over it."""
    return Catalog(*layers(*extra))
