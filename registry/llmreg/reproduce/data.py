"""The rows of a full run: made by llmreg itself, fetched from the Hub, or read from the user's files."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, UsageError, did_you_mean
from llmreg.hub.repository import BRANCH, Repository
from llmreg.reproduce.architecture import base_of
from llmreg.reproduce.base import file_hash
from llmreg.reproduce.recipe import datasets_of
from llmreg.reproduce.record import Data
from llmreg.schema import Dataset, Model, Portion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmreg.catalog import Catalog
    from llmreg.hub.fetch import Snapshot
    from llmreg.schema import RecipeData
    from llmreg.training import rows as training_rows

    Row = dict[str, Any]
    Given = Mapping[str, tuple[Path, ...]]
    """The user's files by dataset; a file with all the data stands under the name of all."""


MADE_HERE = "made by llmreg"


@dataclass(frozen=True)
class Rows:
    """Training rows, held-out rows and their record, one for each dataset or one for a file with all the data."""

    train: training_rows.Rows
    held_out: list[Row]
    records: tuple[Data, ...]


def name_of_all(catalog: Catalog, entry: Model) -> str:
    """Give the name that all the data of a recipe has: of a single dataset, its id."""
    return "+".join(dataset.id for dataset in datasets_of(catalog, entry)) or "data"


def files_given(catalog: Catalog, entry: Model, words: Iterable[str]) -> dict[str, tuple[Path, ...]]:
    """Read the words of `--data`: FILE for all the data, or DATASET=FILE, several of them for a dataset in parts.

    Raises `UsageError` for a dataset that the recipe does not train on and for a FILE beside others, `LlmregError` for
    a file that is not there.
    """
    known, whole = [dataset.id for dataset in datasets_of(catalog, entry)], name_of_all(catalog, entry)
    given: dict[str, tuple[Path, ...]] = {}
    for word in words:
        name, equals, file = word.partition("=")
        if not equals or Path(word).is_file():
            name, file = whole, word
        elif name not in known:
            there = f"there are {', '.join(known)}" if known else "the entry names none; give one FILE"
            raise UsageError(
                f"--data {word}: {entry.id} is not trained on {name!r}{did_you_mean(name, known)}; {there}"
            )
        if not Path(file).is_file():
            raise LlmregError(f"no data file at {file}; give the path of a JSON lines, JSON or parquet file")
        given[name] = (*given.get(name, ()), Path(file))
    if len(known) > 1 and whole in given and (len(given) > 1 or len(given[whole]) > 1):
        raise UsageError(f"--data: a FILE without a dataset holds all rows of {entry.id}; name each one: DATASET=FILE")
    return given


def made_here(catalog: Catalog, model_id: str) -> bool:
    """Tell whether a model can be made from nothing: all its data, and that of its bases, is llmreg's own."""
    entry = catalog.get_as(Model, model_id)
    data = datasets_of(catalog, entry)
    base = base_of(catalog, model_id)
    own = bool(data) and all(dataset.maker for dataset in data) and entry.recipe is not None
    return own and (base is None or made_here(catalog, base))


def wanted(catalog: Catalog, entry: Model, given: Given) -> dict[str, Repository | None]:
    """Give the datasets that are neither given nor made by llmreg, with the repository of those that name one."""
    datasets, whole = datasets_of(catalog, entry), name_of_all(catalog, entry)
    if whole in given:
        return {}
    if not datasets:
        return {whole: None}
    return {
        dataset.id: Repository(dataset.hub_id, "dataset", dataset.revision or BRANCH) if dataset.hub_id else None
        for dataset in datasets
        if not (dataset.maker or dataset.id in given)
    }


def check_readers(catalog: Catalog, entry: Model, data: RecipeData, given: Given) -> None:
    """Raise `LlmregError` for one of several datasets whose rows no known reader turns into the recipe's format."""
    from llmreg import plugins

    if name_of_all(catalog, entry) in given:
        return
    found = plugins.load()
    for name, portion in (data.datasets or {}).items():
        formats = found.reader(portion.reader).gives if portion.reader else (catalog.get_as(Dataset, name).format,)
        if data.format not in formats:
            reads = f"the reader {portion.reader} does not give" if portion.reader else "no reader is known that gives"
            raise LlmregError(
                f"{entry.id} trains on {name}, from whose rows {reads} the format {data.format}; name one with "
                f"--set data.datasets.{name}.reader=NAME, or give all the data in that format with --data FILE"
            )


def rows_for(
    catalog: Catalog,
    entry: Model,
    data: RecipeData,
    given: Given,
    fetched: Mapping[str, Snapshot] | None = None,
    seed: int | None = None,
) -> Rows:
    """Give the rows of the entry's recipe, read as its `data` says, and those kept back from training.

    Several datasets follow each other in the recipe's order; where a recipe takes a share of one, `seed` draws it.
    Raises `LlmregError` where data is neither made by llmreg, fetched nor given as a file, or is not what the catalog
    says.
    """
    from llmreg.training.rows import Joined, draw, hold_out

    whole, fetched = name_of_all(catalog, entry), fetched or {}
    several = None if whole in given else data.datasets
    tables, records = [], []
    for name, portion in (several or {whole: Portion(reader=data.reader, fraction=1)}).items():
        of_one = data.model_copy(update={"reader": portion.reader, "datasets": None})
        rows, record = _read(catalog, name, of_one, given.get(name, ()), fetched.get(name))
        tables.append(draw(rows, portion.fraction or 1, seed))
        records.append(record)
    joined = tables[0] if len(tables) == 1 else Joined(tables)
    held_out = data.held_out or 0
    if held_out >= len(joined):
        raise LlmregError(
            f"{whole} has {len(joined):,} rows, and the recipe holds {held_out:,} back; nothing is left to train on: "
            "give more rows, or hold back fewer with --set data.held_out=N"
        )
    train, held = hold_out(joined, held_out, data.held_out_seed)
    end, counted = 0, []
    for table, record in zip(tables, records, strict=True):
        start, end = end, end + len(table)
        count = bisect_left(train.chosen, end) - bisect_left(train.chosen, start)
        counted.append(record.model_copy(update={"rows": count, "held_out": len(table) - count}))
    return Rows(train, held, tuple(counted))


def _read(
    catalog: Catalog, name: str, data: RecipeData, paths: tuple[Path, ...], fetched: Snapshot | None
) -> tuple[training_rows.Rows, Data]:
    """Give all rows of a dataset, from where they are to be had, and their record with nothing kept back yet."""
    from llmreg.training.rows import Table, fingerprint

    if not (paths or fetched):
        made = made_rows(catalog, name)
        return made, Data(id=name, rows=len(made), held_out=0, sha256=fingerprint(made), source=MADE_HERE)
    table = Table(paths or fetched.files, data)  # type: ignore[union-attr]
    files = {str(path.resolve()): file_hash(path) for path in paths}
    if fetched and not paths:
        source, files = f"hub:{fetched.listing.repository.id}@{fetched.listing.commit}", dict(fetched.hashes)
    else:
        source = ", ".join(files)
    reading = dict(sorted(table.tally.items()))
    return table, Data(
        id=name, rows=len(table), held_out=0, sha256=table.sha256, source=source, files=files, reading=reading
    )


def made_rows(catalog: Catalog, dataset_id: str) -> list[Row]:
    """Make the rows of a dataset that llmreg writes itself, and check them against the hash in the catalog."""
    from llmreg.nano.makers import MAKERS
    from llmreg.training.rows import fingerprint

    dataset = catalog.get_as(Dataset, dataset_id) if dataset_id in catalog else None
    if dataset is None or not dataset.maker:
        raise LlmregError(
            f"{dataset_id} is not made by llmreg and names no repository on the Hub; give its file with --data"
        )
    if dataset.maker not in MAKERS:
        raise LlmregError(f"{dataset_id}: llmreg has no maker named {dataset.maker!r}; there are {', '.join(MAKERS)}")
    rows: list[Row] = MAKERS[dataset.maker]()
    if dataset.sha256 and fingerprint(rows) != dataset.sha256:
        raise LlmregError(
            f"{dataset_id}: the rows made here are not those of the catalog ({dataset.sha256}); reinstall llmreg"
        )
    return rows
