"""`llmreg check`: may I use these entries so, why, and what do I owe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from llmreg.cli.groups import excludes
from llmreg.cli.looking import looks_up
from llmreg.cli.options import (
    USES,
    CatalogOption,
    JsonOption,
    LicenseeOption,
    PolicyOption,
    complete_ids,
    console,
    echo,
    licensee_of,
    open_catalog,
    print_json,
    several,
    subject,
)
from llmreg.errors import UsageError
from llmreg.uses import Business, Use

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.licensing import Licensee, Verdict


@excludes("everything", "file")
@looks_up
def check(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Entries' ids.", autocompletion=complete_ids, callback=subject),
    ] = None,
    use: Annotated[
        list[str] | None,
        typer.Option(
            metavar="USE,...",
            help=f"One of {', '.join(USES)}, or all; may be repeated.",
            autocompletion=lambda: [*USES, "all"],
        ),
    ] = None,
    policy: PolicyOption = "standard",
    everything: Annotated[bool, typer.Option("--all", help="Check the whole catalog.")] = False,
    licensee: LicenseeOption = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day to judge for: YYYY-MM-DD or YYYY-MM.")
    ] = None,
    territory: Annotated[
        str | None, typer.Option(metavar="T", help="Where you are: ISO 3166-1 alpha-2 code, or EU.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(metavar="P", help="What you do it for: commercial, non-commercial or research.")
    ] = None,
    monthly_users: Annotated[int | None, typer.Option(min=0, metavar="N", help="Your monthly active users.")] = None,
    annual_revenue: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Your annual revenue in US dollars.")
    ] = None,
    monthly_revenue: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Your revenue of a month in US dollars.")
    ] = None,
    business: Annotated[
        list[str] | None,
        typer.Option(
            metavar="B,...",
            help=f"What you offer of {', '.join(get_args(Business))}; or none.",
            autocompletion=lambda: [*get_args(Business), "none"],
        ),
    ] = None,
    internal_use: Annotated[
        bool, typer.Option("--internal-use", help="Nothing of it reaches others, neither outputs nor abilities.")
    ] = False,
    file: Annotated[
        bool, typer.Option("--file", help="Judge the distributed file (adapter, delta), not the model it makes.")
    ] = False,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Say whether entries may be used like this, why, and what you owe.

    Several entries or uses, or --all, are compared in a table; --all over an index counts verdicts, and lists them with
    --json.
    Exit code: 0 allowed (with or without conditions), 3 unclear, 4 forbidden; the worst of several.
    """
    from llmreg.licensing import Checker

    uses = _uses(several(use, "--use"))
    entries = open_catalog(catalog)
    who = licensee_of(
        entries,
        licensee,
        as_of=as_of,
        territory=territory,
        purpose=purpose,
        monthly_users=monthly_users,
        annual_revenue=annual_revenue,
        monthly_revenue=monthly_revenue,
        businesses=_businesses(several(business, "--business")),
        internal_use=internal_use or None,
    )
    if everything and not ids and entries.indexes:
        raise typer.Exit(_show_counts(entries, uses, policy, who, json=json))
    asked = _asked(entries, ids or [], everything=everything, file=file)
    _tell_software(entries, ids or [])
    checker = Checker(entries, who)
    verdicts = [checker.check(entry_id, each, policy) for entry_id in asked for each in uses]
    _show(entries, verdicts, who, json=json)
    raise typer.Exit(max(verdict.exit_code for verdict in verdicts))


def _tell_software(catalog: Catalog, ids: list[str]) -> None:
    """Say of software that the answer is not about the models that are made with it."""
    from llmreg.schema import Software

    for entry_id in ids:
        if issubclass(catalog.kind_of(entry_id), Software):
            echo(
                f"{entry_id!r} is software: this is about its code; models made with it have verdicts of their own",
                err=True,
            )


def _businesses(named: list[str]) -> list[str] | None:
    """Return the businesses that were named; none of them for `none`, and None where nothing was said."""
    if wrong := [name for name in named if name not in (*get_args(Business), "none")]:
        raise UsageError(f"--business: no business {wrong[0]!r}; choose of {', '.join(get_args(Business))}, or none")
    if "none" in named and len(named) > 1:
        raise UsageError("--business: none and a business exclude each other; name one of them")
    return [name for name in named if name != "none"] if named else None


def _show_counts(entries: Catalog, uses: tuple[Use, ...], policy: str, who: Licensee, *, json: bool) -> int:
    """Print for a catalog with an index how many entries have each verdict; as JSON each id with its own.

    Gives the exit code of the worst.
    """
    from llmreg.licensing import EXIT_CODES
    from llmreg.licensing.bulk import bulk_check

    found = {use: bulk_check(entries, use, policy=policy, licensee=who) for use in uses}
    counts = {use: bulk.counts() for use, bulk in found.items()}
    if json:
        print_json({use: dict(bulk.items()) for use, bulk in found.items()})
    else:
        from rich import box
        from rich.table import Table

        table = Table("verdict", *counts, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for verdict in EXIT_CODES:
            table.add_row(verdict, *(f"{count[verdict]:,}" for count in counts.values()))
        console().print(table)
    return max(EXIT_CODES[verdict] for verdict in EXIT_CODES for count in counts.values() if count[verdict])


def _show(entries: Catalog, verdicts: list[Verdict], who: Licensee, *, json: bool) -> None:
    """Print one verdict in full with what would change it, or several as a table."""
    from llmreg.licensing import changes
    from llmreg.licensing.render import in_full, table

    if len(verdicts) > 1:
        print_json([verdict.to_json() for verdict in verdicts]) if json else console().print(table(verdicts))
        return
    (verdict,) = verdicts
    otherwise = changes(entries, verdict, who)
    if json:
        print_json({**verdict.to_json(), "changes": [change.to_json() for change in otherwise]})
    else:
        console().print(in_full(verdict, otherwise))


def _uses(named: list[str]) -> tuple[Use, ...]:
    wrong = [f"no use {name!r}" for name in named if name not in (*USES, "all")]
    if wrong or not named:
        why = wrong[0] if wrong else "the use is missing"
        raise UsageError(f"--use: {why}; choose one of {', '.join(USES)}, or all")
    return tuple(known for known in get_args(Use) if {known, "all"} & {*named})


def _asked(catalog: Catalog, ids: list[str], *, everything: bool, file: bool) -> list[str]:
    """Give the ids to check: those named, or with --all every entry that carries a license."""
    from llmreg.schema import Dataset, Model, Service, Software

    if everything == bool(ids):
        raise UsageError("name the entries to check, or give --all" if not ids else "give ids or --all, not both")
    if everything:
        return [entry_id for kind in (Model, Dataset, Service, Software) for entry_id in catalog.ids(kind)]
    return [_file_of(catalog, entry_id) if file else entry_id for entry_id in ids]


def _file_of(catalog: Catalog, entry_id: str) -> str:
    """Give the id of the file that makes the model; `entry_id` itself where it is one."""
    from llmreg.schema import FILE_COMPONENTS, Model

    model = catalog.get_as(Model, entry_id)
    if model.file_of:
        return entry_id
    files = [f"{entry_id}-{component}" for component in FILE_COMPONENTS if f"{entry_id}-{component}" in catalog]
    if len(files) != 1:
        problem = f"several distributed files: ask for one of {', '.join(files)}" if files else "no distributed file"
        raise UsageError(f"{entry_id!r} has {problem} in the catalog")
    return files[0]
