"""Search a catalog by words: ids, names, Hub ids, developers, licenses and notes, ranked, with slips forgiven."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.catalog import cache
from llmreg.catalog.names import normal
from llmreg.errors import UsageError
from llmreg.schema import FOLDERS, Asset, Dataset, Entry, License, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from llmreg.catalog.load import Catalog

_TOKEN = re.compile(r"[a-z]+|\d+(?:\.\d+)*[a-z]*")
_NAMES, _MAKERS, _TERMS, _TEXT = 10.0, 4.0, 3.0, 1.0
"""What a word counts in ids and names, developers, licenses, and other text."""
_WHOLE, _BEGINS, _WITHIN = 1.0, 0.6, 0.3
"""What a match of a whole token counts, of its beginning, of a part of it."""
_PHRASE, _SAME = 50.0, 100.0
"""What it counts that a name holds the words next to each other, or is the words."""
_LONG = 4
"""Letters from which on a word may be a slip of another, and may match a part of a token."""
_FROM_INDEX = 400
"""Rows of an index that are ranked."""
_KINDS = {kind.kind: kind for kind in FOLDERS.values()}


@dataclass(frozen=True)
class Hit:
    """An entry that a search found."""

    id: str
    kind: type[Entry]
    score: float


@dataclass(frozen=True)
class _Document:
    """What of an entry is searched."""

    id: str
    kind: type[Entry]
    names: tuple[tuple[str, ...], ...]
    """The tokens of its id and of each of its names."""
    fields: tuple[tuple[float, frozenset[str]], ...]
    """Tokens with what each counts, those that count most first."""
    behind: bool
    """Whether another entry is what people mean: it is a file of a model, another's record, or only a name."""


def search(
    catalog: Catalog, words: str, kinds: Sequence[type[Entry]] = (Entry,), *, limit: int | None = 20
) -> list[Hit]:
    """Return the entries in which every word is found, the best first.

    A word that no entry has is read as the nearest that one has. Raises `UsageError` where there is no word.
    """
    wanted = tokens(words)
    if not wanted:
        raise UsageError(f"no word to search for in {words!r}; give a name, a Hub id, a developer or a license")
    documents = [each for each in _documents(catalog) if issubclass(each.kind, tuple(kinds))]
    documents += _indexed(catalog, wanted, tuple(kinds))
    meant = [_meant(word, documents) for word in wanted]
    hits = [Hit(each.id, each.kind, score) for each in documents if (score := _score(each, meant))]
    return sorted(hits, key=lambda hit: (-hit.score, _rank(hit.kind), len(hit.id), hit.id))[:limit]


def _rank(kind: type[Entry]) -> int:
    """Return the place of a kind among those of equal score: what people most often look for comes first."""
    return next((at for at, each in enumerate((Model, Dataset, License)) if issubclass(kind, each)), 3)


def tokens(text: str) -> tuple[str, ...]:
    """Split into words and numbers with their units: `Llama-3.1-8B` is `llama`, `3.1`, `8b`."""
    return tuple(_TOKEN.findall(text.casefold()))


def _documents(catalog: Catalog) -> list[_Document]:
    if "search" not in catalog.memo:
        catalog.memo["search"] = _kept(catalog)
    found: list[_Document] = catalog.memo["search"]
    return found


def _kept(catalog: Catalog) -> list[_Document]:
    """Return the documents of the entries in files, from the cache as long as no file has changed."""
    key = _cache_key(catalog)
    known = cache.get(key) if key else None
    if known:
        return [_from_plain(plain) for plain in known["documents"]]
    made = [_document(catalog[entry_id]) for entry_id in catalog.file_ids()]
    if key:
        cache.put(key, {"documents": [_plain(each) for each in made]})
    return made


def _cache_key(catalog: Catalog) -> bytes | None:
    """Return the key of what all files hold, read by this version of the search; None where an entry has no file."""
    paths = [catalog.path_of(entry_id) for entry_id in catalog.file_ids()]
    try:
        content = b"".join(b"%s\0%s\0" % (os.fsencode(Path(*path.parts[-2:])), path.read_bytes()) for path in paths)
        return cache.key_of(content, f"search {Path(__file__).stat().st_mtime_ns}")
    except OSError:
        return None


def _plain(document: _Document) -> list[Any]:
    fields = [[weight, sorted(held)] for weight, held in document.fields]
    return [document.id, document.kind.kind, document.names, fields, document.behind]


def _from_plain(plain: list[Any]) -> _Document:
    entry_id, kind, names, fields, behind = plain
    held = tuple((weight, frozenset(words)) for weight, words in fields)
    return _Document(entry_id, _KINDS[kind], tuple(map(tuple, names)), held, behind)


def _document(entry: Entry) -> _Document:
    named = [entry.id, entry.name, *entry.aliases, *getattr(entry, "hub", ())]
    names = tuple(dict.fromkeys(found for name in named if (found := tokens(name))))
    claims = [claim.id for several in entry.license_claims().values() for claim in several]
    text = [entry.description or "", *entry.notes]
    fields = (
        (_NAMES, frozenset(token for name in names for token in name)),
        (_MAKERS, _all_tokens(getattr(entry, "developers", ()))),
        (_TERMS, _all_tokens([*claims, *_license_names(entry)])),
        (_TEXT, _all_tokens(text)),
    )
    behind = isinstance(entry, Asset) and bool(entry.same_as or entry.stub or getattr(entry, "file_of", None))
    return _Document(entry.id, type(entry), names, fields, behind)


def _license_names(entry: Entry) -> Iterable[str]:
    return filter(None, (entry.spdx, entry.category)) if isinstance(entry, License) else ()


def _all_tokens(texts: Iterable[Any]) -> frozenset[str]:
    return frozenset(token for text in texts for token in tokens(str(text)))


def _indexed(catalog: Catalog, wanted: Sequence[str], kinds: tuple[type[Entry], ...]) -> Iterator[_Document]:
    """Yield rows of the indexes whose ids hold every word; where none does, either half of each: a slip is in one."""
    for index in catalog.indexes:
        found = index.holding([(word,) for word in wanted], _FROM_INDEX)
        found = found or index.holding([_halves(word) for word in wanted], _FROM_INDEX)
        for entry_id, kind in found:
            if issubclass(kind, kinds):
                name = tokens(entry_id.partition(".")[2] or entry_id)
                yield _Document(entry_id, kind, (name,), ((_NAMES, frozenset(name)),), behind=False)


def _halves(word: str) -> tuple[str, ...]:
    middle = (len(word) + 1) // 2
    return (word[:middle], word[middle:]) if len(word) >= _LONG and not word[0].isdigit() else (word,)


def _meant(word: str, documents: Sequence[_Document]) -> str:
    """Return the word itself if any entry has it or begins with it, else the nearest that one has among its names.

    A number is never read as another: it tells one model from the next.
    """
    from difflib import get_close_matches

    if (
        len(word) < _LONG
        or word[0].isdigit()
        or any(_match(word, held) for each in documents for _, held in each.fields)
    ):
        return word
    known = {token for each in documents for token in each.fields[0][1] if len(token) >= _LONG}
    return next(iter(get_close_matches(word, sorted(known), n=1, cutoff=0.7)), word)


def _score(document: _Document, wanted: Sequence[str]) -> float:
    """Return how well an entry matches; 0 where it lacks a word."""
    total = 0.0
    for word in wanted:
        best = max((weight * _match(word, held) for weight, held in document.fields), default=0.0)
        if not best:
            return 0.0
        total += best
    total += max((_phrase(tuple(wanted), name) for name in document.names), default=0.0)
    return total / 2 if document.behind else total


def _phrase(asked: tuple[str, ...], name: tuple[str, ...]) -> float:
    """Return what it counts that a name is the words, or holds them in a row: more if it holds little else."""
    if asked == name:
        return _SAME
    held = any(asked == name[at : at + len(asked)] for at in range(len(name)))
    return _PHRASE * len(asked) / len(name) if held else 0.0


def _match(word: str, held: frozenset[str]) -> float:
    if word in held:
        return _WHOLE
    if word[0].isdigit():  # 3 is not 30b
        return _BEGINS if any(token.startswith(f"{word}.") for token in held) else 0.0
    if any(token.startswith(word) for token in held):
        return _BEGINS
    return _WITHIN if len(word) >= _LONG and any(word in token for token in held) else 0.0


def has_license(entry: Entry, names: frozenset[str]) -> bool:
    """Tell whether an entry states one of these licenses, given by their ids, for any of its parts."""
    from llmreg.catalog.expressions import license_ids

    stated = {claim.id for several in entry.license_claims().values() for claim in several}
    return any(normal(each) in names for claim in stated for each in license_ids(claim))
