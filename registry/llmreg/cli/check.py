"""`llmreg check`: may I use this entry so, why, and what do I owe."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from llmreg.cli.options import (
    CatalogOption,
    Ids,
    JsonOption,
    PolicyOption,
    UseOption,
    console,
    open_catalog,
    print_json,
)

if TYPE_CHECKING:
    from rich.console import Console

    from llmreg.catalog import Catalog
    from llmreg.licensing import Licensee, Reason, Verdict

COLORS = {"allowed": "green", "allowed-with-conditions": "green", "unclear": "yellow", "forbidden": "red"}


def check(
    ids: Ids,
    use: UseOption,
    policy: PolicyOption = "standard",
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day to judge for: YYYY-MM-DD or YYYY-MM.")
    ] = None,
    territory: Annotated[
        str | None, typer.Option(metavar="T", help="Where you are: ISO 3166-1 alpha-2 code, or EU.")
    ] = None,
    monthly_users: Annotated[int | None, typer.Option(min=0, metavar="N", help="Your monthly active users.")] = None,
    annual_revenue: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Your annual revenue in US dollars.")
    ] = None,
    file: Annotated[
        bool, typer.Option("--file", help="Judge the distributed file (adapter, delta), not the model it makes.")
    ] = False,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Say whether entries may be used like this, why, and what you owe.

    Exit code: 0 allowed (with or without conditions), 3 unclear, 4 forbidden; the worst of several.
    """
    from llmreg.licensing import check as reach_verdict

    entries = open_catalog(catalog)
    who = _licensee(entries, as_of, territory, monthly_users, annual_revenue)
    asked = [_file_of(entries, entry_id) if file else entry_id for entry_id in ids]
    verdicts = [reach_verdict(entries, entry_id, use, policy=policy, licensee=who) for entry_id in asked]  # type: ignore[arg-type]
    if json:
        objects = [verdict.to_json() for verdict in verdicts]
        print_json(objects[0] if len(objects) == 1 else objects)
    else:
        out = console()
        for verdict in verdicts:
            print_verdict(out, verdict)
    raise typer.Exit(max(verdict.exit_code for verdict in verdicts))


def print_verdict(out: Console, verdict: Verdict) -> None:
    """Print a verdict: the answer, its reasons with their paths, the duties, the notes and what is unknown."""
    from rich.markup import escape
    from rich.padding import Padding

    from llmreg.licensing import DISCLAIMER

    color = COLORS[verdict.verdict]
    out.print(f"[bold]{escape(verdict.id)}[/] for {verdict.use} use: [bold {color}]{verdict.verdict}[/]")
    for reason in verdict.reasons:
        _print_reason(out, reason, COLORS[reason.verdict], reason.verdict)
    if verdict.obligations:
        out.print("[bold]You owe[/]")
        for duty in verdict.obligations:
            place = " ".join(filter(None, [duty.license, duty.clause]))
            line = rf"\[ ] {escape(duty.text)} [dim]({escape(place)}, for {escape(duty.path[-1])})[/]"
            out.print(Padding(line, (0, 0, 0, 2), expand=False))
    if verdict.notes:
        out.print(f"[bold]Noted, without effect under the {escape(verdict.policy)} policy[/]")
        _print_notes(out, verdict.notes)
    if verdict.unknowns:
        out.print("[bold]Unknown[/]")
        for unknown in verdict.unknowns:
            out.print(f"  - {escape(unknown)}")
    basis = f"policy {verdict.policy}, as of {verdict.as_of}, catalog of {verdict.catalog_date}"
    out.print(f"[dim]{escape(basis)}; {DISCLAIMER}[/]\n")


def _print_reason(out: Console, reason: Reason, color: str, mark: str) -> None:
    from rich.markup import escape
    from rich.padding import Padding

    place = " ".join(filter(None, [reason.license or "no license", reason.clause]))
    pairs = zip(reason.relations, reason.path[1:], strict=True)
    steps = "".join(f" -({relation})-> {parent}" for relation, parent in pairs)
    lines = f"[{color}]{mark}[/]: {escape(place)}, {escape(reason.path[0] + steps)}"
    out.print(Padding(lines, (0, 0, 0, 2), expand=False))
    source = f"\n[dim]{escape(reason.source)}[/]" if reason.source else ""
    out.print(Padding(escape(reason.text) + source, (0, 0, 0, 6), expand=False))


def _print_notes(out: Console, notes: tuple[Reason, ...]) -> None:
    """Print one line for each note, gathered under the entry that was made from the one it speaks of."""
    from itertools import groupby

    from rich.markup import escape
    from rich.padding import Padding

    for path, group in groupby(sorted(notes, key=lambda note: note.path), key=lambda note: note.path[:-1]):
        out.print(Padding(escape(" -> ".join(path)), (0, 0, 0, 2), expand=False))
        for note in group:
            relation = note.relations[-1] if note.relations else "states"
            text = f"{relation} {note.path[-1]}: {note.text} ({note.license or 'no license'})"
            out.print(Padding(f"[dim]{escape(text)}[/]", (0, 0, 0, 6), expand=False))


def _file_of(catalog: Catalog, entry_id: str) -> str:
    """Give the id of the file that makes the model; `entry_id` itself where it is one."""
    from llmreg.errors import UsageError
    from llmreg.schema import FILE_COMPONENTS, Model

    model = catalog.get_as(Model, entry_id)
    if model.file_of:
        return entry_id
    files = [f"{entry_id}-{component}" for component in FILE_COMPONENTS if f"{entry_id}-{component}" in catalog]
    if len(files) != 1:
        problem = f"several distributed files: ask for one of {', '.join(files)}" if files else "no distributed file"
        raise UsageError(f"{entry_id!r} has {problem} in the catalog")
    return files[0]


def _licensee(
    catalog: Catalog, as_of: str | None, territory: str | None, users: int | None, revenue: int | None
) -> Licensee:
    from llmreg.errors import UsageError
    from llmreg.licensing import Licensee

    try:
        day = date.fromisoformat(as_of if len(as_of) > 7 else f"{as_of}-01") if as_of else catalog.manifest.date
    except ValueError:
        raise UsageError(f"--as-of takes YYYY-MM-DD or YYYY-MM, not {as_of!r}") from None
    if territory and not (len(territory) == 2 and territory.isalpha()):
        raise UsageError(f"--territory takes a two-letter ISO 3166-1 code or EU, not {territory!r}")
    return Licensee(day, territory.upper() if territory else None, users, revenue)
