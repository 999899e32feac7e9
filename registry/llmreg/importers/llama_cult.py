"""LLaMA-Cult-and-More: a table of projects with their base models, data, ways of tuning, hardware and cost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.importers.markdown import links, plain, rows
from llmreg.importers.record import Fault, Importer, Link, Place, Record, Skipped
from llmreg.importers.words import github, hub_model, link, listed, partial_date, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.markdown import Row
    from llmreg.importers.record import Item

_COLUMNS = ("project", "base model", "data", "finetune", "hardware/Cost")
_SIZES = re.compile(r"(.*[-\s])(\d+(?:\.\d+)?[bm])((?:/\d+(?:\.\d+)?[bm]\d*)+)(.*)", re.IGNORECASE)
_COUNTED = re.compile(r"[\d.]+[KMB]\s+([\w.-]+)", re.ASCII)
_ADAPTER = re.compile(r"\b(lora|adapt[eo]r)\b", re.IGNORECASE)


def read(checkout: Checkout) -> Iterator[Item]:
    """Give one model a row; a row that says what it supports or builds on, and of what it is made not, is software."""
    return checkout.each(lambda path: _file(checkout, path), "chart.md")


def _file(checkout: Checkout, path: Path) -> Iterator[Item]:
    above, broken, told = "", list[Skipped](), 0
    for row in rows(checkout.lines(path, broken)):
        place = Place(checkout.name(path), f"line {row.line}")
        if row.columns != _COLUMNS:
            yield Skipped(place, "wrong-shape", f"a table of {', '.join(row.columns)}")
            continue
        if not _said(row, "project"):
            yield Skipped(place, "no-name")
            continue
        data = _said(row, "data")
        if data != "same":
            above = data
        elif len(broken) > told:
            above = "the same as in a row above, which cannot be read"
        told = len(broken)
        yield _record(place, row, above)
        if len(row.cells) != len(row.columns):
            yield Fault(place, "odd-shape", f"{len(row.cells)} cells under {len(row.columns)} columns")
    yield from broken


def _record(place: Place, row: Row, data: str) -> Record:
    developer, _, name = _said(row, "project").rpartition("/")
    addresses = [address for _, address in links(row["project"])]
    base, how = _said(row, "base model"), _said(row, "finetune")
    model = bool(base or data or not how)
    return Record(
        kind="model" if model else "software",
        name=name,
        place=place,
        developers=(developer,) if developer else (),
        released=_dated(addresses),
        hub=hub_model(addresses) if model else None,
        repository=github(addresses),
        homepage=link(addresses),
        links=(*_bases(base, how), *_data(data)) if model else (),
        notes=tuple(f"{column}: {said}" for column in _COLUMNS[1:] if (said := _said(row, column))),
    )


def _bases(cell: str, how: str) -> Iterator[Link]:
    """Give the base models: `LLaMA-7B/13B` is two, a size alone none."""
    sizes = _SIZES.fullmatch(cell)
    names = [f"{sizes[1]}{size}{sizes[4]}" for size in f"{sizes[2]}{sizes[3]}".split("/")] if sizes else [cell]
    for name in names:
        if name and not re.fullmatch(r"[\d.]+[BM]", name):
            yield Link("adapter" if _ADAPTER.search(how) else "finetune", name, how=how or None)


def _data(cell: str) -> Iterator[Link]:
    """Give the data, by the words that stand there; `52K Alpaca` is Alpaca, and a sentence stays one."""
    for part in listed(cell, ";"):
        counted = _COUNTED.fullmatch(part)
        yield Link("trained-on", counted[1] if counted else part, stage="sft", how="the chart's column of data")


def _said(row: Row, column: str) -> str:
    """Give a cell's words; the chart prints parts of names in bold."""
    return words(plain(row[column].replace("**", "")))


def _dated(addresses: list[str]) -> str | None:
    """Give the day that stands in a link to a post: `.../2023/03/13/...`."""
    found = next((found for address in addresses if (found := re.search(r"/(20\d\d)/(\d\d)/(\d\d)/", address))), None)
    return partial_date("-".join(found.groups())) if found else None


IMPORTER = Importer(title="LLaMA-Cult-and-More", repository="shm007g/LLaMA-Cult-and-More", license="MIT", read=read)
