"""Which system stands in each slot of a released file: the ids of the answers decide, the file's name is only heard.

Answers whose ids no table knows are one system where they stand in one slot of one file, or share an id. Such a system
takes a name from the names of its files, and names may be swapped: of the two ways to read a file's name, that one
holds whose names the table's systems bear, and then the one by which names and answers meet most often elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_NAME = re.compile(r"(?P<first>.+?)-vs-(?P<second>.+?)(?:-(?P<judge>\w[\w.]*?(?:-\d[\w.]*)?)-reviewer(?:-\w+)?)?")
_STRAIGHT, _SWAPPED = (0, 1), (1, 0)


@dataclass(frozen=True)
class FileName:
    """What a file's name says: `FIRST-vs-SECOND-JUDGE-reviewer`, the judge being optional."""

    first: str
    second: str
    judge: str | None

    @classmethod
    def of(cls, path: Path) -> FileName | None:
        """Read a file's name; none where it names no two systems."""
        found = _NAME.fullmatch(path.stem)
        return cls(**found.groupdict()) if found else None


@dataclass(frozen=True)
class Slots:
    """The ids of the answers in both slots of one file."""

    file: Path
    ids: tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True, order=True)
class _Key:
    """A system: by the table's name, or by the first slot in which its answers were met."""

    known: str | None
    met: tuple[int, int] = (0, 0)


class Naming:
    """The systems of released files."""

    def __init__(self, files: Sequence[Slots], table: Mapping[str, str]) -> None:
        """Work out from all files together who stands where; raise `LlmregError` where both slots hold one system."""
        self.table = table
        self.notes: list[Problem] = []
        self._files = files
        self._names = [FileName.of(each.file) for each in files]
        self._group: dict[str, _Key] = _groups(files, table)
        self._keys = [tuple(map(self._key, each.ids)) for each in files]
        self._meetings()
        votes: defaultdict[_Key, Counter[str]] = defaultdict(Counter)
        for file in range(len(files)):
            for key, name in self._read(file):
                votes[key][name] += 1
        self._elected = {key: min(found, key=lambda name: (-found[name], name)) for key, found in votes.items()}

    def system(self, answer: str) -> str | None:
        """Give the system that gave an answer; none where nothing tells."""
        if answer in self.table:
            return self.table[answer]
        key = self._group.get(answer)
        return self._elected[key] if key else None

    @property
    def guessed(self) -> list[str]:
        """Give the systems that no table names, but only the names of files."""
        return sorted(set(self._elected.values()))

    def _key(self, ids: frozenset[str]) -> _Key | None:
        """Give the system of a slot; none where the table says that several stand there."""
        known = {self.table[each] for each in ids if each in self.table}
        if len(known) == 1:
            return _Key(known.pop())
        return None if known else self._group[min(ids)]

    def _meetings(self) -> None:
        """Note in which files each name and each system occur."""
        self._with_name: defaultdict[str, set[int]] = defaultdict(set)
        self._with_key: defaultdict[_Key, set[int]] = defaultdict(set)
        for file, (name, keys) in enumerate(zip(self._names, self._keys, strict=True)):
            for each in (name.first, name.second) if name else ():
                self._with_name[each].add(file)
            for key in filter(None, keys):
                self._with_key[key].add(file)

    def _read(self, file: int) -> Iterator[tuple[_Key, str]]:
        """Give names for a file's systems that no table knows, and note where its name and the ids are at odds."""
        keys, name, path = self._keys[file], self._names[file], self._files[file].file
        if keys[0] == keys[1] and keys[0] and not keys[0].known:
            raise LlmregError(
                f"{path}: the same answers stand in both slots, so nothing tells the systems apart; "
                "say with --answers which system gave which answer"
            )
        names = (name.first, name.second) if name else (f"{path.stem} (first)", f"{path.stem} (second)")
        order = max((_STRAIGHT, _SWAPPED), key=lambda order: self._evidence(keys, names, order)) if name else _STRAIGHT
        said = tuple(names[place] for place in order)
        if order == _SWAPPED or any(self._denies(key, each) for key, each in zip(keys, said, strict=True)):
            one, other = (key.known or each if key else "several systems" for key, each in zip(keys, said, strict=True))
            how = "has the two swapped" if order == _SWAPPED else f"says {names[0]} and {names[1]}"
            text = (
                f"the ids of the answers put {one} first and {other} second, the file's name {how}; the ids are trusted"
            )
            self.notes.append(Problem(path, 1, "", text))
        for key, each in zip(keys, said, strict=True):
            if key and not key.known:
                yield key, each

    def _evidence(
        self, keys: Sequence[_Key | None], names: tuple[str, str], order: tuple[int, int]
    ) -> tuple[int, Fraction]:
        pairs = [(key, names[place]) for key, place in zip(keys, order, strict=True) if key]
        said = sum(_says(name, key.known) for key, name in pairs if key.known)
        return said, sum((self._together(key, name) for key, name in pairs), Fraction())

    def _together(self, key: _Key, name: str) -> Fraction:
        """Give the share of files with either of them that have both."""
        with_key, with_name = self._with_key[key], self._with_name[name]
        return Fraction(len(with_key & with_name), len(with_key | with_name))

    def _denies(self, key: _Key | None, name: str) -> bool:
        """Tell whether a name is that of another of the table's systems."""
        if not key or not key.known or _says(name, key.known):
            return False
        return any(_says(name, other) for other in set(self.table.values()))


def _groups(files: Sequence[Slots], table: Mapping[str, str]) -> dict[str, _Key]:
    """Put answers that no table knows together: those of one slot, and slots that share one."""
    group: dict[str, _Key] = {}
    members: defaultdict[_Key, set[str]] = defaultdict(set)
    for number, file in enumerate(files):
        for slot, ids in enumerate(file.ids):
            if any(each in table for each in ids):
                continue
            key = _Key(None, (number, slot))
            members[key] = set(ids)
            for other in {group[each] for each in ids if each in group}:
                members[key] |= members.pop(other)
            group.update(dict.fromkeys(members[key], key))
    return group


def _says(name: str, system: str) -> bool:
    """Tell whether a name holds that of a system, whatever signs stand between its words: `gpt-3.5` says `gpt35`."""
    words, wanted = (re.findall(r"[^\W_]+", text.casefold()) for text in (name, system))
    starts = range(len(words))
    return any(
        "".join(words[start:end]) == "".join(wanted) for start in starts for end in range(start + 1, len(words) + 1)
    )
