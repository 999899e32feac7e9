"""An index: entries and their edges in one SQLite file, for more entries than a folder should hold files.

Importers write it, one transaction for each import, so that a reader sees the old state or the new one, and a killed
process leaves the old one. A catalog lays an index over its folders and reads from it only what it is asked for.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llmreg.catalog.faults import words_for
from llmreg.catalog.tiers import tier_of
from llmreg.errors import LlmregError, UsageError
from llmreg.schema import FOLDERS, RELATION_ENDS, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from llmreg.catalog.tiers import Tier

SUFFIX = ".sqlite"
FORMAT = 1
_BATCH = 20_000
_TOLD = 200
"""Signs that are told of what a library says is wrong."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS terms (num INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS entry (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, terms INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS link (num INTEGER PRIMARY KEY, relation TEXT NOT NULL, stage TEXT NOT NULL,
    UNIQUE (relation, stage));
CREATE TABLE IF NOT EXISTS edge (
    child INTEGER NOT NULL, parent INTEGER NOT NULL, link INTEGER NOT NULL,
    PRIMARY KEY (child, parent, link)) WITHOUT ROWID;
"""
_ELSEWHERE = ""
"""The kind under which an entry of another layer stands here, so that edges can lead to it."""
_ELSEWHERE_AMONG = 2_000
"""More of these than a search meets among the shortest ids that hold its words."""
_IS_STUB = '%"stub":true%'
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_LIKE = str.maketrans({"%": "!%", "_": "!_", "!": "!!"})
Stub = Callable[[str, str], Mapping[str, Any]]
_KINDS: dict[str, type[Entry]] = {kind.kind: kind for kind in FOLDERS.values()}


class Index:
    """The entries of one index file, read one at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file for reading; raise `LlmregError` if it is no index, or of another version, or damaged."""
        self.path = path
        if not path.is_file():
            raise LlmregError(f"no index at {path}; `llmreg import` writes one")
        with self._reading():
            uri = f"{path.absolute().as_uri()}?mode=ro"
            self.connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            found = dict(self.connection.execute("SELECT key, value FROM meta"))
        if found.get("format") != str(FORMAT):
            raise LlmregError(f"{path} is an index of format {found.get('format')}, not {FORMAT}; import it anew")
        with self._reading():
            self.shared: dict[str, Any] = dict(json.loads(found["shared"]))
            """Fields that every entry has, `sources` among them."""
            self.kinds: tuple[str, ...] = tuple(name for name in json.loads(found["kinds"]) if _KINDS[name])

    @cached_property
    def tier(self) -> Tier:
        """Return the tier of its entries; one importer writes all of an index."""
        first = self._one("SELECT id FROM entry WHERE kind <> '' ORDER BY num")
        entry = self.get(first[0]) if first else None
        return tier_of(entry) if entry else "curated"

    def __contains__(self, entry_id: object) -> bool:
        """Tell whether an entry has this id."""
        return self._one("SELECT 1 FROM entry WHERE id = ? AND kind <> ''", entry_id) is not None

    def __len__(self) -> int:
        """Count the entries."""
        return int((self._one("SELECT count(*) FROM entry WHERE kind <> ''") or (0,))[0])

    def kind_of(self, entry_id: str) -> type[Entry] | None:
        """Give the kind of the entry with this id, None where there is none."""
        row = self._one("SELECT kind FROM entry WHERE id = ? AND kind <> ''", entry_id)
        with self._reading():
            return _KINDS[row[0]] if row else None

    def get(self, entry_id: str) -> Entry | None:
        """Give the entry with this id, None where there is none."""
        row = self._one("SELECT kind, body FROM entry WHERE id = ? AND kind <> ''", entry_id)
        try:
            with self._reading():
                return _KINDS[row[0]](**{**self.shared, **json.loads(row[1]), "id": entry_id}) if row else None
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(map(str, fault["loc"]))
            raise LlmregError(f"{self.path}: {entry_id}: {place}: {words_for(fault)}; import its row again") from None

    def like(self, entry_id: str, kind: type[Entry] = Entry) -> list[str]:
        """Give the ids of one kind that differ from this one in case alone; the whole index is read for them."""
        found = self.rows("SELECT id, kind FROM entry WHERE id = ? COLLATE NOCASE AND kind <> ''", entry_id)
        return [found_id for found_id, name in found if issubclass(_KINDS[name], kind)]

    def ids(self, kind: type[Entry] = Entry) -> Iterator[str]:
        """Give all ids in order, or those of one kind."""
        kinds = [name for name in self.kinds if issubclass(_KINDS[name], kind)]
        marks = ",".join("?" * len(kinds))
        yield from (row[0] for row in self.rows(f"SELECT id FROM entry WHERE kind IN ({marks}) ORDER BY id", *kinds))  # noqa: S608 - only question marks

    def holding(self, words: Iterable[tuple[str, ...]], most: int) -> list[tuple[str, type[Entry]]]:
        """Return the ids, with their kinds, that hold one of each of these choices of words, the shortest ids first."""
        choices = [[f"%{word.translate(_LIKE)}%" for word in several] for several in words]
        tests = [f"({' OR '.join(['id LIKE ? ESCAPE ' + repr('!')] * len(several))})" for several in choices]
        # The inner query asks for the id alone, so that SQLite reads the index of ids and no entry's body.
        inner = f"SELECT num FROM entry WHERE {' AND '.join(tests)} ORDER BY length(id), id LIMIT ?"  # noqa: S608 - only question marks
        query = f"SELECT id, kind FROM entry WHERE kind <> '' AND num IN ({inner}) ORDER BY length(id), id LIMIT ?"  # noqa: S608 - only question marks
        marks = [mark for several in choices for mark in several]
        found = self.rows(query, *marks, most + _ELSEWHERE_AMONG, most)
        return [(entry_id, _KINDS[kind]) for entry_id, kind in found]

    def children(self, entry_id: str, relation: str | None = None) -> Iterator[str]:
        """Give in order the entries that are made from this one, or those that are so by one relation."""
        found = self.rows(
            "SELECT DISTINCT c.id FROM entry p JOIN edge ON parent = p.num JOIN entry c ON c.num = child "
            "WHERE p.id = ? AND (? IS NULL OR link IN (SELECT num FROM link WHERE relation = ?)) ORDER BY c.id",
            entry_id,
            relation,
            relation,
        )
        yield from (row[0] for row in found)

    def rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Give the rows of a query; raise `LlmregError` where the file is damaged."""
        with self._reading():
            yield from self.connection.execute(query, values)

    def _one(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        return next(self.rows(query, *values), None)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except ValidationError:
            raise
        except (sqlite3.Error, ValueError, TypeError, KeyError, RecursionError) as error:
            why = " ".join(str(error).split())[:_TOLD] or type(error).__name__
            raise LlmregError(f"{self.path} cannot be read ({why}); remove it and import it anew") from None


def _stub(parent: str, kind: str) -> dict[str, Any]:  # noqa: ARG001 - importers tell kinds apart
    return {"name": parent, "stub": True}


class Writer:
    """Writes entries into an index in one transaction; what was there stays until all of it is written."""

    def __init__(self, path: Path, shared: Mapping[str, Any], *, wait: float = 0) -> None:
        """Begin a transaction; `shared` are fields that every entry has.

        Raises `LlmregError` while another writes, after `wait` seconds, and where the file is no index.
        """
        if path.suffix != SUFFIX:
            raise UsageError(f"{path}: an index is a file that ends in {SUFFIX}")
        self.path = path
        self._new = not path.exists()
        self.changed = 0
        self.seen = 0
        self._rows: list[tuple[str, str, int, str]] = []
        self._edges: list[tuple[str, str, int]] = []
        self._alike: dict[str, int] = {}
        self._links: dict[tuple[str, str], int] = {}
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=wait)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA temp_store = FILE")
            self._db.execute("BEGIN IMMEDIATE")
            for statement in filter(str.strip, _SCHEMA.split(";")):
                self._db.execute(statement)
            self._db.execute("CREATE TEMP TABLE pending (child TEXT, parent TEXT, link INTEGER)")
            self._db.execute("CREATE TEMP TABLE touched (id TEXT PRIMARY KEY) WITHOUT ROWID")
            self._db.execute("CREATE TEMP TABLE before (num INTEGER PRIMARY KEY, body TEXT)")
            self._db.execute(
                "CREATE TEMP TRIGGER kept AFTER UPDATE OF body ON main.entry "
                "BEGIN INSERT OR IGNORE INTO before VALUES (old.num, old.body); END"
            )
            self._db.execute("CREATE TEMP TABLE ends (link INTEGER PRIMARY KEY, kind TEXT, terms INTEGER)")
            self._fresh = self._db.execute("SELECT 1 FROM entry LIMIT 1").fetchone() is None
            about = {"format": str(FORMAT), "shared": json.dumps(shared)}
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", about.items())
            self._links = {
                (rel, stage): num for num, rel, stage in self._db.execute("SELECT num, relation, stage FROM link")
            }
        except sqlite3.OperationalError as error:
            raise LlmregError(f"{path}: another import is writing to it, or it cannot be written ({error})") from None
        except sqlite3.DatabaseError as error:
            raise LlmregError(f"{path} is no index ({error}); remove it, or name another file") from None

    def put(self, entry_id: str, kind: str, body: Mapping[str, Any]) -> None:
        """Write one entry, given by its fields; one that stands there unchanged is left alone."""
        self.seen += 1
        edges = body.get("made_from", ())
        self._rows.append((entry_id, kind, self._terms_of(kind, body), _encode(body)))
        self._edges += [(entry_id, edge["of"], self._link(edge["relation"], edge.get("stage") or "")) for edge in edges]
        self._edges += [(entry_id, other, self._link("same-as", "")) for other in body.get("same_as", ())]
        if len(self._rows) >= _BATCH:
            self._flush()

    def elsewhere(self, entry_id: str) -> None:
        """Let edges lead to an entry that another layer of the catalog holds."""
        row = (entry_id, _ELSEWHERE, self._terms_of(_ELSEWHERE, {}))
        self._db.execute("INSERT OR IGNORE INTO entry (id, kind, terms, body) VALUES (?, ?, ?, '{}')", row)

    def finish(self, stub: Stub | None = None, *, keep: bool = True) -> None:
        """Write the edges, stubs for what is only named, and end the transaction, without a trace where not `keep`.

        `stub` gives the fields of a stub from its id and kind.
        """
        self._flush()
        run = self._db.execute
        self._fold_case()
        kinds = [(num, min(RELATION_ENDS[rel][1])) for (rel, _), num in self._links.items() if rel in RELATION_ENDS]
        self._db.executemany(
            "INSERT INTO ends VALUES (?, ?, ?)", [(n, kind, self._terms_of(kind, {})) for n, kind in kinds]
        )
        self._db.create_function("stub", 2, lambda parent, kind: _encode((stub or _stub)(parent, kind)))
        run(
            "INSERT OR IGNORE INTO entry (id, kind, terms, body) SELECT parent, kind, terms, stub(parent, kind) "
            "FROM (SELECT parent, min(link) AS link FROM pending WHERE parent IN (SELECT parent FROM absent) "
            "GROUP BY parent) JOIN ends USING (link)"
        )
        written = "child IN (SELECT num FROM entry JOIN touched USING (id))"
        if not self._fresh:
            run(f"CREATE TEMP TABLE former AS SELECT DISTINCT parent AS num FROM edge WHERE {written}")  # noqa: S608 - no value
            run(f"DELETE FROM edge WHERE {written}")  # noqa: S608 - no value
        run(
            "INSERT OR IGNORE INTO edge SELECT c.num, p.num, link FROM pending "
            "JOIN entry c ON c.id = child JOIN entry p ON p.id = parent ORDER BY 1, 2, 3"
        )
        run("CREATE INDEX IF NOT EXISTS edge_parent ON edge (parent)")
        if not self._fresh:
            self._drop_orphans()
        held = {kind for (kind,) in run("SELECT DISTINCT kind FROM entry")} - {_ELSEWHERE}
        run("INSERT OR REPLACE INTO meta VALUES ('kinds', ?)", (json.dumps(sorted(held)),))
        run("COMMIT" if keep else "ROLLBACK")
        self._db.close()

    def _drop_orphans(self) -> None:
        """Remove the stubs that stood for what a row said before, and that nothing says any more."""
        self._db.execute(
            "DELETE FROM entry WHERE num IN former AND kind <> '' AND body LIKE ? AND id NOT IN touched "
            "AND NOT EXISTS (SELECT 1 FROM edge WHERE parent = entry.num)",
            (_IS_STUB,),
        )

    def _fold_case(self) -> None:
        """Let edges to a name that no entry has lead to the entry whose name differs from it in case alone."""
        run = self._db.execute
        run(
            "CREATE TEMP TABLE absent AS "
            "SELECT parent, lower(parent) AS low FROM (SELECT DISTINCT parent FROM pending) "
            "LEFT JOIN entry ON id = parent WHERE num IS NULL OR (? AND body LIKE ?)",
            (not self._fresh, _IS_STUB),
        )
        run("CREATE INDEX absent_low ON absent (low)")
        found = run(
            "SELECT parent, min(id) FROM entry JOIN absent ON low = lower(id) "
            "WHERE id <> parent AND kind <> '' AND body NOT LIKE ? GROUP BY parent",
            (_IS_STUB,),
        ).fetchall()
        if found:
            run("CREATE INDEX pending_parent ON pending (parent)")
        for parent, entry_id in found:
            children = run(
                "SELECT entry.num, entry.body, before.body FROM entry LEFT JOIN before USING (num) "
                "WHERE id IN (SELECT child FROM pending WHERE parent = ?)",
                (parent,),
            ).fetchall()
            for num, body, before in children:
                fields = json.loads(body)
                for edge in fields["made_from"]:
                    edge["of"] = entry_id if edge["of"] == parent else edge["of"]
                self.changed -= (text := _encode(fields)) == before
                run("UPDATE entry SET body = ? WHERE num = ?", (text, num))
            run("UPDATE pending SET parent = ? WHERE parent = ?", (entry_id, parent))

    def abandon(self) -> None:
        """Leave the index as it was, which is no file where there was none."""
        self._db.close()
        if self._new:
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _flush(self) -> None:
        written = self._db.executemany(
            "INSERT INTO entry (id, kind, terms, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET kind = excluded.kind, terms = excluded.terms, body = excluded.body WHERE body IS NOT excluded.body",
            self._rows,
        )
        self.changed += max(written.rowcount, 0)
        if not self._fresh:
            self._db.executemany("INSERT OR IGNORE INTO touched VALUES (?)", [(row[0],) for row in self._rows])
        self._db.executemany("INSERT INTO pending VALUES (?, ?, ?)", self._edges)
        self._rows, self._edges = [], []

    def _terms_of(self, kind: str, body: Mapping[str, Any]) -> int:
        """Give the number of what verdicts need of an entry; many entries share one."""
        alike = f"{kind} {body.get('licenses')} {body.get('modality')}"
        if alike not in self._alike:
            text = terms_text(kind, body)
            self._db.execute("INSERT OR IGNORE INTO terms (body) VALUES (?)", (text,))
            (self._alike[alike],) = self._db.execute("SELECT num FROM terms WHERE body = ?", (text,)).fetchone()
        return self._alike[alike]

    def _link(self, relation: str, stage: str) -> int:
        if (relation, stage) not in self._links:
            cursor = self._db.execute("INSERT INTO link (relation, stage) VALUES (?, ?)", (relation, stage))
            self._links[relation, stage] = int(cursor.lastrowid or 0)
        return self._links[relation, stage]


def terms_text(kind: str, body: Mapping[str, Any]) -> str:
    """Give as text what verdicts need of an entry besides its edges, the same for all entries that are alike in it."""
    licenses = {
        component: [
            {key: claim[key] for key in ("id", "since", "until") if claim.get(key)} for claim in _several(claims)
        ]
        for component, claims in (body.get("licenses") or {}).items()
    }
    return json.dumps(
        {"kind": kind, "licenses": licenses, "modality": list(body.get("modality") or ())}, sort_keys=True
    )


def _several(claims: Any) -> Any:
    return [claims] if isinstance(claims, dict) else claims


def write_index(path: Path, entries: Iterable[tuple[str, str, Mapping[str, Any]]], shared: Mapping[str, Any]) -> Writer:
    """Write entries, each an id, a kind and fields, in one transaction; give the writer with its counts."""
    writer = Writer(path, shared)
    try:
        for entry_id, kind, body in entries:
            writer.put(entry_id, kind, body)
        writer.finish()
    except BaseException:
        writer.abandon()
        raise
    return writer
