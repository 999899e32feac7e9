"""`llmreg runs` and `llmreg verify`: what was run here, and whether it still is what its record says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmreg.cli.making import makings_json, print_makings
from llmreg.cli.options import CatalogOption, JsonOption, console, echo, open_catalog, print_json, quiet_libraries
from llmreg.errors import UsageError

if TYPE_CHECKING:
    from llmreg.reproduce.invariants import Check


def runs(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where to look; by default under LLMREG_HOME.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the runs on this machine; exit code 1 if the record of one cannot be read."""
    from llmreg.reproduce.record import all_runs
    from llmreg.reproduce.render import runs_table

    if folder is not None and not folder.is_dir():
        raise UsageError(f"no folder {folder}; name one with runs in it, or none for those under LLMREG_HOME")
    damaged: list[str] = []
    found = all_runs(folder, damaged.append)
    for told in damaged:
        echo(told, err=True)
    if json:
        print_json(
            [
                {"folder": str(path), "passed": run.passed, "outcome": run.outcome, **run.model_dump(mode="json")}
                for path, run in found
            ]
            + makings_json(folder)
        )
    else:
        made = print_makings(folder)
        if found or not made:
            console().print(runs_table({path.name: run for path, run in found}))
    if damaged:
        raise typer.Exit(1)


def verify(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or the name of a run under LLMREG_HOME.")],
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Compare a run's files with their recorded hashes and repeat its evaluation; exit code 5 on a mismatch."""
    quiet_libraries()
    from rich.markup import escape

    from llmreg.making.record import is_making
    from llmreg.making.verify import verify as check_making
    from llmreg.reproduce.record import home
    from llmreg.reproduce.verify import verify as check_run

    named = home() / "runs" / run
    folder = named if not run.exists() and named.is_dir() else run
    check = check_making if is_making(folder) else check_run
    checks = check(open_catalog(catalog), folder)
    if json:
        print_json({"folder": str(folder), "checks": [found.model_dump() for found in checks]})
    else:
        out = console()
        for found in checks:
            out.print(f"{_mark(found)}  {escape(found.name)}: {escape(found.detail)}", soft_wrap=True)
    raise typer.Exit(5 if any(found.failed for found in checks) else 0)


def _mark(check: Check) -> str:
    if check.undecided:
        return "[yellow]not checked[/]"
    return "[green]ok[/]" if check.passed else "[bold red]MISMATCH[/]"
