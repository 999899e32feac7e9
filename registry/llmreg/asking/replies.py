"""Replies of models, kept by what was asked, so that nobody pays twice for the same one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from threading import Lock
from typing import TYPE_CHECKING

from llmreg.catalog.cache import folder
from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TABLE = "CREATE TABLE IF NOT EXISTS reply (key TEXT PRIMARY KEY, reply TEXT NOT NULL) WITHOUT ROWID"


@dataclass(frozen=True)
class Reply:
    """What a model said."""

    text: str
    finish: str | None = None
    """Why it ended, in the endpoint's words: `stop`, or `length` where it was cut off."""
    model: str | None = None
    """What the endpoint calls the model that replied."""
    tokens_in: int | None = None
    """As the endpoint counts them."""
    tokens_out: int | None = None

    def __post_init__(self) -> None:
        """Replace halves of surrogate pairs, which a file of ratings cannot hold."""
        from llmreg.hub.words import mended

        for name in ("text", "finish", "model"):
            if value := getattr(self, name):
                object.__setattr__(self, name, mended(value))


class Replies:
    """The kept replies, by the hash of the model, the prompt and the settings."""

    def __init__(self, path: Path) -> None:
        """Open the file, made if it is new; raise `LlmregError` where that cannot be."""
        self.path = path
        self._lock = Lock()
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=30, check_same_thread=False)
            with self._database:
                self._database.execute(_TABLE)

    def close(self) -> None:
        """Close the file, once nobody uses it; a reply that comes later is not kept."""
        with self._lock:
            self._database.close()

    def get(self, key: str) -> Reply | None:
        """Give what was replied; none where it was not asked yet."""
        with self._lock, self._explained():
            row = self._database.execute("SELECT reply FROM reply WHERE key = ?", (key,)).fetchone()
        try:
            return Reply(**json.loads(row[0])) if row else None
        except (ValueError, TypeError, RecursionError):
            raise LlmregError(f"{self.path}: holds a damaged reply; name another file with --cache") from None

    def put(self, key: str, reply: Reply) -> None:
        """Keep a reply; when this returns, it is on the disk."""
        with self._lock, self._explained(), self._database:
            self._database.execute("INSERT OR REPLACE INTO reply VALUES (?, ?)", (key, json.dumps(asdict(reply))))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise LlmregError(
                f"{self.path}: replies cannot be kept there ({error}); name a file with --cache"
            ) from None


@contextmanager
def replies(path: Path | None = None) -> Iterator[Replies]:
    """Open the kept replies, by default the user's."""
    with closing(Replies(path or folder() / "judgments.sqlite")) as opened:
        yield opened
