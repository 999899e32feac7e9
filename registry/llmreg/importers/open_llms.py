"""Open LLMs: tables of a README, one row a family of models or a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.importers.markdown import links, plain, rows
from llmreg.importers.record import Fault, Importer, Place, Record, Skipped, Stated
from llmreg.importers.words import count, github, hub_dataset, hub_model, link, partial_date, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.markdown import Row
    from llmreg.importers.record import Item


def read(checkout: Checkout) -> Iterator[Item]:
    """Give one model for each checkpoint on the Hub that a row lists, or one for the row; a dataset a row of data."""
    return checkout.each(lambda path: _file(checkout, path), "README.md")


def _file(checkout: Checkout, path: Path) -> Iterator[Item]:
    broken: list[Skipped] = []
    for row in rows(checkout.lines(path, broken)):
        place = Place(checkout.name(path), f"line {row.line}")
        if not words(plain(row.cells[0])):
            yield Skipped(place, "no-name")
        elif "Checkpoints" in row.columns:
            yield from _models(place, row)
        elif "Dataset" in row.columns:
            yield _dataset(place, row)
        else:
            yield Skipped(place, "wrong-shape", f"a table of {', '.join(row.columns)}")
            continue
        if len(row.cells) != len(row.columns):
            yield Fault(place, "odd-shape", f"{len(row.cells)} cells under {len(row.columns)} columns")
        if words(plain(row["Release Date"])) and not _date(row):
            yield Fault(place, "odd-value", f"Release Date: {plain(row['Release Date'])}")
    yield from broken


def _models(place: Place, row: Row) -> Iterator[Record]:
    family = plain(row["Language Model"])
    hubs = {hub: text for text, address in links(row["Checkpoints"]) if (hub := hub_model(address))}
    alone = len(hubs) <= 1
    for hub in hubs or [None]:
        yield Record(
            kind="model",
            # The words of a link may list several checkpoints; the Hub's own name is one's.
            name=hub.rpartition("/")[2] if hub else family,
            place=place,
            released=_date(row),
            hub=hub,
            repository=github([address for _, address in links(row["Checkpoints"])]),
            homepage=link([address for _, address in links(row["Paper/Blog"])]),
            fields=_sizes(row) if alone else {},
            licenses=_licenses(row["Licence"], alone),
            notes=tuple(_notes(row)),
        )


def _sizes(row: Row) -> dict[str, Any]:
    """Give the figures where the row is about one checkpoint and states one figure."""
    context = plain(row["Context Length"])
    return {
        "parameters": count(f"{plain(row['Params (B)'])}B"),
        "context_length": int(context) if context.isdecimal() and context.isascii() else None,
    }


def _dataset(place: Place, row: Row) -> Record:
    title = plain(row["Name"])
    name = plain(row["Dataset"]) or title
    addresses = [address for _, address in links(row["Dataset"])]
    return Record(
        kind="dataset",
        name=name,
        place=place,
        aliases=(title,) if title != name else (),
        released=_date(row),
        hub=hub_dataset(addresses),
        repository=github(addresses),
        homepage=link([address for _, address in links(row["Paper/Blog"])]),
        fields={"tokens": count(f"{plain(row['Tokens (T)'])}T"), "rows": count(f"{plain(row['Samples (K)'])}k")},
        licenses=tuple(Stated("data", said.words, said.note) for said in _licenses(row["License"], alone=True)),
    )


def _licenses(cell: str, alone: bool) -> tuple[Stated, ...]:
    """Read the license of a row's weights: the words of the links, or the whole cell; what follows is a remark.

    Several licenses of several checkpoints do not say which is whose.
    """
    names = tuple(text for text, _ in links(cell)) or tuple(plain(cell).split(", "))
    if len(names) > 1 and not alone:
        return (Stated("weights", "unknown", f"the row lists several checkpoints and the licenses: {plain(cell)}"),)
    remark = plain(cell) if links(cell) and plain(cell) != ", ".join(names) else None
    return (Stated("weights", names, remark),)


def _notes(row: Row) -> Iterator[str]:
    for column in ("Language Model", "Params (B)", "Context Length"):
        if words(plain(row[column])):
            yield f"{column}: {plain(row[column])}"


def _date(row: Row) -> str | None:
    return partial_date(plain(row["Release Date"]).replace("/", "-"))


IMPORTER = Importer(title="Open LLMs", repository="eugeneyan/open-llms", license="Apache-2.0", read=read)
