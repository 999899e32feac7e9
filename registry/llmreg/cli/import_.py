"""`llmreg import`: take another tracker's rows into a catalog folder of one's own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmreg.cli.options import CatalogOption, JsonOption, echo, print_json

if TYPE_CHECKING:
    from llmreg.importers.report import Report


def complete_importers(incomplete: str) -> list[str]:
    """Give the importers that begin so, for the shell."""
    from llmreg.importers import HUB, NAMES

    return [name for name in (*NAMES, HUB) if name.startswith(incomplete)]


def named_columns(pairs: list[str]) -> dict[str, str]:
    """Read each OURS=THEIRS; raise `UsageError` for one that is none, and for a column that is named twice."""
    from llmreg.errors import UsageError

    columns: dict[str, str] = {}
    for pair in pairs:
        name, mark, theirs = pair.partition("=")
        if not (name and mark and theirs):
            raise UsageError(f"--column takes OURS=THEIRS, such as child=model, not {pair!r}")
        if columns.setdefault(name, theirs) != theirs:
            raise UsageError(f"--column names {name!r} twice, as {columns[name]!r} and {theirs!r}; give one of them")
    return columns


def _say(text: str) -> None:
    echo(f"- {text}", err=True)


def import_(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="The tracker, such as osai, or hub.", autocompletion=complete_importers),
    ],
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Your checkout of it, or its file; for hub also OWNER/NAME, and several."),
    ],
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="The catalog folder to write to; for hub an index.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")] = False,
    commit: Annotated[
        str | None, typer.Option(metavar="HASH", help="The tracker's commit; without it the one that PATH tells.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=THEIRS", help="What a column of a table of edges is called, as in child=model."),
    ] = None,
    seen: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The day of reading; today by default."),
    ] = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Import a tracker: every row as an entry that says what the tracker says, or left out with a reason.

    The source `hub` writes an index, a file that ends in .sqlite, which --catalog takes like a folder. It takes in
    cards as JSON lines or JSON, a folder of cards or of one model, a file of weights, the Hub's cache, or asks the Hub:
    for OWNER/NAME and all that it was made from, or for every model with `live`.
    """
    from llmreg.cli.options import open_catalog
    from llmreg.errors import LlmregError, UsageError
    from llmreg.importers import HUB, import_tracker
    from llmreg.importers.hub_index import import_hub
    from llmreg.importers.hub_report import HubReport

    columns = named_columns(column or [])
    day = (seen or datetime.now().astimezone()).date()
    report: Report | HubReport
    if source == HUB:
        if columns:
            raise UsageError("hub reads cards, whose fields have fixed names; leave --column out")
        report = import_hub(paths, into, open_catalog(catalog), seen=day, commit=commit, dry_run=dry_run, say=_say)
    elif len(paths) > 1:
        raise UsageError(f"{source} takes one PATH, not {len(paths)}; import them one after the other")
    else:
        (path,) = map(Path, paths)
        report = import_tracker(
            source, path, into, open_catalog(catalog), seen=day, commit=commit, columns=columns, dry_run=dry_run
        )
    if json:
        print_json(report.as_json())
    else:
        for line in report.lines():
            echo(line)
    if isinstance(report, HubReport) and report.nothing_in:
        raise LlmregError(f"{' '.join(paths)}: no row could be taken in; mend what the report names, and import again")
