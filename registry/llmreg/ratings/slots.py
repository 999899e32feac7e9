"""Which system stands in each slot of a released file: the ids of the answers decide, the file's name is only heard.

Two systems may give the same answer, which then has one id for both, so the mass of the ids decides and no single one.
A slot is the system's to which the table gives most of its answers. Slots that the table does not know are one system's
where they share most of their answers. Such a system takes a name from the names of its files, and names may be
swapped: of the two ways to read a file's name, that one holds whose names the table's systems bear, and then the one by
which names and answers meet most often elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from llmreg.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_NAME = re.compile(r"(?P<first>.+?)-vs-(?P<second>.+?)(?:-(?P<judge>\w[\w.]*?(?:-\d[\w.]*)?)-reviewer(?:-\w+)?)?")
_STRAIGHT, _SWAPPED = (0, 1), (1, 0)
_Slot = tuple[int, int]
"""A file's number, and 0 for its first slot or 1 for its second."""


@dataclass(frozen=True)
class FileName:
    """What a file's name says: `FIRST-vs-SECOND-JUDGE-reviewer`, the judge being optional."""

    first: str
    second: str
    judge: str | None

    @classmethod
    def of(cls, path: Path) -> FileName | None:
        """Read a file's name; none where it names no two systems."""
        found = _NAME.fullmatch(_stem(path))
        return cls(**found.groupdict()) if found else None


@dataclass(frozen=True)
class Slots:
    """The ids of the answers in both slots of one file."""

    file: Path
    ids: tuple[frozenset[str], frozenset[str]]

    @classmethod
    def of(cls, file: Path, rows: Iterable[tuple[str, str]]) -> Slots:
        """Collect the ids; a row with one answer in both slots does not tell who stands where."""
        pairs = [(first, second) for first, second in rows if first != second]
        return cls(file, (frozenset(first for first, _ in pairs), frozenset(second for _, second in pairs)))

    @property
    def shared(self) -> frozenset[str]:
        """Return the answers that stand in both slots."""
        return self.ids[0] & self.ids[1]

    @property
    def mixed(self) -> bool:
        """Tell whether so many answers of one slot stand in the other that the slots do not tell the systems apart."""
        return 2 * len(self.shared) >= min(map(len, self.ids))


@dataclass(frozen=True, order=True)
class _Key:
    """A system: by the table's name, or by the first slot in which its answers were met."""

    known: str | None
    met: tuple[int, int] = (0, 0)


class Naming:
    """The systems of released files."""

    def __init__(self, files: Sequence[Slots], table: Mapping[str, frozenset[str]]) -> None:
        """Work out from all files together who stands where; `table` gives the systems that gave each answer."""
        self.table = table
        self.notes: list[Problem] = []
        self._files = files
        self._place = {each.file: number for number, each in enumerate(files)}
        self._names = [FileName.of(each.file) for each in files]
        self._systems = frozenset().union(*table.values())
        found = _owners(files, self._names, table)
        self._keys = [(found.get((number, 0)), found.get((number, 1))) for number in range(len(files))]
        self._meetings()
        votes: defaultdict[_Key, Counter[str]] = defaultdict(Counter)
        for file in range(len(files)):
            for key, name in self._read(file):
                votes[key][name] += 1
        self._elected = {key: min(found, key=lambda name: (-found[name], name)) for key, found in votes.items()}

    def systems(self, file: Path, first: str, second: str) -> tuple[str | None, str | None]:
        """Return the systems of a row's answers, none where nothing tells whose an answer is.

        One answer in both slots is both systems', where all the others tell which these are.
        """
        place = self._place[file]
        owners = self._keys[place]
        if first == second:
            found = owners if all(owners) else self._both(place, first)
        else:
            found = (self._owner(place, 0, first), self._owner(place, 1, second))
            odd = [_is_odd(owner, key) for owner, key in zip(owners, found, strict=True)]
            if sum(odd) == 1:  # both would be a row that is swapped or out of place; one is an answer that two gave
                found = (None if odd[0] else found[0], None if odd[1] else found[1])
        return self._called(found[0]), self._called(found[1])

    def why(self, file: Path, slot: int, answer: str) -> str:
        """Say what is known of an answer of which nothing tells whose it is."""
        place = self._place[file]
        owner, given = self._keys[place][slot], sorted(self.table.get(answer, ()))
        if given:
            others = f"most of this slot is {self._called(owner)}'s" if owner else "this slot is several systems'"
            return f"the table gives it to {' and '.join(given)}, and {others}"
        if owner and owner.known:
            return "others of this slot are known"
        return "it stands in both slots"

    def _both(self, file: int, answer: str) -> tuple[_Key | None, _Key | None]:
        """Return the two systems of a file's name where the table says that both gave this answer."""
        given = Counter(self.table.get(answer, ()))
        one, other = (_heard(given, 1, self._names[file], slot) for slot in (0, 1))
        return (_Key(one), _Key(other)) if one and other and one != other else (None, None)

    def _owner(self, file: int, slot: int, answer: str) -> _Key | None:
        """Return whose an answer is: among those that gave it, the owner of the slot comes first."""
        owner = self._keys[file][slot]
        if answer in self.table:
            given = {_Key(system) for system in self.table[answer]}
            if owner in given:
                return owner
            # The table does not know the owner of this slot, who may have given the same answer.
            return None if owner and not owner.known else _single(given)
        if owner and (owner.known or answer not in self._files[file].shared):
            return None if owner.known else owner
        return owner if owner in self._with_answer[answer] else _single(self._with_answer[answer])

    def _called(self, key: _Key | None) -> str | None:
        return (key.known or self._elected[key]) if key else None

    @property
    def guessed(self) -> list[str]:
        """Give the systems that no table names, but only the names of files."""
        return sorted(set(self._elected.values()))

    def _meetings(self) -> None:
        """Note in which files each name and each system occur, and who has which answer to itself in a file."""
        self._with_name: defaultdict[str, set[int]] = defaultdict(set)
        self._with_key: defaultdict[_Key, set[int]] = defaultdict(set)
        self._with_answer: defaultdict[str, set[_Key]] = defaultdict(set)
        for file, (name, keys) in enumerate(zip(self._names, self._keys, strict=True)):
            for each in (name.first, name.second) if name else ():
                self._with_name[each].add(file)
            for key, ids in zip(keys, self._files[file].ids, strict=True):
                if key:
                    self._with_key[key].add(file)
                    for answer in ids - self._files[file].shared:
                        self._with_answer[answer].add(key)

    def _read(self, file: int) -> Iterator[tuple[_Key, str]]:
        """Give names for a file's systems that no table knows, and note where its name and the ids are at odds."""
        keys, name, path = self._keys[file], self._names[file], self._files[file].file
        if keys == (None, None) and not any(each in self.table for each in self._files[file].ids[0]):
            text = (
                "the same answers stand in both slots, so nothing tells the systems apart; say with --answers which "
                "system gave which answer"
            )
            self.notes.append(Problem(path, 1, "", text))
        names = (name.first, name.second) if name else (f"{_stem(path)} (first)", f"{_stem(path)} (second)")
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
        return any(_says(name, other) for other in self._systems)


def _owners(
    files: Sequence[Slots], names: Sequence[FileName | None], table: Mapping[str, frozenset[str]]
) -> dict[_Slot, _Key]:
    """Return the system of each slot that is one system's: the table's, or one that its answers tell.

    Where the table gives all that it knows of a slot to several systems alike, the file's name says which it is.
    """
    keys: dict[_Slot, _Key] = {}
    unknown: dict[_Slot, frozenset[str]] = {}
    for number, file in enumerate(files):
        for slot, ids in enumerate(file.ids):
            known = [each for each in ids if each in table]
            given = Counter(system for each in known for system in table[each])
            if 2 * len(known) < len(ids):
                if not file.mixed:
                    unknown[number, slot] = ids
            elif owner := _most(given, len(known)) or _heard(given, len(known), names[number], slot):
                keys[number, slot] = _Key(owner)
    return keys | _clusters(unknown)


def _most(given: Counter[str], known: int) -> str | None:
    """Return the system that gave more than half of the known answers, and more than each other."""
    (first, most), (_, next_most) = (*given.most_common(2), ("", 0), ("", 0))[:2]
    return first if 2 * most > known and most > next_most else None


def _heard(given: Counter[str], known: int, name: FileName | None, slot: int) -> str | None:
    """Return the one system among those that gave all known answers which the file's name says to stand here."""
    alike = [system for system, count in given.items() if count == known]
    for each in (name.first, name.second) if name and not slot else (name.second, name.first) if name else ():
        if len(found := [system for system in alike if _says(each, system)]) == 1:
            return found[0]
    return None


def _clusters(slots: Mapping[_Slot, frozenset[str]]) -> dict[_Slot, _Key]:
    """Put the slots together that share most answers, those that share most of all first; never two of one file."""
    standing: defaultdict[str, list[_Slot]] = defaultdict(list)
    for slot, ids in sorted(slots.items()):
        for answer in ids:
            standing[answer].append(slot)
    common = Counter(pair for found in standing.values() for pair in combinations(found, 2))
    share = {
        (one, other): Fraction(count, min(len(slots[one]), len(slots[other]))) for (one, other), count in common.items()
    }
    cluster = {slot: {slot} for slot in slots}
    for one, other in sorted(
        (pair for pair in share if share[pair] > Fraction(1, 2)), key=lambda pair: (-share[pair], pair)
    ):
        mine, theirs = cluster[one], cluster[other]
        if mine is not theirs and not {file for file, _ in mine} & {file for file, _ in theirs}:
            mine |= theirs
            cluster.update(dict.fromkeys(theirs, mine))
    return {slot: _Key(None, min(found)) for slot, found in cluster.items()}


def _is_odd(owner: _Key | None, found: _Key | None) -> bool:
    """Tell whether the table gives an answer to another system than the one whose slot it stands in."""
    return bool(owner and owner.known and found and found != owner)


def _single(keys: set[_Key]) -> _Key | None:
    return next(iter(keys)) if len(keys) == 1 else None


def _stem(path: Path) -> str:
    return path.with_suffix("").stem if path.suffix == ".gz" else path.stem


def _says(name: str, system: str) -> bool:
    """Tell whether a name holds that of a system, whatever signs stand between its words: `gpt-3.5` says `gpt35`."""
    words, wanted = (re.findall(r"[^\W_]+", text.casefold()) for text in (name, system))
    starts = range(len(words))
    return any(
        "".join(words[start:end]) == "".join(wanted) for start in starts for end in range(start + 1, len(words) + 1)
    )
