"""Show an entry whose file was read before: from the cache, without loading a schema or the command line."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from llmreg.catalog import cache
from llmreg.catalog.roots import layers
from llmreg.escaping import one_line, terminal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_KINDS = {
    "models": "model",
    "datasets": "dataset",
    "licenses": "license",
    "services": "service",
    "software": "software",
}
_WIDTH = 118
"""Columns of the YAML, as of other output."""


def known_entry(entry_id: str, folders: Iterable[Path] | None = None) -> dict[str, Any] | None:
    """Give what is shown of an entry that the cache knows; None for any other.

    Nor is there any with layers over the built-in catalog: they may hold other accounts of the entry.
    """
    root, *others = layers(*(folders or ()))
    if others or os.sep in entry_id:
        return None
    for folder, kind in _KINDS.items():
        path = root / folder / f"{entry_id}.yaml"
        if path.is_file():
            known = cache.get(cache.key_of(path.read_bytes(), kind))
            return {**known["shown"], "id": entry_id} if known else None
    return None


def print_entry(known: dict[str, Any]) -> None:
    """Print an entry as YAML, then its sources in words."""
    import yaml

    data = known["data"]
    body = {name: value for name, value in data.items() if name not in ("id", "name", "sources")}
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    lines = [f"{_bold(terminal(one_line(data['name'])))} ({known['kind']} {_bold(known.get('id') or data['id'])})\n"]
    lines.append(terminal(yaml.dump(body, Dumper=dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)))
    if known["sources"]:
        lines.append(f"{_bold('sources')}\n")
    lines += [terminal(f"  {key}: {source} ({read}, seen {seen})\n") for key, source, read, seen in known["sources"]]
    lines.append(f"{_bold('evidence')}: {terminal(one_line(known['evidence']))}\n")
    if known.get("accounts"):
        lines.append(f"{_bold('other accounts')}\n")
        lines += [terminal(f"  {line}\n") for line in known["accounts"]]
    sys.stdout.write("".join(lines))
    sys.stdout.flush()


def _bold(text: str) -> str:
    styled = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return f"\x1b[1m{text}\x1b[0m" if styled else text
