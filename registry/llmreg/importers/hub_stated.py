"""Read what cards state as base models and data: ids in whatever form they are written, and words that name none."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

from llmreg.schema.base import Relation
from llmreg.schema.ids import is_hub_id

Kind = Literal["model", "dataset"]
RELATIONS: dict[str, Relation] = {
    "finetune": "finetune", "finetuned": "finetune", "adapter": "adapter", "lora": "adapter", "merge": "merge",
    "merged": "merge", "quantized": "quantized", "quantised": "quantized", "quantization": "quantized",
}  # fmt: skip
"""The Hub's relations, and other words for them that cards use."""

_LONGEST = 300
"""Letters of an author's words that are kept."""
_MOST = 1000
"""Names of one field that are read."""
_DEPTH = 4
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/(.*)", re.IGNORECASE)
_FILES = re.compile(r"hf://(.+)", re.IGNORECASE)
_LINK = re.compile(r"\[[^\]]*\]\(\s*(\S+?)\s*\)|<(\S+)>")
_PAGES = {"blob", "commit", "commits", "discussions", "edit", "raw", "resolve", "tree", "viewer"}
_NO_NAMES = {
    "custom", "false", "from-scratch", "internal", "local", "mixed", "n/a", "na", "nan", "nil", "no", "none", "null",
    "own", "private", "proprietary", "scratch", "self", "tba", "tbd", "todo", "true", "undefined", "unknown", "various",
    "yes",
}  # fmt: skip
"""Words that have the form of an old id and mean that nobody filled the field in, or does not tell."""
_BETWEEN = re.compile(r"\s*[,;|\n]\s*|\s+(?:and|\+|&)\s+", re.IGNORECASE)
_NAME_KEYS = (
    "id", "hub_id", "repo_id", "repo", "model_id", "dataset_id", "base_model", "name", "model", "dataset", "model_name",
    "dataset_name", "path", "name_or_path", "_name_or_path", "url", "link", "source", "type",
)  # fmt: skip
"""Keys under which a mapping holds a name, the likeliest first."""
_SPLITS = {"train", "training", "validation", "test", "eval", "sft", "dpo", "pretrain", "pretraining", "finetune"}
_SETTINGS = {"revision", "split", "config", "subset", "version", "license", "language", "date", "format"}
"""Keys of a mapping whose text is no name."""
_short = reprlib.Repr()
_short.maxlevel, _short.maxstring, _short.maxother = 3, 120, 120


class Named(NamedTuple):
    """One thing that a card names."""

    words: str
    """What the card says."""
    hub_id: str | None
    """The repository that this is; None where the words name none."""
    how: str | None = None
    """What is said beside the name: a revision, a split."""


def stated(value: Any, kind: Kind) -> list[Named]:
    """Return everything that a field names, each thing once; nothing for a blank field alone."""
    if isinstance(value, str):
        found = [*_in_text(value, kind)] if value.strip() else []
    elif type(value) is list and len(value) < _MOST and all(type(item) is str for item in value):
        found = [one for item in value if item.strip() for one in _in_text(item, kind)]
    else:
        found = list(islice(_named(value, kind, 0), _MOST + 1))
    if len(found) < 2:
        return found
    if len(found) > _MOST:
        found[_MOST] = Named(f"more than {_MOST} names", None)
    return list({one.hub_id.casefold() if one.hub_id else f" {one.words}": one for one in reversed(found)}.values())[
        ::-1
    ]


def tagged(tags: Iterable[str], begin: str, kind: Kind) -> Iterator[tuple[Named, Relation | None]]:
    """Give what tags such as `base_model:adapter:owner/name` name, each with the relation that it tells."""
    for tag in tags:
        if tag[: len(begin)].casefold() != begin:
            continue
        name = tag[len(begin) :]
        word, mark, rest = name.partition(":")
        told = RELATIONS.get(word) if mark and kind == "model" else None
        yield from ((one, told) for one in stated(rest if told else name, kind))


def shown(value: Any) -> str:
    """Return a value as its author's words: one line that any file can hold, cut where it is very long."""
    if isinstance(value, str) and len(value) < _LONGEST and value.isprintable() and " " not in value:
        return value
    text = value if isinstance(value, str) else _short.repr(value) if _inner(value) else str(value)
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def is_blank(value: Any) -> bool:
    """Tell whether a field holds nothing."""
    return value is None or (not value.strip() if isinstance(value, str) else _inner(value) and not value)


def _inner(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple | set | frozenset)


def _named(value: Any, kind: Kind, depth: int) -> Iterator[Named]:
    """Give the names in a value, nothing for what is blank in it."""
    if is_blank(value):
        return
    if isinstance(value, str):
        yield from _in_text(value, kind)
    elif depth > _DEPTH or not _inner(value):
        yield Named(shown(value), None)
    elif isinstance(value, Mapping):
        yield from _in_mapping(value, kind, depth)
    else:
        for item in value:
            yield from _named(item, kind, depth + 1)


def _in_mapping(value: Mapping[Any, Any], kind: Kind, depth: int) -> list[Named]:
    """Give the names under the keys that hold names, or of all pairs where there is no such key."""
    keyed = [[*_named(value[key], kind, depth + 1)] for key in _NAME_KEYS if key in value]
    pairs = [] if keyed else [[*_in_pair(*pair, kind, depth)] for pair in value.items()]
    beside = [pair for pair in value.items() if pair[0] not in _NAME_KEYS and _is_plain(pair[1])]
    how = shown("; ".join(f"{shown(key)}: {shown(item)}" for key, item in beside)) if keyed and beside else None
    found = [one._replace(how=one.how or how) for one in [*_told(keyed), *(one for pair in pairs for one in pair)]]
    return found if any(one.hub_id for one in found) else [Named(shown(value), None)]


def _told(keyed: list[list[Named]]) -> list[Named]:
    """Choose among what several keys of one mapping name: a name and an address beside it are one thing."""
    owned = [[one for one in names if one.hub_id and "/" in one.hub_id] for names in keyed]
    first = next((names for names, ids in zip(keyed, owned, strict=True) if ids), None)
    if first is None:
        return next((names for names in keyed if any(one.hub_id for one in names)), [])
    return [*first, *(one for ids in owned for one in ids if one not in first)]


def _in_pair(key: Any, item: Any, kind: Kind, depth: int) -> list[Named]:
    """Give what a pair such as `train: owner/name` or `owner/name: 0.5` names; a number names nothing."""
    if isinstance(key, str) and "/" in key and (found := _id_in(key, kind)):
        return [Named(shown(key), found[0], shown(item) or None)]
    if not isinstance(item, str):
        return [] if _is_plain(item) else [*_named(item, kind, depth + 1)]
    told = [one if "/" in item or key in _SPLITS else Named(one.words, None) for one in _named(item, kind, depth + 1)]
    return [one._replace(how=one.how or shown(key)) for one in told if one.hub_id or key not in _SETTINGS]


def _is_plain(value: Any) -> bool:
    return not _inner(value) and value is not None


@lru_cache(maxsize=100_000)
def _in_text(text: str, kind: Kind) -> tuple[Named, ...]:
    """Give the name that a text is, or the names that it lists; words that are no name come back as they are."""
    if found := _id_in(text, kind):
        return (Named(shown(text), *found),)
    inside = re.fullmatch(r"\s*\[(.*)\]\s*", text, re.DOTALL)
    parts = [part for part in _BETWEEN.split(inside[1] if inside else text) if part.strip()]
    if len(parts) == 1 and all("/" in word and _id_in(word, kind) for word in parts[0].split()):
        parts = parts[0].split()
    read = tuple(Named(shown(part), *(_id_in(part, kind) or (None, None))) for part in parts)
    return read if any(one.hub_id for one in read) else (Named(shown(text), None),)


def _id_in(text: str, kind: Kind) -> tuple[str, str | None] | None:
    """Give the id that a text is, bare, with a revision, or as an address on the Hub, and the revision."""
    text = text.strip().strip("`'\"")
    if linked := _LINK.fullmatch(text):
        text = linked[1] or linked[2]
        if not _ADDRESS.fullmatch(text):
            return None
    if address := _ADDRESS.fullmatch(text):
        return _at_address(address[1], kind, within="https")
    if address := _FILES.fullmatch(text):
        return _at_address(address[1], kind, within="hf")
    return _bare(text.removesuffix("/"), kind)


def _bare(text: str, kind: Kind) -> tuple[str, str | None] | None:
    name, mark, revision = text.partition("@")
    if not mark and "/" in text.partition(":")[0]:
        name, mark, revision = text.partition(":")
    if kind == "dataset" and name.startswith("datasets/") and name.count("/") == 2:
        name = name.removeprefix("datasets/")
    if not is_hub_id(name) or name.casefold() in _NO_NAMES or (mark and not revision):
        return None
    return name, f"at {shown(revision)}" if revision else None


def _at_address(path: str, kind: Kind, within: Literal["https", "hf"]) -> tuple[str, str | None] | None:
    """Give the repository that a path on the Hub leads to, where it is of this kind."""
    steps = [unquote(step) for step in re.split(r"[?#]", path)[0].split("/") if step]
    steps = [part for step in steps for part in step.split("/") if part]
    if within == "hf" and steps[:1] == ["models"]:
        steps = steps[1:]
    if (steps[:1] == ["datasets"]) != (kind == "dataset"):
        return None
    steps = steps[1:] if kind == "dataset" else steps
    if not steps:
        return None
    size = 1 if len(steps) == 1 or steps[1] in _PAGES else 2
    rest = steps[size:]
    found = _bare("/".join(steps[:size]), kind)
    if not found or (within == "https" and rest and rest[0] not in _PAGES):
        return None
    return found[0], found[1] or (f"at {shown(rest[1])}" if len(rest) > 1 and rest[0] in _PAGES else None)


def fields(said: Mapping[Any, Any], names: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Give the fields of a card that go by one of these names, however the name is written."""
    for key, value in said.items():
        if isinstance(key, str) and folded_key(key) in names:
            yield key, value


@lru_cache(maxsize=10_000)
def folded_key(key: str) -> str:
    """Return the name of a field without what people write differently in it."""
    return re.sub(r"[-_\s]", "", key.casefold())
