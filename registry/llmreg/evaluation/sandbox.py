"""Run SQL that nobody has read: in memory, reading only, in a process of its own, with limits on steps, time and size.

The process runs this very file, which imports nothing but the standard library.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cache
from math import isinf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STEPS = 20_000_000
"""Steps of sqlite's virtual machine that a query may take: the limit that is the same on every machine."""
SECONDS = 10.0
"""Seconds that a query may take; what one step does can be slow."""
ROWS = 1000
"""Rows that a query may give."""
LENGTH = 100_000
"""Bytes of a value, and of a query."""
MEMORY = 128 * 1024 * 1024
"""Bytes that sqlite may hold."""
_EVERY = 1000
"""Steps between two looks at the clock."""

_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_FUNCTION}
_FILLING = _READING | {
    sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_CREATE_INDEX, sqlite3.SQLITE_CREATE_VIEW, sqlite3.SQLITE_INSERT,
    sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_REINDEX, sqlite3.SQLITE_TRANSACTION,
}  # fmt: skip
_FUNCTIONS = {"load_extension", "random", "randomblob", "readfile", "writefile", "edit", "fts3_tokenizer"}
"""Functions that reach outside, or give something else each time."""


@dataclass(frozen=True)
class Outcome:
    """What became of a query: its rows, or why there are none."""

    rows: list[list[Any]] | None = None
    """Values as JSON writes them; bytes as `{"bytes": "<hexadecimal>"}`, infinity as `{"real": "inf"}`."""
    columns: list[str] = field(default_factory=list)
    """Names of the columns."""
    error: str | None = None
    """What sqlite said of a query that is wrong."""
    refused: str | None = None
    """What it tried that is not allowed, or the limit that stopped it."""


def run(setup: str, queries: Sequence[str]) -> list[Outcome]:
    """Give what each query gives on a database of its own that `setup` fills."""
    job = json.dumps({"setup": setup, "queries": list(queries)})
    command = [sys.executable, "-I", "-S", "-X", "utf8", __file__]
    limit = SECONDS * (len(queries) + 1) + 20
    try:
        done = subprocess.run(command, input=job.encode("utf-8", "surrogatepass"), capture_output=True, timeout=limit)  # noqa: S603 - this file, by this interpreter
    except subprocess.TimeoutExpired:
        return [Outcome(refused=f"stopped: more than {SECONDS:g} seconds")] * len(queries)
    if done.returncode:
        return [Outcome(refused="stopped: sqlite broke down")] * len(queries)
    return [Outcome(**outcome) for outcome in json.loads(done.stdout)]


@cache
def tables(setup: str) -> dict[str, list[str]]:
    """Give the columns of each table that `setup` makes, in order; raise `ValueError` where it does not run."""
    (found,) = run(setup, ["SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid"])
    if found.rows is None:
        raise ValueError(found.error or found.refused)
    names: list[str] = [name for (name,) in found.rows]
    asked = ['SELECT * FROM "{}" LIMIT 0'.format(name.replace('"', '""')) for name in names]  # noqa: S608 - in the sandbox
    return {name: outcome.columns for name, outcome in zip(names, run(setup, asked), strict=True)}


def _main() -> None:
    """Read a job from standard input and write its outcomes."""
    job = json.loads(sys.stdin.buffer.read().decode("utf-8", "surrogatepass"))
    outcomes = [_outcome(job["setup"], query) for query in job["queries"]]
    sys.stdout.buffer.write(json.dumps(outcomes).encode())


def _outcome(setup: str, query: str) -> dict[str, Any]:
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.text_factory = lambda data: data.decode("utf-8", "replace")
    guard = _Guard(database)
    try:
        database.execute(f"PRAGMA hard_heap_limit = {MEMORY}")
        database.execute("PRAGMA temp_store = MEMORY")
        guard.allow(_FILLING)
        database.executescript(setup)
        guard.allow(_READING)
        return _found(database.execute(query))
    except _TooManyRowsError as error:
        return {"refused": str(error)}
    except (MemoryError, sqlite3.Error, sqlite3.Warning, ValueError) as error:
        return guard.explain(error)
    finally:
        database.set_progress_handler(None, 0)
        database.set_authorizer(None)
        database.close()


class _TooManyRowsError(Exception):
    pass


class _Guard:
    """What a connection may do now, and what it tried beyond that."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        self.tried: str | None = None
        self.stopped: str | None = None
        for category, limit in (
            (sqlite3.SQLITE_LIMIT_LENGTH, LENGTH),
            (sqlite3.SQLITE_LIMIT_SQL_LENGTH, LENGTH),
            (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
            (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
        ):
            database.setlimit(category, limit)

    def allow(self, actions: Iterable[int]) -> None:
        """Allow these actions from here on, for as many steps and seconds as there are."""
        self.allowed = set(actions)
        self.steps, self.end = 0, time.monotonic() + SECONDS
        self.database.set_authorizer(self._authorize)
        self.database.set_progress_handler(self._progress, _EVERY)

    def explain(self, error: BaseException) -> dict[str, Any]:
        """Say whether a query was wrong or was kept from something."""
        if self.stopped:
            return {"refused": f"stopped: {self.stopped}"}
        if self.tried:
            return {"refused": f"not allowed: {self.tried}"}
        if isinstance(error, MemoryError) or "out of memory" in str(error):
            return {"refused": f"stopped: more than {MEMORY // 1024 // 1024} MiB"}
        return {"error": str(error)}

    def _authorize(self, action: int, _: str | None, second: str | None, *__: str | None) -> int:
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FUNCTIONS:
            self.tried = f"the function {second}"
        elif action not in self.allowed:
            self.tried = "it does more than read"
        else:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    def _progress(self) -> int:
        self.steps += _EVERY
        if self.steps > STEPS:
            self.stopped = f"more than {STEPS:,} steps"
        elif time.monotonic() > self.end:
            self.stopped = f"more than {SECONDS:g} seconds"
        return self.stopped is not None


def _found(cursor: sqlite3.Cursor) -> dict[str, Any]:
    rows = cursor.fetchmany(ROWS + 1)
    if len(rows) > ROWS:
        raise _TooManyRowsError(f"stopped: more than {ROWS:,} rows")
    if cursor.description is None:
        raise ValueError("it asks for nothing")
    values = [[_as_json(value) for value in row] for row in rows]
    return {"rows": values, "columns": [name for name, *_ in cursor.description]}


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    return {"real": str(value)} if isinstance(value, float) and isinf(value) else value


if __name__ == "__main__":
    _main()
