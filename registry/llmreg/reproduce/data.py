"""The rows of a full run: made by llmreg itself, fetched from the Hub, or read from the user's file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.hub.repository import BRANCH, Repository
from llmreg.reproduce.architecture import base_of
from llmreg.reproduce.record import Data
from llmreg.schema import Dataset, Model

if TYPE_CHECKING:
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.hub.fetch import Snapshot
    from llmreg.schema import RecipeData
    from llmreg.training import rows as training_rows

    Row = dict[str, Any]


MADE_HERE = "made by llmreg"


@dataclass(frozen=True)
class Rows:
    """Training rows, held-out rows and their record."""

    train: training_rows.Rows
    held_out: list[Row]
    record: Data


def datasets_of(entry: Model) -> list[str]:
    """List the datasets that the entry's own recipe trains on: not those that only its base has seen."""
    return [edge.of for edge in entry.made_from if edge.relation == "trained-on"]


def made_here(catalog: Catalog, model_id: str) -> bool:
    """Tell whether a model can be made from nothing: all its data, and that of its bases, is llmreg's own."""
    entry = catalog.get_as(Model, model_id)
    data = datasets_of(entry)
    base = base_of(catalog, model_id)
    own = bool(data) and all(catalog.get_as(Dataset, name).maker for name in data) and entry.recipe is not None
    return own and (base is None or made_here(catalog, base))


def data_on_hub(catalog: Catalog, entry: Model) -> Repository | None:
    """Give the repository of the rows where the recipe trains on one dataset, not made by llmreg, that names one."""
    names = datasets_of(entry)
    dataset = catalog.get_as(Dataset, names[0]) if len(names) == 1 else None
    if dataset is None or dataset.maker or not dataset.hub:
        return None
    return Repository(dataset.hub, "dataset", dataset.revision or BRANCH)


def rows_for(
    catalog: Catalog, entry: Model, data: RecipeData, path: Path | None, fetched: Snapshot | None = None
) -> Rows:
    """Give the rows of the entry's recipe, read as its `data` says, and those kept back from training.

    Raises `LlmregError` where the data is neither made by llmreg, fetched nor given as a file, or is not what the
    catalog says.
    """
    from llmreg.training.rows import Table, fingerprint, hold_out

    names = datasets_of(entry)
    reading: dict[str, int] = {}
    rows: training_rows.Rows
    if path or fetched:
        rows = table = Table([path] if path else fetched.files, data)  # type: ignore[union-attr]
        name, source = "+".join(names) or "data", _source(path, fetched)
        sha256, reading = table.sha256, dict(sorted(table.tally.items()))
    else:
        name = _made_by_llmreg(catalog, entry, names)
        rows, source = made_rows(catalog, name), MADE_HERE
        sha256 = fingerprint(rows)
    held_out = data.held_out or 0
    if held_out >= len(rows):
        raise LlmregError(
            f"{name} has {len(rows):,} rows, and the recipe holds {held_out:,} back; nothing is left to train on"
        )
    train, held = hold_out(rows, held_out, data.held_out_seed)
    record = Data(id=name, rows=len(train), held_out=held_out, sha256=sha256, source=source, reading=reading)
    return Rows(train, held, record)


def _source(path: Path | None, fetched: Snapshot | None) -> str:
    """Say where rows come from: the file, or the repository with its commit."""
    if path:
        return str(path.resolve())
    assert fetched is not None  # noqa: S101
    return f"hub:{fetched.listing.repository.id}@{fetched.listing.commit}"


def made_rows(catalog: Catalog, dataset_id: str) -> list[Row]:
    """Make the rows of a dataset that llmreg writes itself, and check them against the hash in the catalog."""
    from llmreg.nano.makers import MAKERS
    from llmreg.training.rows import fingerprint

    dataset = catalog.get_as(Dataset, dataset_id)
    if dataset.maker not in MAKERS:
        raise LlmregError(f"{dataset_id}: llmreg has no maker named {dataset.maker!r}; there are {', '.join(MAKERS)}")
    rows: list[Row] = MAKERS[dataset.maker]()
    if dataset.sha256 and fingerprint(rows) != dataset.sha256:
        raise LlmregError(
            f"{dataset_id}: the rows made here are not those of the catalog ({dataset.sha256}); reinstall llmreg"
        )
    return rows


def _made_by_llmreg(catalog: Catalog, entry: Model, names: list[str]) -> str:
    made = [name for name in names if catalog.get_as(Dataset, name).maker]
    if len(names) == 1 and made:
        return names[0]
    what = f"the data of {entry.id} ({', '.join(names)})" if names else f"{entry.id} names no dataset; its data"
    raise LlmregError(
        f"{what} is not made by llmreg and names no one repository on the Hub; give a file with --data FILE"
    )
