"""`llmreg site`: the whole catalog as a folder of pages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from llmreg.cli.groups import needs
from llmreg.cli.options import CatalogOption, JsonOption, PolicyOption, echo, open_catalog, print_json


@needs("ratings", "answers", "reference")
def site(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The folder to write: a new one, or that of an older site.")
    ],
    policy: PolicyOption = "standard",
    runs: Annotated[
        bool, typer.Option("--runs/--no-runs", help="Show your own finished reproductions beside published results.")
    ] = True,
    ratings: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="Ratings to show on a page: files or a folder; may be repeated."),
    ] = None,
    answers: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Which system gave which answer, by id; may be repeated."),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(metavar="SYSTEM", help="With --ratings: whose score is 100%.")
    ] = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Write a site that opens from disk: a table of all entries, a page for each, the lineage explorer, the audit."""
    from rich.progress import Progress

    from llmreg.ratings import read, read_answers
    from llmreg.reproduce.record import all_runs
    from llmreg.screen import Screen
    from llmreg.site.build import build

    entries = open_catalog(catalog)
    with Progress(console=Screen(stderr=True), transient=True) as progress:
        task = progress.add_task("pages")
        written = build(
            entries,
            out,
            policy=policy,
            runs=runs,
            ratings=read(ratings, read_answers(answers or ())) if ratings else None,
            reference=reference,
            processes=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            tell=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if runs:
        all_runs(tell=lambda told: echo(told, err=True))
    if json:
        print_json({"out": str(out), **written})
    else:
        echo(f"{written['pages']} pages and {written['files']} files; open {out / 'index.html'}")
