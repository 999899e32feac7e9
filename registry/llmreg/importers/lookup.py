"""Look a repository up on the Hub with everything it was made from, as far up as neither catalog nor index knows it.

reference or card --Hub--> card --hub_index's reader--> rows, parents --again, breadth first--> rows --Writer--> index
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from llmreg.catalog.index import Writer
from llmreg.catalog.references import Reference
from llmreg.errors import LlmregError
from llmreg.hub.cards import Hub, NoCardError, NoMoreError
from llmreg.hub.network import offline
from llmreg.hub.repository import BRANCH, Repository
from llmreg.importers.checkout import mapping, parse_json
from llmreg.importers.hub_cards import Card, front_matter
from llmreg.importers.hub_index import Reader
from llmreg.importers.hub_kinds import peft_of
from llmreg.importers.hub_report import HubReport
from llmreg.importers.hub_stated import shown
from llmreg.importers.record import Place
from llmreg.schema.ids import hub_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.hub.network import Say
    from llmreg.importers.hub_stated import Kind
    from llmreg.schema import Entry

    T = TypeVar("T")

    Body = dict[str, Any]

_COMPONENT: dict[str, str] = {"model": "weights", "dataset": "data"}
_DATASETS = "hub.datasets--"
_WAIT = 10.0
"""Seconds to wait for another process that writes the same index."""


class NotAskedError(LlmregError):
    """Report a repository that is not known here and for which nobody may be asked."""


class LookUp:
    """What one look-up has found; nothing is written before `write`, so that nothing is kept half."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        day: date,
        say: Say,
        online: bool = True,
        refresh: bool = False,
        report: HubReport | None = None,
    ) -> None:
        """Ask the Hub for what `catalog` lacks; with `refresh` also for what came from the Hub before."""
        self.report = report or HubReport()
        self.asked = 0
        """Cards that the Hub gave."""
        self.hub = Hub(say) if online else None
        self.limit: str | None = None
        """The limit at which it ended."""
        self.left_out: list[str] = []
        """Repositories that nobody was asked for: offline, or because of the limit."""
        self._catalog, self._day, self._say, self._refresh = catalog, day, say, refresh
        self._reader = Reader(catalog, self.report)
        self._rows: dict[str, tuple[str, Body]] = {}
        self._moved: dict[str, str] = {}
        self._own: set[str] = set()
        """Entries that a card from disk gave, which the Hub did not tell."""

    def repository(self, wanted: Reference) -> str:
        """Return the id of a repository's entry, looked up with its ancestors unless all of them are known.

        Without a kind it is a model's, or a dataset's where there is no such model. Raises `NoCardError` where the Hub
        does not show it, and `LlmregError` where it cannot be asked.
        """
        kinds: tuple[Kind, ...] = (wanted.kind,) if wanted.kind else ("model", "dataset")
        known = next((each for kind in kinds if self._knows(each := wanted.entry_id(kind))), None)
        found = self._present(known) if known else self._first(wanted, kinds)
        self._ascend(found)
        return found

    def card(self, card: Card) -> str:
        """Return the id of the entry that a card from disk gives, with its ancestors looked up."""
        named = self._catalog.named(str(card.value.get("id"))) if not card.local else ""
        if named in self._catalog and self._curated(named):
            return named
        found = self._read(card, {}, live=False)
        self._own = set(self._rows)
        self._ascend(found)
        return found

    def write(self, index: Path, *, from_disk: bool = True, keep: bool = True) -> int:
        """Write what was found into an index in one transaction, and return how many entries are new or changed.

        Without `from_disk` only what the Hub told is written.
        """
        rows = {each: row for each, row in self._rows.items() if from_disk or each not in self._own}
        if not rows:
            return 0
        index.parent.mkdir(parents=True, exist_ok=True)
        writer = Writer(index, {"source": "hub", **_sources(self._day, "models")}, wait=_WAIT)
        try:
            for entry_id, (kind, body) in rows.items():
                writer.put(entry_id, kind, self._led_on(body))
            for each in {parent for _, body in rows.values() for parent in _parents(self._led_on(body))} - set(rows):
                writer.elsewhere(each)
            writer.finish(keep=keep)
        except BaseException:
            writer.abandon()
            raise
        return writer.changed

    def _first(self, wanted: Reference, kinds: tuple[Kind, ...]) -> str:
        if self.hub is None:
            raise NotAskedError(f"nobody was asked for {wanted}")
        errors: list[NoCardError] = []
        for kind in kinds:
            try:
                return self._ask(wanted, kind)
            except NoCardError as error:
                errors.append(error)
                if not error.absent:
                    raise
        if len(errors) == 1:
            raise errors[0]
        raise NoCardError(
            f"the Hub shows no model and no dataset {wanted.hub_id}: it is private, renamed or deleted, or was never "
            "there; see whether the name is right",
            absent=True,
        )

    def _ask(self, wanted: Reference, kind: Kind) -> str:
        """Ask the Hub for one card, and return the id of its entry, which a repository of another name may have."""
        assert self.hub is not None  # noqa: S101
        self._say(f"asking the Hub about {wanted} (request {self.hub.requests + 1})")
        repository = Repository(wanted.hub_id, kind, wanted.revision or BRANCH)
        told = self.hub.about(repository)
        self.asked += 1
        present = Reference(str(told["id"]), kind, wanted.revision)
        renamed = present.hub_id.casefold() != wanted.hub_id.casefold()
        own = present.entry_id(kind)
        known = self._catalog.named(present.hub_id) if renamed else ""
        if known in self._catalog and self._curated(known):
            own = known
        else:
            at = replace(repository, id=present.hub_id, revision=_commit(told) or repository.revision)
            card = Card(Place("the Hub", wanted.hub_id), self._with_files(at, told), kind=kind, entry_id=own)
            self._read(card, _about(told, present), live=True)
        if renamed:
            self._rows[wanted.entry_id(kind)] = (kind, self._pointer(wanted.hub_id, own, kind))
        if own != wanted.entry_id(kind):
            self._moved[wanted.entry_id(kind)] = own
        return own

    def _with_files(self, repository: Repository, told: dict[str, Any]) -> Mapping[str, Any]:
        """Return what the Hub tells of a repository with what stands in its files, where the answer has it not."""
        assert self.hub is not None  # noqa: S101
        listed = told.get("siblings")
        rows = listed if isinstance(listed, list) else [{"rfilename": "README.md"}]
        files = [each.get("rfilename") for each in rows if isinstance(each, dict)]
        if told.get("cardData") is None and "README.md" in files:
            text = self._readme(repository, listed=rows is listed)
            told = {**told, "cardData": _read_as(repository, lambda: front_matter(text)[0])}
        if "adapter_config.json" in files and not peft_of(told):
            name, written = "adapter_config.json", self.hub.text(repository, "adapter_config.json")
            peft = _read_as(repository, lambda: mapping(parse_json(written, name), name))
            config = told.get("config")
            told = {**told, "config": {**(config if isinstance(config, dict) else {}), "peft": peft}}
        return told

    def _readme(self, repository: Repository, *, listed: bool) -> str:
        """Return the card of a repository; of one whose files are not told, nothing where it has none."""
        assert self.hub is not None  # noqa: S101
        try:
            return self.hub.text(repository, "README.md")
        except NoCardError as error:
            if listed or not error.absent:
                raise
            return ""

    def _read(self, card: Card, more: Mapping[str, Any], *, live: bool) -> str:
        """Keep the entries that a card gives, and return the id of the one that is its own."""
        rows = self._reader.entries(card)
        if not rows:
            why = self.report.rows_skipped[-1]
            raise NoCardError(f"{why.place}: {why.detail or why.reason}")
        own, kind, body = rows[0]
        sources = _sources(self._day, f"{kind}s", body.get("hub", ""), path=card.local, live=live)
        notes = [*body.get("notes", ()), *more.get("notes", ())]
        self._rows[own] = (kind, {**body, **more, **({"notes": notes} if notes else {}), **sources})
        self._rows |= {entry_id: (kind, {**fields, **sources}) for entry_id, kind, fields in rows[1:]}
        return own

    def _pointer(self, name: str, present: str, kind: Kind) -> Body:
        """Return the fields of an entry that leads from a repository's earlier name to its present one."""
        return {"name": name, "hub": name, "stub": True, "same_as": [present], **_sources(self._day, f"{kind}s", name)}

    def _ascend(self, start: str) -> None:
        """Look up all that an entry was made from, breadth first, each once, so that circles end."""
        todo, seen = deque([start]), {start}
        while todo:
            for parent in self._parents_of(todo.popleft()):
                if parent in seen:
                    continue
                seen.add(parent)
                found = self._present(parent) if self._knows(parent) else self._parent(parent)
                seen.add(found)
                todo.append(found)

    def _present(self, entry_id: str) -> str:
        """Return the entry to which a known one for an earlier name leads, or the known one itself."""
        if entry_id in self._rows or entry_id not in self._catalog:
            return self._moved.get(entry_id, entry_id)
        entry = self._catalog[entry_id]
        led_on = getattr(entry, "same_as", ()) if getattr(entry, "stub", False) else ()
        if led_on:
            self._moved[entry_id] = led_on[0]
        return self._moved.get(entry_id, entry_id)

    def _parent(self, entry_id: str) -> str:
        """Look one ancestor up; where the Hub does not show it, its entry says why, and nothing else of it."""
        kind: Kind = "dataset" if entry_id.startswith(_DATASETS) else "model"
        hub_id = hub_id_of(entry_id, kind)
        why = ""
        if self.hub is not None and not self.left_out:
            try:
                return self._ask(Reference(hub_id), kind)
            except NoCardError as error:
                self._rows[entry_id] = (kind, self._untold(hub_id, kind, str(error), stub=False))
                return entry_id
            except NoMoreError as error:
                self.limit = str(error)
                why = f"{hub_id} was not looked up: {error}"
        self.left_out.append(hub_id)
        why = why or f"{hub_id} was not looked up"
        self._rows[entry_id] = (kind, self._untold(hub_id, kind, why, stub=True))
        return entry_id

    def _untold(self, hub_id: str, kind: Kind, why: str, *, stub: bool) -> Body:
        """Return the fields of a repository of which nothing is known but its name; a stub is asked for next time."""
        claim = {"id": "unknown", "source": "hub", "note": shown(why)}
        known = {"name": hub_id, "hub": hub_id, "licenses": {_COMPONENT[kind]: claim}, "stub": stub}
        return {**known, "unknown": ["what it was made from"], **_sources(self._day, f"{kind}s", hub_id)}

    def _parents_of(self, entry_id: str) -> Iterator[str]:
        if entry_id in self._rows:
            yield from _parents(self._rows[entry_id][1])
        elif entry_id in self._catalog and not self._curated(entry_id):
            yield from (edge.of for edge in self._catalog[entry_id].edges())

    def _knows(self, entry_id: str) -> bool:
        """Tell whether an entry is known well enough to ask nobody, or stands for no repository of the Hub."""
        if entry_id in self._rows or entry_id in self._moved or not entry_id.startswith("hub."):
            return True
        if entry_id not in self._catalog:
            return False
        entry = self._catalog[entry_id]
        if self._curated(entry_id) or not _came_live(entry):
            return not _is_stub(entry)
        return not _is_stub(entry) and not self._refresh

    def _curated(self, entry_id: str) -> bool:
        return not self._catalog[entry_id].imported

    def _led_on(self, body: Body) -> Body:
        """Return the fields with edges to earlier names leading to the present ones."""
        edges = body.get("made_from")
        if not edges or not self._moved:
            return body
        return {**body, "made_from": [{**edge, "of": self._moved.get(edge["of"], edge["of"])} for edge in edges]}


def import_repository(
    wanted: Reference, into: Path, catalog: Catalog, report: HubReport, *, seen: date, say: Say
) -> None:
    """Ask the Hub for a repository and all that it was made from, and write that into an index.

    What the index holds already is asked for again. Raises `LlmregError` where the Hub does not show it, or offline.
    """
    if why := offline():
        raise LlmregError(f"offline ({why}), and {wanted} is on the Hub; unset that to ask it")
    found = LookUp(catalog, day=seen, say=say, report=report)
    found.repository(wanted)
    report.rows += found.asked
    report.written += found.write(into, keep=not report.dry_run)
    if said := limit_reached(found):
        say(said)


def limit_reached(found: LookUp) -> str | None:
    """Say that a look-up has ended at its limit; None where it has not."""
    if found.limit is None:
        return None
    names = ", ".join(found.left_out[:3]) + (", ..." if len(found.left_out) > 3 else "")
    return (
        f"{found.limit}; left out, so that nothing is known of them, are {len(found.left_out)}: {names}; "
        "the same command goes on from there"
    )


def _commit(told: Mapping[str, Any]) -> str | None:
    commit = told.get("sha")
    return commit if isinstance(commit, str) and re.fullmatch(r"[0-9a-f]{40}", commit) else None


def _about(told: Mapping[str, Any], present: Reference) -> dict[str, Any]:
    """Return what the Hub itself says of a repository, beside its card."""
    known: dict[str, Any] = {}
    notes = []
    if commit := _commit(told):
        known["revision"] = commit
    if told.get("gated"):
        notes.append("gated: the Hub gives its files only to those who accepted its terms")
    if told.get("disabled"):
        notes.append("disabled: the Hub gives its files to nobody")
    if present.revision:
        notes.append(f"its card at revision {present.revision}")
    return {**known, "notes": notes} if notes else known


def _read_as(repository: Repository, read: Callable[[], T]) -> T:
    try:
        return read()
    except LlmregError as error:
        raise NoCardError(f"the card of {repository} cannot be read: {error}") from None


def _sources(day: date, repositories: str, hub_id: str = "", *, path: str | None = None, live: bool = True) -> Body:
    """Return the source of what the Hub told, or what stood in files on this machine."""
    page = f"https://huggingface.co/{'datasets/' if repositories == 'datasets' and hub_id else ''}{hub_id}"
    place = {"path": path} if path else {"url": page}
    read = "live" if live else "stored-copy"
    return {"sources": {"hub": {**place, "read": read, "seen": day.isoformat(), "importer": "hub"}}}


def _parents(body: Body) -> list[str]:
    return [*(edge["of"] for edge in body.get("made_from", ())), *body.get("same_as", ())]


def _is_stub(entry: Entry) -> bool:
    return bool(getattr(entry, "stub", False)) and not getattr(entry, "same_as", ())


def _came_live(entry: Entry) -> bool:
    return any(source.importer == "hub" and source.read == "live" for source in entry.sources.values())
