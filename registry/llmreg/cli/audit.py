"""`llmreg audit`: on what evidence the catalog rests, where it is at odds with itself, and what it lacks."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmreg.cli.options import CatalogOption, complete_ids, console, meant, open_catalog, print_json, put, several
from llmreg.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from llmreg.audit import Audit, Check, Finding
    from llmreg.audit.indexes import IndexSurvey

_FORMATS = ("table", "json", "markdown", "html")
_SHOWN = 5
"""Findings of each kind that the overview shows."""


def complete_kinds(incomplete: str) -> list[str]:
    """Give the kinds of findings that begin so, for the shell."""
    from llmreg.audit import CHECKS

    return [kind for kind in CHECKS if kind.startswith(incomplete)]


def audit(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID", help="What concerns these; all without ids.", autocompletion=complete_ids, callback=meant
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND,...",
            help="Findings of this kind, all of them; may be repeated.",
            autocompletion=complete_kinds,
        ),
    ] = None,
    stale_after: Annotated[
        int, typer.Option(min=0, metavar="DAYS", help="Days after which a source should be read again.")
    ] = 365,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The day to judge for; today.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", metavar="FORMAT", help=f"One of {', '.join(_FORMATS)}.")] = "",
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE.")] = None,
    catalog: CatalogOption = None,
) -> None:
    """Show on what evidence the catalog rests, which of its claims are at odds, and what it lacks.

    Without --only, the table shows the first findings of each kind; the other formats always give all.
    """
    from llmreg.audit import CHECKS
    from llmreg.audit import audit as run
    from llmreg.files import write_text

    form = _form(format_, json=json, output=output)
    kinds = several(only, "--only")
    for kind in kinds:
        if kind not in CHECKS:
            raise UsageError(f"--only: no kind {kind!r}{did_you_mean(kind, CHECKS)}; there are {', '.join(CHECKS)}")
    entries = open_catalog(catalog)
    for entry_id in ids or ():
        entries[entry_id]
    today = (as_of or datetime.now().astimezone()).date()
    found = run(entries, today, kinds=kinds, ids=ids or (), stale_after=stale_after)
    if form == "table":
        _print(found, whole=bool(kinds or ids))
    elif output:
        write_text(output, _written(found, form))
    elif form == "json":
        print_json(found.to_json())
    else:
        put(_written(found, form))


def _form(stated: str, *, json: bool, output: Path | None) -> str:
    """Give the format: the one that was named, or that the file's name tells."""
    by_suffix = {".json": "json", ".md": "markdown", ".html": "html", ".htm": "html"}
    if json and stated not in ("", "json"):
        raise UsageError(f"--json and --format {stated} exclude each other")
    form = stated or ("json" if json else by_suffix.get(output.suffix, "") if output else "table")
    if form not in _FORMATS or (output and form == "table"):
        wrong = f"{form!r} cannot be written" if form else f"the name of {output} does not tell it"
        raise UsageError(f"--format: {wrong}; choose one of {', '.join(_FORMATS if not output else _FORMATS[1:])}")
    return form


def _written(found: Audit, form: str) -> str:
    from json import dumps

    from llmreg.audit import FORMATS

    return dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n" if form == "json" else FORMATS[form](found)


def _print(found: Audit, *, whole: bool) -> None:
    """Print the evidence, then each kind of finding: all of them, or the first few."""
    from llmreg.audit import CHECKS

    out = console()
    _print_evidence(found)
    for kind, findings in found.findings.items():
        if findings:
            _print_kind(kind, CHECKS[kind], findings, whole=whole)
    for index in found.indexes:
        _print_index(index)
    none = [CHECKS[kind].title.lower() for kind, findings in found.findings.items() if not findings]
    if none:
        out.print(f"[bold]Nothing found:[/] {', '.join(none)}")
    out.print(f"[dim]as of {found.as_of}, catalog of {found.catalog_date}[/]")


def _print_index(index: IndexSurvey) -> None:
    from rich.markup import escape

    out = console()
    held = ", ".join(f"{count:,} {kind}s" for kind, count in index.entries.items())
    out.print(f"[bold]{escape(index.path)}[/]: {held}; {index.stubs:,} of them are only named by others")
    out.print(f"  {index.unlicensed:,} models state no license")
    for count, what, examples in (
        (index.anachronisms, "edges lead to what was released later", index.anachronism_examples),
        (index.in_cycles, "models would have to be made from themselves", index.cycle_examples),
    ):
        named = f": {', '.join(examples)}{', ...' if count > len(examples) else ''}" if examples else ""
        out.print(escape(f"  {count:,} {what}{named}"))


def _print_evidence(found: Audit) -> None:
    from rich import box
    from rich.table import Table

    from llmreg.audit import percent
    from llmreg.audit.claims import READ

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in ("kind", "entries", "claims", "read live", "stored copy", "secondary"):
        table.add_column(head, justify="left" if head == "kind" else "right")
    for row in found.coverage:
        table.add_row(row.kind, f"{row.entries:,}", f"{row.claims:,}", *(percent(row, read) for read in READ))
    console().print(table, "")


def _print_kind(kind: str, check: Check, findings: tuple[Finding, ...], *, whole: bool) -> None:
    from rich.markup import escape
    from rich.padding import Padding

    out = console()
    out.print(f"[bold]{check.title}: {len(findings):,}[/]\n[dim]{check.meaning}[/]")
    for finding in findings if whole else findings[:_SHOWN]:
        out.print(Padding(f"{escape(finding.id)}: {escape(finding.text)}", (0, 0, 0, 2), expand=False))
        for side in finding.sides:
            source = f" [dim]({escape(str(side.source))}, {side.source.seen})[/]" if side.source else ""
            who = f"{escape(side.entry)}: " if side.entry != finding.id else ""
            out.print(Padding(f"- {who}{escape(side.says)}{source}", (0, 0, 0, 6), expand=False))
    if not whole and len(findings) > _SHOWN:
        out.print(f"  ... and {len(findings) - _SHOWN:,} more: llmreg audit --only {kind}")
    out.print()
