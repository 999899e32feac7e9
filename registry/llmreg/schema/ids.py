"""The one rule for ids: of entries, of repositories on the Hub, and of the entries that stand for these."""

from __future__ import annotations

import re

ENTRY_ID = r"^[A-Za-z0-9][A-Za-z0-9._+-]*$"
"""An entry's id: the name of a file, and a part of an address."""
_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
HUB_ID = rf"^(?:{_PART}/)?{_PART}$"
"""A repository's id on the Hub, `owner/name`, or `name` alone for old ones."""
RESERVED = frozenset({
    "api", "blog", "chat", "collections", "datasets", "docs", "join", "learn", "models", "organizations", "papers",
    "posts", "spaces", "tasks",
})  # fmt: skip
"""Words that stand in the Hub's addresses where an owner would."""

_HUB_ID = re.compile(HUB_ID, re.ASCII)
_PREFIX, _DATASETS = "hub.", "datasets--"


def is_hub_id(text: str) -> bool:
    """Tell whether the Hub may have a repository of this id.

    New names hold no `--`; of 63,367 names of 2022 two do, and no owner does.
    """
    owner, slash, _ = text.rpartition("/")
    reserved = bool(slash) and (owner.casefold() in RESERVED or "--" in owner)
    return bool(_HUB_ID.fullmatch(text)) and not reserved and ".." not in text and not text.endswith(".git")


def hub_entry_id(hub_id: str, kind: str = "model") -> str:
    """Return the id of the entry that stands for a repository of the Hub; no two repositories share one."""
    alone = "/" not in hub_id and "--" in hub_id
    name = f"--{hub_id}" if alone else hub_id.replace("/", "--")
    return f"{_PREFIX}{_DATASETS if kind == 'dataset' else ''}{name}"


def hub_id_of(entry_id: str, kind: str = "model") -> str:
    """Return the repository for which an entry stands, whose id `hub_entry_id` made."""
    name = entry_id.removeprefix(_PREFIX).removeprefix(_DATASETS if kind == "dataset" else "")
    return name.removeprefix("--") if name.startswith("--") else name.replace("--", "/", 1)
