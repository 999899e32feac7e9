"""What a dataset is made from: rows that the user gives, that llmreg makes, or that are fetched from the Hub."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, UsageError, did_you_mean
from llmreg.hub.repository import BRANCH, Repository
from llmreg.reproduce.base import file_hash
from llmreg.reproduce.data import MADE_HERE, made_rows
from llmreg.schema import Dataset, Strict
from llmreg.training.formats.files import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from llmreg.catalog import Catalog
    from llmreg.making.recipe import ResolvedMaking

    Row = dict[str, Any]


class Used(Strict):
    """A dataset that a making read."""

    id: str
    rows: int
    source: str
    files: dict[str, str] = {}
    """SHA-256 of each file that was read."""

    @property
    def public_source(self) -> str:
        """Return where the rows came from in words that show no folder of this machine."""
        if self.source.startswith("hub:") or not self.files:
            return self.source
        return ", ".join(f"{Path(name).name} (SHA-256 {digest[:12]})" for name, digest in self.files.items())


@dataclass
class Files:
    """The records in some files, read again each time they are gone through."""

    files: Sequence[Path]
    _count: int | None = field(default=None, init=False)

    def __iter__(self) -> Iterator[Row]:
        """Return the records in the order of the files."""
        for path in self.files:
            for _, record in records(path):
                yield record

    def __len__(self) -> int:
        """Count the records."""
        if self._count is None:
            self._count = sum(1 for _ in self)
        return self._count


def files_given(resolved: ResolvedMaking, words: Iterable[str]) -> dict[str, tuple[Path, ...]]:
    """Read the words of `--data`: DATASET=FILE, or FILE alone where the recipe reads one dataset."""
    known = list(dict.fromkeys(name for step in resolved.steps for name in step.of))
    given: dict[str, tuple[Path, ...]] = {}
    for word in words:
        name, equals, file = word.partition("=")
        if not equals or Path(word).is_file():
            if len(known) != 1:
                raise UsageError(f"--data {word}: say of which dataset, as DATASET=FILE; there are {', '.join(known)}")
            name, file = known[0], word
        if name not in known:
            raise UsageError(
                f"--data {word}: {resolved.id} is not made from {name!r}{did_you_mean(name, known)}; "
                f"there are {', '.join(known) or 'none'}"
            )
        if not Path(file).is_file():
            raise LlmregError(f"no data file at {file}; give the path of a JSON lines, JSON or parquet file")
        given[name] = (*given.get(name, ()), Path(file))
    return given


def gathered(
    catalog: Catalog,
    resolved: ResolvedMaking,
    given: Mapping[str, tuple[Path, ...]],
    *,
    offline: bool,
    say: Callable[[str], None],
) -> tuple[dict[str, Any], tuple[Used, ...]]:
    """Return the rows of each dataset that the recipe reads, and the record of where they came from."""
    names = list(dict.fromkeys(name for step in resolved.steps for name in step.of))
    rows, used = dict[str, Any](), []
    for name in names:
        rows[name], record = _one(catalog, name, given.get(name, ()), offline=offline, say=say)
        say(f"{name}: {record.rows:,} rows from {record.source}")
        used.append(record)
    return rows, tuple(used)


def _one(
    catalog: Catalog, name: str, paths: tuple[Path, ...], *, offline: bool, say: Callable[[str], None]
) -> tuple[Any, Used]:
    entry = catalog.get_as(Dataset, name)
    if paths:
        table = Files(paths)
        hashes = {str(path.resolve()): file_hash(path) for path in paths}
        return table, Used(id=name, rows=_counted(name, table), source=", ".join(hashes), files=hashes)
    if entry.maker:
        made = made_rows(catalog, name)
        return made, Used(id=name, rows=len(made), source=MADE_HERE)
    if not entry.hub_id:
        raise LlmregError(f"{name} names no repository on the Hub; give its rows with --data {name}=FILE")
    from llmreg.hub.choose import data_files
    from llmreg.hub.fetch import fetch, summary
    from llmreg.hub.listing import listing

    found = data_files(listing(Repository(entry.hub_id, "dataset", entry.revision or BRANCH), offline=offline, say=say))
    say(summary(found))
    (snapshot,) = fetch([found], offline=offline, say=say)
    table = Files(snapshot.files)
    source = f"hub:{found.repository.id}@{found.commit}"
    return table, Used(id=name, rows=_counted(name, table), source=source, files=dict(snapshot.hashes))


def _counted(name: str, table: Files) -> int:
    if not len(table):
        raise LlmregError(f"{name}: {', '.join(map(str, table.files))} holds no rows; give a file that has some")
    return len(table)


def line(row: Row, place: str) -> bytes:
    """Return a row as one line of JSON; raise `LlmregError` for what JSON does not hold."""
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise LlmregError(f"{place} cannot be written as JSON: {error}; keep text, numbers and lists") from None
    return text.encode("utf-8", "replace") + b"\n"
