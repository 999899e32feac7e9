"""One file that is looked into, and the place of everything in it."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from llmreg.scan.mention import ADDRESS, OLLAMA, Mention, is_full, named_by
from llmreg.scan.words import BUILDERS, LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmreg.scan.mention import Host, How, Kind

_TAG = re.compile(r"[a-z0-9][\w.-]*(?:/[\w.-]+)?(?::[\w.-]+)?", re.ASCII | re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:your|my|some|the|example)?[-_]?(?:path|user|username|name|org|organization|namespace|owner|hf[-_]?\w*)?"
    r"/(?:your|my|the|some)?[-_]?(?:model|dataset|repo|adapter|data)?[-_]?(?:name|id|path|here)?",
    re.IGNORECASE,
)
_MEDIA = re.compile(r"(?:text|image|audio|video|application|multipart|font|model|message)/[\w.+*-]+", re.IGNORECASE)


@dataclass(frozen=True)
class File:
    """A text file below the scanned folder."""

    root: Path
    path: str
    text: str

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of a character, both from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def start_of(self, line: int) -> int:
        """Return where a line begins, the first being line 0."""
        return self._starts[min(line, len(self._starts) - 1)]

    def mention(
        self,
        text: str,
        at: tuple[int, int],
        kind: Kind,
        how: How,
        *,
        host: Host = "hub",
        strict: bool = True,
        bare: bool = True,
    ) -> Iterator[Mention]:
        """Yield what a text at a place names, or nothing; `bare` takes names without an owner too.

        An address of a whole repository is no guess wherever it is.
        """
        if OLLAMA.match(text):
            host, strict = "ollama", True
        strict = strict or bool(ADDRESS.match(text) and not bare)
        found = self._tag(text) if host == "ollama" else self._repository(text, bare=bare)
        if found:
            yield Mention(self.path, *at, found[0], found[1] or kind, how, host, strict)

    def _repository(self, text: str, *, bare: bool) -> tuple[str, Kind | None] | None:
        named = named_by(text)
        if named is None or not (bare or is_full(named.id)) or not any(map(str.isalpha, named.id)):
            return None
        if named.id in BUILDERS:
            return None
        if is_full(named.id) and (
            self._is_local(named.id) or _PLACEHOLDER.fullmatch(named.id) or _MEDIA.fullmatch(named.id)
        ):
            return None
        return named.id, named.kind

    def _tag(self, text: str) -> tuple[str, None] | None:
        text = OLLAMA.sub("", text.strip())
        if ADDRESS.match(text):
            return None
        return (text, None) if _TAG.fullmatch(text) and any(map(str.isalpha, text)) else None

    def _is_local(self, name: str) -> bool:
        """Tell whether `a/b` is a path: its first part is a usual folder, or something lies there."""
        first = name.partition("/")[0].lower()
        if first in LOCAL:
            return True
        here = os.path.dirname(self.path)
        return any(os.path.exists(os.path.join(self.root, folder, name)) for folder in {"", here})


@dataclass(frozen=True)
class Finder:
    """Finds mentions in one kind of file."""

    name: str
    takes: Callable[[str], bool]
    """Tells by the path, relative to the scanned folder, whether this finder reads a file."""
    find: Callable[[File], Iterator[Mention]]
    worth: Callable[[str], object] | None = None
    """Tells fast, by its text, whether a file is worth reading; None reads every file."""
    binary: bool = False
    """Whether it reads the file itself, which is no text."""


def named(*names: str, suffixes: tuple[str, ...] = ()) -> Callable[[str], bool]:
    """Return a test of a path's last part: one of these names, or with one of these suffixes, in any case."""
    lower = tuple(name.lower() for name in names)

    def takes(path: str) -> bool:
        name = path.rpartition("/")[2].lower()
        return name in lower or name.endswith(suffixes)

    return takes
