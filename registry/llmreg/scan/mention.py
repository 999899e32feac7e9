"""A mention: an open model or data set that a file names, at its place and with the way it is used there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["model", "dataset"]
How = Literal["loaded", "default", "config", "command", "mentioned", "test", "header"]
"""`loaded` by a call, a `default` of a parameter, a `config` value, on a `command` line, only `mentioned`, in a `test`,
or in the `header` of a model file."""
Host = Literal["hub", "ollama"]
"""Whose names these are: the Hub's ids, or Ollama's tags."""

_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_ID = re.compile(rf"{_PART}/{_PART}|{_PART}", re.ASCII)
_PREFIXES = re.compile(
    r"^(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)/(?:api/)?(?:models/)?|^hf://(?:models/)?"
    r"|^hf[_-]hub:|^huggingface/(?=[^/]+/[^/]+$)",
    re.IGNORECASE,
)
_DATASETS = re.compile(r"^/?datasets/", re.IGNORECASE)
_PAGES = re.compile(r"/(?:tree|blob|resolve|raw|commit|commits|discussions|settings)(?:/.*)?$")
_NOT_REPOSITORIES = {
    "spaces", "docs", "blog", "papers", "collections", "join", "login", "settings", "pricing", "new", "posts", "tasks",
    "learn", "chat", "api", "models", "datasets", "organizations", "front", "inference", "welcome",
}  # fmt: skip
FILE_ENDS = re.compile(
    r"\.(?:py|ipynb|json|jsonl|ya?ml|toml|txt|md|rst|csv|tsv|parquet|arrow|bin|pt|pth|ckpt|safetensors|onnx|h5|zip|gz|tar"
    r"|tgz|zst|png|jpe?g|gif|svg|wav|mp3|mp4|html?|js|mjs|ts|tsx|css|sh|cfg|ini|log|lock|model|npz|npy|pkl|whl|so|exe"
    r"|xml|pdf|proto|sql|sqlite|db|h|hpp|cc|cpp|cu|cuh|go|rs|java)$",
    re.IGNORECASE,
)
"""How the names of files end."""
LONGEST = 200
"""Characters of a name; the Hub allows 96 for each of its two parts."""


@dataclass(frozen=True, order=True)
class Mention:
    """A name as a file has it."""

    path: str
    """Relative to the folder that was scanned, with `/` between its parts."""
    line: int
    column: int
    """Both count from 1; the column counts characters."""
    id: str
    """`owner/name`, or a name alone; for Ollama `name:tag`."""
    kind: Kind
    how: How
    host: Host = "hub"
    strict: bool = True
    """Whether the place alone shows that this names a model or data set; else only a known name counts."""


ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/|hf://", re.IGNORECASE)
"""How an address of the Hub begins."""
OLLAMA = re.compile(r"^ollama(?:_chat)?/(?=[^/]+$)")
"""What stands before one of Ollama's tags where several providers are known."""


@dataclass(frozen=True)
class Named:
    """What a text names: a repository of the Hub, and its kind where the text says it."""

    id: str
    kind: Kind | None
    revision: str | None = None


@lru_cache(4096)
def named_by(text: str) -> Named | None:
    """Return the repository that a text names: `owner/name`, a name, a Hub address or `hf://...`.

    Each may have `@revision`. Return None for anything else: a path, an address elsewhere, a file, words.
    """
    text = text.strip()
    if not text or len(text) > LONGEST or not text.isascii():
        return None
    rest, addressed = _PREFIXES.subn("", text)
    rest, dataset = _DATASETS.subn("", rest)
    if not addressed and "://" in text:
        return None
    if addressed:
        rest = _PAGES.sub("", rest.partition("?")[0].partition("#")[0]).rstrip("/")
    rest, _, revision = rest.partition("@")
    if addressed and rest.count("/") > 1:  # a file inside a repository
        rest = "/".join(rest.split("/")[:2])
    owner = rest.partition("/")[0].lower()
    if not _ID.fullmatch(rest) or ".." in rest or "--" in rest or (addressed and owner in _NOT_REPOSITORIES):
        return None
    if not addressed and FILE_ENDS.search(rest):
        return None
    return Named(rest, "dataset" if dataset else None, revision or None)


def is_full(name: str) -> bool:
    """Tell whether a name has an owner, as `owner/name` has."""
    return "/" in name
