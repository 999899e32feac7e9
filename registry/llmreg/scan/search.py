"""Search a tree: each file goes to the finder that takes it, and every mention comes out once.

tree --File--> finder --Mention--> one for each place, those in tests marked as such
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from llmreg.scan.file import File
from llmreg.scan.finders import FINDERS
from llmreg.scan.tree import LARGE, LINKS, UNREADABLE, tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from llmreg.scan.file import Finder
    from llmreg.scan.mention import Mention
    from llmreg.scan.tree import Tree

MOST_BYTES = 5_000_000
"""The size up to which a text file is read; larger ones are data."""
_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|spec|specs|e2e|fixtures?)/|(?:^|/)(?:test_[^/]*|conftest)\.py$"
    r"|_test\.(?:py|ts|js|go)$|\.(?:test|spec)\.[jt]sx?$",
    re.IGNORECASE,
)
_RANK = ("loaded", "command", "default", "config", "header", "test", "mentioned")


@dataclass
class Found:
    """What a search found, and what it left out."""

    mentions: list[Mention] = field(default_factory=list)
    files: int = 0
    """Files that a finder read or looked into."""
    skipped: Counter[str] = field(default_factory=Counter)


def search(roots: Iterable[Path], finders: tuple[Finder, ...] = FINDERS) -> Found:
    """Return the mentions in files and folders, in the order of their places; raise `LlmregError` for a wrong path."""
    found = Found()
    for root in roots:
        below = tree(root)
        found.mentions += _settled(_in_tree(below, finders, found))
        found.skipped += below.skipped
    return found


def _in_tree(below: Tree, finders: tuple[Finder, ...], found: Found) -> Iterator[Mention]:
    for path in below.files:
        finder = next((each for each in finders if each.takes(path)), None)
        if finder is None:
            continue
        found.files += 1
        try:
            file = _opened(below, path, finder)
            mentions = [*finder.find(file)] if file else []
        except OSError:
            below.skipped[UNREADABLE] += 1
            continue
        in_test = _TEST.search(path)
        for mention in mentions:
            yield replace(mention, how="test") if in_test and mention.how != "mentioned" else mention


def _opened(below: Tree, path: str, finder: Finder) -> File | None:
    """Read a file, or nothing where it is not worth it: too large, not text, or without anything to find."""
    place = below.root / path
    if place.is_symlink() and not place.resolve().is_relative_to(below.root.resolve()):
        below.skipped[LINKS] += 1
        return None
    if finder.binary:
        return File(below.root, path, "") if place.is_file() else None
    if place.stat().st_size > MOST_BYTES:
        below.skipped[LARGE] += 1
        return None
    content = place.read_bytes()
    if b"\0" in content[:4096]:
        return None
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return File(below.root, path, text) if finder.worth is None or finder.worth(text) else None


def _settled(mentions: Iterable[Mention]) -> list[Mention]:
    """Keep for each name at each place the mention that says the most."""
    kept: dict[tuple[str, int, int, str], Mention] = {}
    for mention in mentions:
        place = (mention.path, mention.line, mention.column, mention.id)
        before = kept.get(place)
        if before is None or _weight(mention) < _weight(before):
            kept[place] = mention
    return sorted(kept.values())


def _weight(mention: Mention) -> tuple[bool, int]:
    return not mention.strict, _RANK.index(mention.how)
