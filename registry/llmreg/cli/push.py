"""`llmreg push`: put a finished run on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmreg.cli.options import (
    CatalogOption,
    JsonOption,
    LicenseeOption,
    PolicyOption,
    console,
    echo,
    licensee_of,
    open_catalog,
    print_json,
)


def push(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or the name of a run under LLMREG_HOME.")],
    repo: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="Where to; by default the entry's id under your own name."),
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="Make the repository private.")] = False,
    policy: PolicyOption = "standard",
    licensee: LicenseeOption = None,
    accept_unclear: Annotated[
        bool, typer.Option("--accept-unclear", help="Go on with an unclear verdict; it is recorded.")
    ] = False,
    offline: Annotated[bool, typer.Option(envvar="HF_HUB_OFFLINE", hidden=True)] = False,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Push a finished run to the Hub: artifact, card, template, NOTICE and record, in one commit.

    The verdict for redistribution comes first. Exit code: 0 pushed, 1 error, 3 the verdict is unclear, 4 forbidden.
    """
    from llmreg.errors import UsageError
    from llmreg.reproduce.publish import publish
    from llmreg.reproduce.record import home

    if offline:
        raise UsageError("pushing needs the network, and HF_HUB_OFFLINE forbids it; unset it")
    entries = open_catalog(catalog)
    named = home() / "runs" / run
    folder = named if not run.exists() and named.is_dir() else run
    done, verdict = publish(
        entries,
        folder,
        repo,
        private=private,
        policy=policy,
        licensee=licensee_of(entries, licensee),
        accept_unclear=accept_unclear,
        say=lambda text: echo(f"- {text}", err=True),
    )
    if json:
        print_json({"repository": done.repository, "commit": done.commit, "url": done.url, "verdict": verdict.verdict})
        return
    from rich.markup import escape

    out = console()
    out.print(f"pushed to {escape(done.url)}", soft_wrap=True)
    out.print(f"commit {done.commit}")
    for duty in verdict.obligations:
        out.print(f"duty: {escape(duty.text)} ({escape(duty.license)})")
