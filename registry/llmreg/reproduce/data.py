"""The rows of a full run: made by llmreg itself, or read from the user's file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.reproduce.record import Data
from llmreg.schema import Dataset

if TYPE_CHECKING:
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.schema import Model

    Row = dict[str, Any]


MADE_HERE = "made by llmreg"


@dataclass(frozen=True)
class Rows:
    """Training rows, held-out rows and their record."""

    train: list[Row]
    held_out: list[Row]
    record: Data


def datasets_of(entry: Model) -> list[str]:
    """List the datasets that the entry's own recipe trains on: not those that only its base has seen."""
    return [edge.of for edge in entry.made_from if edge.relation == "trained-on"]


def rows_for(catalog: Catalog, entry: Model, held_out: int, path: Path | None) -> Rows:
    """Give the rows of the entry's recipe, the last `held_out` of them kept back from training.

    Raises `LlmregError` where the data is neither made by llmreg nor given as a file, or is not what the catalog says.
    """
    from llmreg.training.rows import fingerprint, read_rows

    names = datasets_of(entry)
    if path:
        rows, source, name = read_rows(path), str(path.resolve()), "+".join(names) or "data"
    else:
        name = _made_by_llmreg(catalog, entry, names)
        rows, source = made_rows(catalog, name), MADE_HERE
    if held_out >= len(rows):
        raise LlmregError(
            f"{name} has {len(rows):,} rows, and the recipe holds {held_out:,} back; nothing is left to train on"
        )
    cut = len(rows) - held_out
    record = Data(id=name, rows=cut, held_out=held_out, sha256=fingerprint(rows), source=source)
    return Rows(rows[:cut], rows[cut:], record)


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
        f"{what} is not made by llmreg and this version does not download it; give a file with --data PATH"
    )
