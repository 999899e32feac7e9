"""`llmreg scan`: which open models and data sets does this code use, and may it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from llmreg.cli.options import (
    WIDTH,
    CatalogOption,
    LicenseeOption,
    PolicyOption,
    UseOption,
    console,
    echo,
    licensee_of,
    open_catalog,
    put,
)
from llmreg.errors import UsageError
from llmreg.escaping import json_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmreg.catalog import Catalog
    from llmreg.scan import Scan

Format = Literal["table", "json", "sarif", "markdown", "cyclonedx"]
_CHANGED = 5


def scan(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Folders and files; this one by default.")
    ] = None,
    use: UseOption = "commercial",
    policy: PolicyOption = "standard",
    fail_on: Annotated[
        str, typer.Option(metavar="VERDICT", help="The mildest verdict that fails: unclear, forbidden or never.")
    ] = "unclear",
    form: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help=f"One of {', '.join(get_args(Format))}.")
    ] = "table",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file.")] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Findings that are accepted; only others can fail.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Accept what is found now, with --reason and --who.")
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why the findings are accepted.")] = None,
    who: Annotated[str | None, typer.Option(metavar="NAME", help="Who accepts them.")] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The last day on which they count.")
    ] = None,
    locked: Annotated[bool, typer.Option("--locked", help="Fail where anything differs from llmreg.lock.")] = False,
    write_lock: Annotated[bool, typer.Option("--write-lock", help="Write llmreg.lock into the first PATH.")] = False,
    licensee: LicenseeOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Find every open model and data set that code uses, and say of each whether it may.

    Reads Python, notebooks, JavaScript and TypeScript, shell scripts and Dockerfiles, YAML, TOML and JSON, Modelfiles,
    cards, and the headers of model files; runs nothing and fetches nothing. What git ignores and vendored folders are
    left out and counted. Exit code: 0, or 3 unclear, 4 forbidden as --fail-on says; 5 where --locked finds a change.
    """
    from llmreg import finders
    from llmreg.scan import scan as scan_paths
    from llmreg.scan.baseline import read_baseline
    from llmreg.scan.result import FailOn

    _one_of("--format", form, get_args(Format))
    limit = _one_of("--fail-on", fail_on, get_args(FailOn))
    _check_baseline(write_baseline, reason, who)
    entries = open_catalog(catalog)
    asks = licensee_of(entries, licensee)
    accepted, over = read_baseline(baseline, _today()) if baseline else (frozenset(), [])
    for each in over:
        echo(f"{baseline}: accepted until {each.until}, which is over: {each.id} in {each.path}", err=True)
    roots = paths or [Path()]
    asked = finders.load()
    for fault in asked.faults:
        echo(fault, err=True)
    found = scan_paths(
        entries,
        roots,
        use,  # type: ignore[arg-type]
        policy=policy,
        licensee=asks,
        accepted=accepted,
        finders=asked.own,
        others=asked.others,
    )
    _write(entries, found, form, output)
    if write_baseline:
        _accept(found, write_baseline, reason or "", who or "", until)
        return
    changed = _lock(entries, found, roots[0], check=locked, write=write_lock)
    raise typer.Exit(found.exit_code(limit) or (_CHANGED if changed else 0))  # type: ignore[arg-type]


def _write(entries: Catalog, found: Scan, form: str, output: Path | None) -> None:
    from llmreg.files import write_text
    from llmreg.licensing.render import as_text
    from llmreg.scan.bom import to_cyclonedx
    from llmreg.scan.render import in_terminal, to_markdown
    from llmreg.scan.sarif import to_sarif

    if form == "table" and output is None:
        console().print(in_terminal(found))
        return
    writers: dict[str, Callable[[Scan], str]] = {
        "table": lambda each: as_text(in_terminal(each), WIDTH),
        "json": lambda each: json_text(each.to_json()) + "\n",
        "sarif": to_sarif,
        "markdown": to_markdown,
        "cyclonedx": lambda each: to_cyclonedx(entries, each),
    }
    text = writers[form](found)
    if output:
        write_text(output, text)
    else:
        put(text)


def _one_of(option: str, given: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise UsageError(f"{option} takes one of {', '.join(known)}, not {given!r}")
    return given


def _check_baseline(path: Path | None, reason: str | None, who: str | None) -> None:
    if path and not (reason and who):
        raise UsageError("--write-baseline needs --reason and --who: why the findings are accepted, and by whom")
    if not path and (reason or who):
        raise UsageError("--reason and --who go with --write-baseline")


def _today() -> date:
    return datetime.now().astimezone().date()


def _accept(found: Scan, path: Path, reason: str, who: str, until: datetime | None) -> None:
    from llmreg.scan.baseline import write_baseline

    bad = [each for each in found.findings if each.verdict in ("unclear", "forbidden")]
    new = write_baseline(path, bad, reason=reason, who=who, until=until.date() if until else None)
    echo(f"{path}: {new} more accepted", err=True)


def _lock(entries: Catalog, found: Scan, root: Path, *, check: bool, write: bool) -> bool:
    """Write the lock or compare with it; tell whether anything changed."""
    from llmreg.scan import lock

    place = (root if root.is_dir() else root.parent) / lock.NAME
    if write:
        lock.write_lock(place, entries, found)
    changed = [*lock.changes(lock.read_lock(place), entries, found)] if check else []
    for line in changed:
        echo(f"{place}: {line}", err=True)
    return bool(changed)
