"""Edges of anybody's: a CSV table with a row an edge, whose columns and relations go by several names."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from llmreg.errors import LlmregError, UsageError, did_you_mean
from llmreg.importers.record import Importer, Link, Place, Record, Skipped
from llmreg.importers.words import hub_name, words
from llmreg.schema import RELATION_ENDS
from llmreg.schema.base import Stage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Item

_NEEDED = ("child", "parent", "relation")
_COLUMNS = (*_NEEDED, "stage", "how")
_STAGES = get_args(Stage)
_WORDS: dict[str, tuple[str, str | None, str | None]] = {
    "finetuned": ("finetune", None, None),
    "finetuned-from": ("finetune", None, None),
    "continued-pretraining": ("finetune", None, "continued pretraining"),
    "rlhf-from": ("finetune", None, "RLHF"),
    "adapter-on": ("adapter", None, None),
    "delta-of": ("delta", None, None),
    "merged": ("merge", None, None),
    "merged-from": ("merge", None, None),
    "quantised": ("quantized", None, None),
    "quantised-from": ("quantized", None, None),
    "quantized-from": ("quantized", None, None),
    "converted-from": ("converted", None, None),
    "pruned-from": ("finetune", None, "pruning"),
    "distilled-from": ("distilled", None, None),
    "same-architecture-as": ("architecture", None, None),
    "same-tokenizer-as": ("same-tokenizer", None, None),
    "pretrained-on": ("trained-on", "pretrain", None),
    "finetuned-on": ("trained-on", "sft", None),
    "preference-data-from": ("trained-on", "preference", None),
    "benchmarked-by": ("evaluated-on", None, None),
}
"""Other people's words as relation, stage and how; docs/relations.md explains them."""


def read(checkout: Checkout, columns: Mapping[str, str], needed: Collection[str] = _NEEDED) -> Iterator[Item]:
    """Give one record a child; `columns` maps each of our columns to the name that it has in the files.

    Those that are `needed` have to be there.
    """
    places: defaultdict[tuple[str, str], list[Place]] = defaultdict(list)
    edges: defaultdict[tuple[str, str], list[Link]] = defaultdict(list)
    refused: defaultdict[str, list[str]] = defaultdict(list)

    def rows_of(path: Path) -> Iterator[Item]:
        broken: list[Skipped] = []
        for place, cells in _rows(checkout, path, columns, needed, broken):
            link = _link(cells)
            if isinstance(link, Link):
                (kind,) = RELATION_ENDS[link.relation][0]
                places[kind, cells["child"]].append(place)
                edges[kind, cells["child"]].append(link)
            elif cells["child"] and cells["parent"]:
                refused[cells["child"]].append(f"{cells['relation'] or 'no relation'} of {cells['parent']!r}: {link}")
                yield Skipped(place, "refused", f"{cells['child']}: {link}")
            else:
                yield Skipped(place, "no-name", link)
        yield from broken

    yield from checkout.each(rows_of, "*.csv")
    for (kind, child), rows in places.items():
        # The place names the child, since an entry has one source and a child may have many rows.
        shared = Place(rows[0].path, f"{columns['child']} {child}")
        links, said = tuple(edges[kind, child]), tuple(refused[child])
        yield Record(
            kind=kind,  # type: ignore[arg-type]
            name=child,
            place=shared,
            rows=tuple(rows),
            hub=hub_name(child),
            links=links,
            unknown=said,
        )


def _rows(
    checkout: Checkout, path: Path, columns: Mapping[str, str], needed: Collection[str], broken: list[Skipped]
) -> Iterator[tuple[Place, dict[str, str]]]:
    """Give the cells of each row under our names of the columns."""
    _check(path, checkout.columns(path), columns, needed)
    for line, row in checkout.table(path, broken):
        place = Place(checkout.name(path), f"line {line}")
        yield place, {ours: words(row.get(theirs)) for ours, theirs in columns.items()}


def _check(path: Path, head: Collection[str], columns: Mapping[str, str], needed: Collection[str]) -> None:
    missing = [name for name in needed if columns[name] not in head]
    if missing:
        said = f"has the columns {', '.join(head) or 'of no name'}, and no {columns[missing[0]]!r}"
        raise LlmregError(f"{path}: {said}; name it with --column {missing[0]}=NAME")


def _link(cells: Mapping[str, str]) -> Link | str:
    """Give the edge, or say why there is none."""
    if not (cells["child"] and cells["parent"]):
        return f"no {'parent' if cells['child'] else 'child'}"
    word = cells["relation"].casefold().replace("_", "-").replace(" ", "-")
    relation, stage, how = _WORDS.get(word, (word, None, None))
    stage = cells["stage"].casefold() or stage
    if relation not in RELATION_ENDS:
        return f"relation: {cells['relation'] or 'none'}{did_you_mean(word, [*RELATION_ENDS, *_WORDS])}"
    if relation == "trained-on" and stage not in _STAGES:
        return f"{relation} needs a stage, one of {', '.join(_STAGES)}, not {stage or 'none'}"
    fields: dict[str, Any] = {"stage": stage if relation == "trained-on" else None, "how": cells["how"] or how}
    return Link(relation, cells["parent"], hub_name(cells["parent"]), **fields)  # type: ignore[arg-type]


def with_columns(columns: Mapping[str, str]) -> Importer:
    """Give the importer for a table whose columns have other names than ours."""
    for name in columns:
        if name not in _COLUMNS:
            raise UsageError(f"a table of edges has no column {name!r} of ours{did_you_mean(name, _COLUMNS)}")
    named = {name: columns.get(name, name) for name in _COLUMNS}
    return replace(IMPORTER, read=partial(read, columns=named, needed=[*dict.fromkeys([*_NEEDED, *columns])]))


IMPORTER = Importer(
    title="A table of edges", read=partial(read, columns={name: name for name in _COLUMNS}), with_columns=with_columns
)
