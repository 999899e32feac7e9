"""Write an import into a catalog folder: only what changed, nothing that the importer did not write itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from llmreg.catalog.roots import built_in
from llmreg.catalog.yaml import read
from llmreg.errors import CatalogError, LlmregError, UsageError
from llmreg.files import real, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WHERE_READ = ("commit", "seen", "locator")
"""What an entry whose facts stand keeps from the reading at which they were first found."""


@dataclass(frozen=True)
class Change:
    """What an import does to one file, and the fields that differ."""

    file: str
    what: Literal["added", "changed", "removed", "kept"]
    """`kept`: the file is not as the importer left it, so it stays."""
    fields: tuple[str, ...] = ()
    detail: str = ""


class Diff:
    """What would have to be written for a folder to say what an import says."""

    def __init__(
        self, into: Path, importer: str, files: Mapping[str, Mapping[str, Any]], *, whole: bool = True
    ) -> None:
        """Compare with the folder, without writing; nothing is removed where the import did not read the `whole`.

        Raises `UsageError` for the built-in catalog, whose entries are each written by hand, and `LlmregError` where
        the list of written files is broken.
        """
        if real(into) == real(built_in()):
            raise UsageError(
                f"{into} is the built-in catalog; import into a folder of your own, and lay it over with --catalog"
            )
        self.into = into
        self._whole = whole
        self._memory = _memory(into, importer)
        self._before = remembered(into, importer)
        self._mine = dict(self._before)
        self._texts: dict[str, str] = {}
        self.changes: list[Change] = []
        self.unchanged = 0
        for file, fields in sorted(files.items()):
            self._compare(file, fields)
        for file in sorted(self._mine.keys() - files.keys()):
            self._remove(file)

    def write(self) -> None:
        """Write what changed, each file whole or not at all.

        What is about to be written is noted down first, so that the next import knows its own files after a kill.
        """
        hashes = {file: _hash(text) for file, text in self._texts.items()}
        removed = [change.file for change in self.changes if change.what == "removed"]
        after = {file: [*known] for file, known in self._mine.items() if file not in removed}
        after |= {file: [digest] for file, digest in hashes.items()}
        if after == self._before:
            return
        before = {**self._mine, **{file: [*self._mine.get(file, []), digest] for file, digest in hashes.items()}}
        self.into.mkdir(parents=True, exist_ok=True)
        if self._texts or removed:
            self._remember(before)
        for file, text in self._texts.items():
            (self.into / file).parent.mkdir(exist_ok=True)
            write_text(self.into / file, text)
        for file in removed:
            (self.into / file).unlink(missing_ok=True)
        self._remember(after)

    def _remember(self, files: Mapping[str, Iterable[str]]) -> None:
        text = json.dumps({"files": {file: [*known] for file, known in sorted(files.items())}}, indent=0)
        write_text(self._memory, text + "\n")

    def _compare(self, file: str, fields: Mapping[str, Any]) -> None:
        path, text = self.into / file, _yaml(fields)
        if not path.is_symlink() and not path.exists():
            self._plan(Change(file, "added"), text)
            return
        before = _hash_of(path)
        if before == _hash(text):
            self._adopt(file, before)
            return
        differing = _differing(path, fields)
        if not differing:
            self._adopt(file, before)
        elif before not in self._mine.get(file, []):
            why = "edited by hand" if file in self._mine else "another's"
            self.changes.append(Change(file, "kept", differing, f"{why}; delete it to take the importer's"))
        else:
            self._plan(Change(file, "changed", differing), text)

    def _plan(self, change: Change, text: str) -> None:
        self.changes.append(change)
        self._texts[change.file] = text

    def _adopt(self, file: str, digest: str) -> None:
        """Leave a file that says what the import says."""
        self.unchanged += 1
        self._mine.setdefault(file, [digest])

    def _remove(self, file: str) -> None:
        path = self.into / file
        if path.exists() and _hash_of(path) not in self._mine[file]:
            self.changes.append(Change(file, "kept", (), "edited by hand; the tracker has it no more"))
        elif path.exists() and not self._whole:
            why = "a row that could not come in may be about it; it goes once all of the tracker reads without it"
            self.changes.append(Change(file, "kept", (), why))
        else:
            self.changes.append(Change(file, "removed"))


def _memory(into: Path, importer: str) -> Path:
    return into / f".llmreg-import-{importer}.json"


def remembered(into: Path, importer: str) -> dict[str, list[str]]:
    """Read which files an importer wrote into a folder, each with the hashes that its text may have."""
    memory = _memory(into, importer)
    if not memory.exists():
        return {}
    try:
        files = json.loads(memory.read_text(encoding="utf-8"))["files"]
        return {_inside(str(file)): [str(digest) for digest in known] for file, known in files.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        message = "does not read as the list of files that an import wrote; delete it, and files that say the same"
        raise LlmregError(f"{memory}: {message} as the import are taken as its own again") from None


def _inside(file: str) -> str:
    """Refuse a name that is no file in a catalog's folder."""
    if len(parts := Path(file).parts) != 2 or ".." in parts or Path(file).is_absolute():
        raise ValueError(file)
    return file


def _differing(path: Path, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the fields in which a file says something else; where and when it was read is not compared."""
    try:
        old = read(path).value
    except CatalogError:
        return ("(not readable)",)
    if not isinstance(old, dict):
        return ("(not an entry)",)
    new, old = _facts(_as_read(dict(fields))), _facts(old)
    return tuple(field for field in dict.fromkeys([*old, *new]) if old.get(field) != new.get(field))


def _facts(entry: dict[str, Any]) -> dict[str, Any]:
    sources = entry.get("sources")
    if not isinstance(sources, dict):
        return entry
    kept = {
        key: {name: value for name, value in source.items() if name not in _WHERE_READ}
        for key, source in sources.items()
        if isinstance(source, dict)
    }
    return {**entry, "sources": kept}


def _as_read(value: Any) -> Any:
    """Give a value as the catalog's reader, which knows text alone, gives it back."""
    if isinstance(value, dict):
        return {key: _as_read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_read(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes every value out: the catalog knows no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Never write one."""
        return True


def _yaml(fields: Mapping[str, Any]) -> str:
    text = yaml.dump(dict(fields), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return str(text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
