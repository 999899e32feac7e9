"""`llmreg tree`: the evolution tree of models, drawn from the catalog."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from llmreg.cli.options import CatalogOption, PolicyOption, UseOption, open_catalog
from llmreg.uses import Use

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.drawing.branches import Grown

_FORMATS = ("svg", "png")


def _check_format(value: str) -> str:
    if value not in _FORMATS:
        raise typer.BadParameter(f"no such format; choose one of {', '.join(_FORMATS)}")
    return value


def _check_date(value: str | None) -> str:
    if value and not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?", value):
        raise typer.BadParameter(f"takes YYYY, YYYY-MM or YYYY-MM-DD, not {value!r}")
    return value or ""


def tree(
    family: Annotated[
        list[str] | None,
        typer.Option("--family", metavar="NAME", help="Only this family, such as LLaMA; may be repeated."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Released on DATE or later.", callback=_check_date)
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Released on DATE or earlier.", callback=_check_date)
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most N families, the largest ones; the rest is named.")
    ] = None,
    use: UseOption = "redistribution",
    policy: PolicyOption = "standard",
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="svg or png.", callback=_check_format)
    ] = "svg",
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE.")] = None,
    catalog: CatalogOption = None,
) -> None:
    """Draw the evolution tree of models: time upwards, families as branches, marked by the verdict for a use."""
    from llmreg.cli.pictures import basis, put, verdicts_of
    from llmreg.drawing.branches import grow
    from llmreg.drawing.png import to_png
    from llmreg.drawing.tree import tree as drawn_tree
    from llmreg.errors import LlmregError
    from llmreg.schema import Model

    entries = open_catalog(catalog)
    for index in entries.indexes:
        raise LlmregError(f"{index.path}: an index holds too many models for a tree; name folders of entries alone")
    asked = next(each for each in get_args(Use) if each == use)
    ids = _models(entries, family or [])
    verdicts = verdicts_of(entries, ids or entries.ids(Model), asked, policy)
    grown = grow(entries, verdicts, since=since or "", until=until or "", limit=limit)
    _refuse_nothing(grown)
    drawn = drawn_tree(grown, use=use, note=basis(entries, asked, policy))
    put(to_png(drawn) if format_ == "png" else drawn, output)


def _models(catalog: Catalog, wanted: list[str]) -> list[str]:
    """Give the models of the families; raise `LlmregError` with the nearest name for one that does not exist."""
    from llmreg.errors import LlmregError, did_you_mean
    from llmreg.lineage.families import families
    from llmreg.schema import Model

    known = families(catalog, Model) if wanted else {}
    by_name = {name.casefold(): name for name in known}
    for name in wanted:
        if name.casefold() not in by_name:
            raise LlmregError(
                f"no family {name!r}{did_you_mean(name, known)}; `llmreg tree` without --family draws them all"
            )
    return [each for name in wanted for each in known[by_name[name.casefold()]]]


def _refuse_nothing(grown: Grown) -> None:
    from llmreg.errors import LlmregError

    if not grown.branches:
        without = f"; {len(grown.undated)} have no month of release" if grown.undated else ""
        raise LlmregError(f"no model was released in that time{without}: widen --since and --until")
