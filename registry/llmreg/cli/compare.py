"""`llmreg compare`: entries side by side, in the terminal or as a table for a text or a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmreg.cli.groups import excludes
from llmreg.cli.looking import looks_up
from llmreg.cli.options import (
    CatalogOption,
    JsonOption,
    LicenseeOption,
    PolicyOption,
    Subjects,
    console,
    licensee_of,
    open_catalog,
    print_json,
    put,
    several,
)

if TYPE_CHECKING:
    from llmreg.tables import ComparisonTable

_FORMATS = ("text", "markdown", "csv", "html", "latex")


def _check_format(value: str) -> str:
    if value not in _FORMATS:
        raise typer.BadParameter(f"no such format; choose one of {', '.join(_FORMATS)}")
    return value


@excludes("format_", "json")
@looks_up
def compare(
    ids: Subjects,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"One of {', '.join(_FORMATS)}.",
            callback=_check_format,
            autocompletion=lambda: list(_FORMATS),
        ),
    ] = "text",
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROW,...", help="Only these rows or groups of rows, such as size,license,verdict; may be repeated."
        ),
    ] = None,
    policy: PolicyOption = "standard",
    licensee: LicenseeOption = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Show entries side by side: size, data, license, verdicts, method, settings, hardware, cost and results.

    `unknown` is what nobody published, `-` what the catalog does not say. The terminal shows at most four entries as
    columns and more as rows; every other format gives the source of each value.
    """
    from llmreg.tables import compare as side_by_side

    entries = open_catalog(catalog)
    who = licensee_of(entries, licensee)
    table = side_by_side(entries, ids, policy=policy, licensee=who, only=several(only, "--only"))
    if format_ == "text" and not json and not output:
        console().print(table)
    elif json and not output:
        print_json(table.to_json())
    else:
        _write(table, "json" if json else format_, output)


def _write(table: ComparisonTable, format_: str, output: Path | None) -> None:
    """Write the table to a file, or to standard output where none is named."""
    from llmreg.files import write_text
    from llmreg.tables.formats import FORMATS

    text = FORMATS[format_](table)
    if output:
        write_text(output, text)
    else:
        put(text)
