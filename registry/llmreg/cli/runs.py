"""`llmreg runs` and `llmreg verify`: what was run here, and whether it still is what its record says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmreg.cli.options import CatalogOption, JsonOption, console, echo, open_catalog, print_json, quiet_libraries
from llmreg.errors import UsageError


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
        )
    else:
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

    from llmreg.reproduce.record import home
    from llmreg.reproduce.verify import verify as check_run

    named = home() / "runs" / run
    folder = named if not run.exists() and named.is_dir() else run
    checks = check_run(open_catalog(catalog), folder)
    if json:
        print_json({"folder": str(folder), "checks": [check.model_dump() for check in checks]})
    else:
        out = console()
        for check in checks:
            mark = "[green]ok[/]" if check.passed else "[bold red]MISMATCH[/]"
            out.print(f"{mark}  {escape(check.name)}: {escape(check.detail)}", soft_wrap=True)
    raise typer.Exit(0 if all(check.passed for check in checks) else 5)
