"""What `llmreg list --where KEY=VALUE` can ask: the keys of each kind of entry, and when an entry has a value."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, get_args

from llmreg.errors import UnknownIdError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.catalog import Catalog
    from llmreg.schema import Entry

KEYS = (
    "id", "name", "released", "license", "code-license", "method", "made-from", "hub", "parameters", "rows", "tokens",
    "category", "file-of",
)  # fmt: skip
"""Keys that some kind of entry has; each component of an entry has one for its license besides, as `code-license`."""
FEW = 16
"""So many values of a key are listed where none of them was asked for."""
_OWN = {"model": "weights", "dataset": "data", "service": "outputs", "software": "code", "benchmark": "data"}
"""The component whose license is the entry's own; a file of a model is a component itself."""
_SPELLINGS = {"licenses": "license"}


class Where:
    """What was asked of the entries of one kind."""

    def __init__(self, catalog: Catalog, kind: type[Entry], words: Iterable[str]) -> None:
        """Read the words; raise `UsageError` for what is no KEY=VALUE, and for a key or value that cannot be."""
        self.catalog = catalog
        self._keys = _keys_of(kind)
        self._wanted = [self._read(word) for word in words]

    def has(self, entry: Entry) -> bool:
        """Tell whether the entry has every value that was asked for."""
        return all(any(_is(key, value, held) for held in self._held(key, entry)) for key, value, _ in self._wanted)

    def hints(self, entries: Iterable[Entry]) -> list[str]:
        """Say of each value that no entry has what there is in its place, where that is few."""
        listed, hints = list(entries), []
        for key, value, said in self._wanted:
            held = {each for entry in listed for each in self._held(key, entry)}
            if not any(_is(key, value, each) for each in held):
                there = sorted(held, key=str.casefold)
                few = f"; there are {', '.join(there)}" if 0 < len(there) <= FEW else did_you_mean(said, there)
                hints.append(f"--where {key}={said}: no entry has this value{few}")
        return hints

    def _read(self, word: str) -> tuple[str, str, str]:
        key, equals, said = word.partition("=")
        key, said = key.strip().lower().replace("_", "-"), said.strip()
        key = _SPELLINGS.get(key, key)
        if not (equals and key and said):
            raise UsageError(f"--where takes KEY=VALUE, not {word!r}; the keys here are {', '.join(self._keys)}")
        if key not in self._keys:
            raise UsageError(
                f"--where: no key {key!r}{did_you_mean(key, self._keys)}; the keys here are {', '.join(self._keys)}"
            )
        return key, self._value(key, said), said

    def _value(self, key: str, said: str) -> str:
        """Return a value as entries have it; raise `UsageError` for one that no entry could have."""
        if key in ("parameters", "rows", "tokens"):
            return str(_number(key, said))
        if key == "released" and not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", said):
            raise UsageError(f"--where released takes YYYY, YYYY-MM or YYYY-MM-DD, not {said!r}")
        if key.endswith("license"):
            return self._license(said).casefold()
        if key in ("made-from", "file-of"):
            return self._entry(said).casefold()
        return said.casefold()

    def _license(self, said: str) -> str:
        """Return the id of the license that goes by a name; indexes name licenses that no entry describes."""
        from llmreg.catalog.names import license_named

        try:
            return license_named(self.catalog, said).id
        except UnknownIdError as error:
            if self.catalog.indexes:
                return said
            raise UsageError(f"--where: {error}; `llmreg list licenses` lists them") from None

    def _entry(self, said: str) -> str:
        from llmreg.cli.options import id_named

        found = id_named(self.catalog, said)
        self.catalog.kind_of(found)  # raises for a name that nothing has
        return found

    def _held(self, key: str, entry: Entry) -> tuple[str, ...]:
        """Return the values that an entry has for a key."""
        if key.endswith("license"):
            return self._licenses(entry, key.removesuffix("license").rstrip("-"))
        if key == "made-from":
            return tuple(edge.of for edge in entry.edges())
        if key == "method":
            return methods_of(entry)
        value = getattr(entry, key.replace("-", "_"), None)
        return () if value is None else value if key == "hub" else (str(value),)

    def _licenses(self, entry: Entry, component: str) -> tuple[str, ...]:
        """Return the ids that are stated for a component on the catalog's day; for the entry itself without one."""
        from llmreg.catalog.expressions import license_ids

        stated_in, own = entry, _OWN.get(entry.kind, "")
        if file_of := getattr(entry, "file_of", None):
            stated_in, own = self.catalog[file_of], getattr(entry, "component", None) or ""
            if component not in ("", own):
                return ()
        day = self.catalog.manifest.date.isoformat()
        found: list[str] = []
        for claim in stated_in.license_claims().get(component or own, ()):
            if (claim.since or "") <= day and (claim.until is None or day < claim.until):
                with suppress(ValueError):
                    found += license_ids(claim.id)
        return tuple(dict.fromkeys(found))


def methods_of(entry: Entry) -> tuple[str, ...]:
    """Return the methods of a model's stages, or the makers of a dataset's steps, each once."""
    from llmreg.schema import Dataset, Model

    if isinstance(entry, Model) and entry.recipe:
        return tuple(dict.fromkeys(stage.method for stage in entry.recipe.steps.values()))
    if isinstance(entry, Dataset) and entry.recipe:
        return tuple(dict.fromkeys(step.maker for step in entry.recipe.steps))
    return ()


def _keys_of(kind: type[Entry]) -> list[str]:
    """List the keys that entries of a kind can have."""
    from llmreg.schema.base import Component

    fields = {name.replace("_", "-") for name in kind.model_fields}
    has = {key for key in KEYS if key in fields}
    has |= {"method"} if "recipe" in fields else set()
    licenses = []
    if "licenses" in fields:
        has |= {"license", "code-license"}
        licenses = [f"{component}-license" for component in get_args(Component) if component != "code"]
    return [*(key for key in KEYS if key in has), *licenses]


def _number(key: str, said: str) -> int:
    plain = said.replace(",", "").replace("_", "")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= FEW):
        raise UsageError(f"--where {key} takes a whole number, not {said!r}")
    return int(plain)


def _is(key: str, wanted: str, held: str) -> bool:
    """Tell whether a value is the one that is wanted: a part of a date stands for the whole, a word for the name."""
    folded = held.casefold()
    if key == "released":
        return folded == wanted or folded.startswith(f"{wanted}-")
    return folded == wanted or (key == "name" and wanted in re.split(r"[\s,()]+", folded))


def rows_where(rows: Iterable[dict[str, Any]], words: Iterable[str], keys: Iterable[str]) -> list[dict[str, Any]]:
    """Keep the rows of what is no entry, such as methods, that have these values."""
    from llmreg.cli.options import parse_pairs

    known, kept = list(keys), list(rows)
    for key, value in parse_pairs(words, "--where").items():
        if key not in known:
            raise UsageError(f"--where: no key {key!r}{did_you_mean(key, known)}; the keys here are {', '.join(known)}")
        kept = [row for row in kept if str(row[key]).casefold() == value.casefold()]
    return kept
