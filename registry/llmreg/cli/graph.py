"""`llmreg graph` and `llmreg path`: the lineage as data or as a picture, and how one entry descends from another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from llmreg.cli.groups import excludes, needs
from llmreg.cli.looking import looks_up
from llmreg.cli.options import (
    USES,
    CatalogOption,
    Id,
    JsonOption,
    PolicyOption,
    check_use,
    complete_ids,
    console,
    meant,
    open_catalog,
    print_json,
)
from llmreg.uses import Use

if TYPE_CHECKING:
    from collections.abc import Collection

    from llmreg.catalog import Catalog
    from llmreg.drawing.layers import Graph
    from llmreg.lineage import Direction

_PICTURES = ("svg", "png", "html")
_FORMATS = ("json", "csv", "dot", "mermaid", "graphml", *_PICTURES)
_MOST_READABLE = 300
"""A picture of more entries than this is no longer read."""
_MOST_DRAWN = 20_000


def _check_format(value: str) -> str:
    if value not in _FORMATS:
        raise typer.BadParameter(f"no such format; choose one of {', '.join(_FORMATS)}")
    return value


@excludes("down", "up")
@excludes("both", "up", "down")
@needs("ids", "up", "down", "both", "depth")
@needs("use", "policy")
@looks_up
def graph(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID",
            help="Start here; without ids, the whole graph.",
            autocompletion=complete_ids,
            callback=meant,
        ),
    ] = None,
    up: Annotated[bool, typer.Option("--up", help="Towards parents: what it is made of (the default).")] = False,
    down: Annotated[bool, typer.Option("--down", help="Towards children: what is made of it.")] = False,
    both: Annotated[bool, typer.Option("--both", help="Both ways.")] = False,
    depth: Annotated[int | None, typer.Option(min=0, metavar="N", help="At most N edges away.")] = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help=f"One of {', '.join(_FORMATS)}.", callback=_check_format)
    ] = "json",
    use: Annotated[
        str | None,
        typer.Option("--use", metavar="USE", help=f"Color a picture by the verdict for {', '.join(USES)}."),
    ] = None,
    policy: PolicyOption = "standard",
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE.")] = None,
    catalog: CatalogOption = None,
) -> None:
    """Export or draw the lineage graph, or the part of it around some entries."""
    from llmreg.cli.pictures import put
    from llmreg.errors import UsageError
    from llmreg.lineage import FORMATS, lineage, lineage_around

    if use and format_ not in _PICTURES:
        raise UsageError(f"--use colors a picture; add --format with one of {', '.join(_PICTURES)}")
    entries = open_catalog(catalog)
    ways: dict[Direction, bool] = {"up": up, "down": down, "both": both}
    direction: Direction = next((way for way, chosen in ways.items() if chosen), "up")
    part = lineage_around(entries, ids, direction, depth) if ids else lineage(entries)
    asked = next((each for each in get_args(Use) if use and each == check_use(use)), None)
    drawn = _drawn(entries, part, ids or (), format_, asked, policy) if format_ in _PICTURES else FORMATS[format_](part)
    put(drawn, output)


def _drawn(
    catalog: Catalog, part: Graph, ids: Collection[str], format_: str, use: Use | None, policy: str
) -> str | bytes:
    """Draw the part of the graph, colored by verdict where a use is given."""
    from llmreg.cli.pictures import basis, hint, verdicts_of
    from llmreg.drawing.page import page
    from llmreg.drawing.png import to_png
    from llmreg.drawing.svg import picture
    from llmreg.errors import LlmregError

    if len(part) > _MOST_DRAWN:
        raise LlmregError(f"{len(part):,} entries are too many for a picture; name an entry, or add --depth N")
    if len(part) > _MOST_READABLE:
        hint(f"{len(part):,} entries are more than one picture shows legibly; name an entry, or add --depth N")
    verdicts = verdicts_of(catalog, part, use, policy) if use else None
    note = basis(catalog, use, policy) if use else f"Catalog of {catalog.manifest.date}"
    if format_ == "html":
        return page(part, focus=ids, verdicts=verdicts, note=note)
    drawn = picture(part, focus=ids, verdicts=verdicts, note=note)
    return to_png(drawn) if format_ == "png" else drawn


@looks_up
def path(start: Id, end: Id, json: JsonOption = False, catalog: CatalogOption = None) -> None:
    """Show how one entry descends from another, shortest way first; exit code 1 if it does not."""
    from rich.markup import escape

    from llmreg.catalog.tiers import remark
    from llmreg.errors import LlmregError
    from llmreg.lineage import lineage_around, paths, relations

    entries = open_catalog(catalog)
    part = lineage_around(entries, [start], "up")
    if end not in part:
        other_way = start in lineage_around(entries, [end], "up")
        hint = f"; it is the other way round: {end} descends from {start}" if other_way else ""
        raise LlmregError(f"{start} does not descend from {end}{hint}")
    found = paths(part, start, end)
    if json:
        tiers = [[part.nodes[step]["tier"] for step in steps] for steps in found]
        print_json(
            [
                {"path": steps, "relations": relations(part, steps), "tiers": each}
                for steps, each in zip(found, tiers, strict=True)
            ]
        )
        return
    out = console()
    for steps in found:
        arrows = "".join(
            f" -({relation})-> {parent}" for relation, parent in zip(relations(part, steps), steps[1:], strict=True)
        )
        out.print(escape(steps[0] + arrows))
    for step in dict.fromkeys(step for steps in found for step in steps):
        if rests := remark(entries[step]):
            out.print(f"[dim]{escape(f'{step}: {rests}')}[/]")
