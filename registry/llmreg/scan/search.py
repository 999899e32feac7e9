"""Search a tree: each file goes to the finder that takes it, and every mention comes out once.

tree --File--> finder --Mention--> one for each place, those in tests marked as such
"""

from __future__ import annotations

import gc
import os
import re
import stat
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.scan.file import File
from llmreg.scan.finders import FINDERS
from llmreg.scan.mention import Mention
from llmreg.scan.tree import LARGE, LINKS, UNREADABLE, tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.scan.file import Finder

MOST_BYTES = 5_000_000
"""The size up to which a text file is read; larger ones are data."""
_MANY, _SHARE = 1000, 100
"""Files from which on several processes look into them, and how many one takes at a time."""
_work: tuple[Path, list[str], tuple[Finder, ...], tuple[Finder, ...]] | None = None
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


def search(roots: Iterable[Path], finders: tuple[Finder, ...] = FINDERS, others: tuple[Finder, ...] = ()) -> Found:
    """Return the mentions in files and folders, in the order of their places.

    The first of `finders` that takes a file reads it, and so does each of `others`. Raises `LlmregError` for a wrong
    path, and where one of the others fails.
    """
    found = Found()
    for root in roots:
        below = tree(root)
        parts = _looked_into(below.root, below.files, finders, others)
        found.mentions += _settled(mention for part in parts for mention in part.mentions)
        found.files += sum(part.files for part in parts)
        found.skipped += sum((part.skipped for part in parts), below.skipped)
    return found


def _looked_into(root: Path, paths: list[str], finders: tuple[Finder, ...], others: tuple[Finder, ...]) -> list[Found]:
    """Look into files in several processes where there are many, several processors, and nothing that forbids it."""
    processors = os.cpu_count() or 1
    if len(paths) < _MANY or processors < 2 or sys.platform != "linux" or threading.active_count() > 1:
        return [_look(root, paths, finders, others)]
    global _work
    _work = (root, paths, finders, others)
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    try:
        with ProcessPoolExecutor(processors, get_context("fork")) as pool:
            return [*pool.map(_look_at, range(0, len(paths), _SHARE))]
    finally:
        _work = None


def _look_at(start: int) -> Found:
    gc.disable()  # syntax trees are many small objects without cycles, among which it looks for some again and again
    assert _work is not None  # noqa: S101
    root, paths, finders, others = _work
    return _look(root, paths[start : start + _SHARE], finders, others)


def _look(root: Path, paths: list[str], finders: tuple[Finder, ...], others: tuple[Finder, ...]) -> Found:
    found = Found()
    for path in paths:
        first = next((each for each in finders if each.takes(path)), None)
        more = [each for each in others if _takes(each, path)]
        if first is None and not more:
            continue
        found.files += 1
        mentions: list[Mention] = []
        try:
            if first and (file := _opened(root, path, first, found.skipped)):
                mentions += first.find(file)
            for other in more:
                if file := _opened(root, path, other, found.skipped if first is None else Counter()):
                    mentions += _found_by(other, file)
        except OSError:
            found.skipped[UNREADABLE] += 1
            continue
        in_test = mentions and _TEST.search(path)
        found.mentions += [
            replace(each, how="test") if in_test and each.how != "mentioned" else each for each in mentions
        ]
    return found


def _takes(finder: Finder, path: str) -> bool:
    try:
        return finder.takes(path)
    except Exception as error:
        raise _failed(finder, path, error) from error


def _found_by(finder: Finder, file: File) -> list[Mention]:
    """Return what a plugin's finder finds; raise `LlmregError` where it fails, for then something may be missed."""
    try:
        found = [*finder.find(file)]
    except Exception as error:
        raise _failed(finder, file.path, error) from error
    if wrong := next((each for each in found if not isinstance(each, Mention)), None):
        raise _failed(finder, file.path, TypeError(f"{wrong!r} is no Mention"))
    return found


def _failed(finder: Finder, path: str, error: Exception) -> LlmregError:
    said = f"{type(error).__name__}: {error}"
    return LlmregError(f"{path}: the finder {finder.name!r} of a plugin failed ({said}); mend or uninstall the plugin")


def _opened(root: Path, path: str, finder: Finder, skipped: Counter[str]) -> File | None:
    """Read a file, or nothing where it is not worth it: too large, not text, or without anything to find."""
    place = os.path.join(root, path)
    about = os.lstat(place)
    if stat.S_ISLNK(about.st_mode):
        if not Path(place).resolve().is_relative_to(root.resolve()):
            skipped[LINKS] += 1
            return None
        about = os.stat(place)
    if finder.binary:
        return File(root, path, "") if stat.S_ISREG(about.st_mode) else None
    if about.st_size > MOST_BYTES:
        skipped[LARGE] += 1
        return None
    with open(place, "rb") as opened:
        content = opened.read()
    if b"\0" in content[:4096]:
        return None
    text = content.decode("utf-8-sig", "replace")
    text = text.replace("\r\n", "\n") if "\r" in text else text
    return File(root, path, text) if finder.worth is None or finder.worth(text) else None


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
