"""The files of a folder that are its own: what git ignores and what others wrote is left out, and counted."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pathspec import GitIgnoreSpec

VENDORED = frozenset({
    "node_modules", "vendor", "vendored", "third_party", "third-party", "bower_components", "site-packages", ".venv",
    "venv", ".tox", ".nox", ".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", "Pods",
    ".next", ".nuxt", ".cache", ".eggs",
})  # fmt: skip
"""Folders of code that others wrote, or that a tool made."""
IGNORED, OTHERS, LARGE, UNREADABLE = "ignored by git", "vendored", "too large", "unreadable"
LINKS = "links that lead elsewhere"


@dataclass
class Tree:
    """The files to look into, and how many were left out, by reason."""

    root: Path
    files: list[str] = field(default_factory=list)
    """Relative to the root, with `/` between parts, in order."""
    skipped: Counter[str] = field(default_factory=Counter)


def tree(root: Path) -> Tree:
    """Return the files below a folder, or the one file that `root` is.

    Raises `LlmregError` where there is nothing at `root`.
    """
    if root.is_file():
        return Tree(root.parent, [root.name])
    if not root.is_dir():
        raise LlmregError(f"{root}: there is no such file or folder to scan")
    found = Tree(root)
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        names: Iterable[str] = _walk(found)
    else:
        names = dict.fromkeys(listed)
        ignored = _git(root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory") or []
        found.skipped[IGNORED] += len(ignored)
    for name in names:
        if any(part in VENDORED for part in name.split("/")[:-1]):
            found.skipped[OTHERS] += 1
        else:
            found.files.append(name)
    found.files.sort()
    found.skipped += Counter()  # leaves out what is zero
    return found


def _git(root: Path, *words: str) -> list[str] | None:
    """Return the names that git lists below a folder; None where it is no work tree, or git is not installed."""
    try:
        # A scanned repository must not run its own programs: no file system monitor, no hooks.
        command = ["git", "-C", str(root), "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *words]
        done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - fixed words, no shell
    except (OSError, subprocess.CalledProcessError):
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def _walk(found: Tree) -> Iterator[str]:
    """List the files of a folder that is no git work tree, by the `.gitignore` files that it has."""
    from pathspec import GitIgnoreSpec

    rules: dict[str, GitIgnoreSpec] = {}
    for folder, below, files in os.walk(found.root):
        here = Path(folder).relative_to(found.root).as_posix()
        own = Path(folder, ".gitignore")
        if own.is_file():
            rules[here] = GitIgnoreSpec.from_lines(own.read_text("utf-8", "replace").splitlines())
        kept = [name for name in sorted(below) if not _ignored(rules, here, f"{name}/")]
        found.skipped[IGNORED] += len(below) - len(kept)
        others = [name for name in kept if name in VENDORED]
        found.skipped[OTHERS] += len(others)
        below[:] = [name for name in kept if name not in VENDORED]
        for name in files:
            if _ignored(rules, here, name):
                found.skipped[IGNORED] += 1
            else:
                yield name if here == "." else f"{here}/{name}"


def _ignored(rules: dict[str, GitIgnoreSpec], here: str, name: str) -> bool:
    path = name if here == "." else f"{here}/{name}"
    for folder, spec in rules.items():
        if folder == ".":
            within: str | None = path
        else:
            within = path[len(folder) + 1 :] if path.startswith(f"{folder}/") else None
        if within is not None and spec.match_file(within):
            return True
    return False
