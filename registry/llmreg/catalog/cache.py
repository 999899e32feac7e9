"""A cache of entries as they were read and checked, keyed by what is in the file, so that most commands parse no YAML.

It knows no schema, so that a command which only shows an entry need not load one. Whatever is wrong with it, it is left
aside: the files are what counts.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

NAME = "entries.sqlite"
MAX_BYTES = 1_000_000
"""Of a file of the catalog."""
_TABLE = "CREATE TABLE IF NOT EXISTS entry (key BLOB PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID"
_pending: dict[bytes, str] = {}
_SCHEMA = Path(__file__).parents[1] / "schema"


def folder() -> Path:
    """Give the folder of the cache: `XDG_CACHE_HOME`, else the user's, and `llmreg` in it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "llmreg"


def key_of(data: bytes, kind: str) -> bytes:
    """Give the key of a file's bytes, read as an entry of this kind by this version of the schema."""
    return hashlib.blake2b(data, digest_size=20, key=_version() + kind.encode()).digest()


@cache
def _version() -> bytes:
    """Tell this schema from an older one: by its files, since a checkout changes without its version."""
    import llmreg

    stamps = [file.stat().st_mtime_ns for file in sorted(_SCHEMA.glob("*.py"))]
    return hashlib.blake2b(repr((llmreg.__version__, stamps)).encode(), digest_size=16).digest()


def get(key: bytes) -> dict[str, Any] | None:
    """Give what was put under the key, None where nothing was or where the cache cannot be read."""
    import sqlite3

    path = folder() / NAME
    if not path.is_file():
        return None
    try:
        row = _opened(path, os.getpid()).execute("SELECT body FROM entry WHERE key = ?", (key,)).fetchone()
        value = json.loads(row[0]) if row else None
    except (sqlite3.Error, ValueError, TypeError, RecursionError):
        with suppress(OSError):
            path.unlink()
        _opened.cache_clear()
        return None
    return value if isinstance(value, dict) else None


@cache
def _opened(path: Path, _process: int) -> sqlite3.Connection:
    """Open the cache for reading, once in each process: a connection does not survive a fork."""
    import sqlite3

    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0, check_same_thread=False)
    atexit.register(database.close)
    return database


def put(key: bytes, value: dict[str, Any]) -> None:
    """Keep a value of plain JSON until the process ends, when all of them are written at once."""
    if not _pending:
        atexit.register(write)
    _pending[key] = json.dumps(value)


def write() -> None:
    """Write what was put; another process that writes, a full disk or a folder that cannot be written are no error."""
    import sqlite3

    rows = list(_pending.items())
    _pending.clear()
    with suppress(OSError, sqlite3.Error):
        folder().mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(folder() / NAME, timeout=1)) as database, database:
            database.execute(_TABLE)
            database.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?)", rows)
