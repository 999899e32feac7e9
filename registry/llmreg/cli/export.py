"""`llmreg export`: files about an entry that others read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmreg.cli.options import (
    CatalogOption,
    Id,
    JsonOption,
    LicenseeOption,
    PolicyOption,
    licensee_of,
    open_catalog,
    print_json,
)

export = typer.Typer(name="export", no_args_is_help=True, help="Write files about an entry that others read.")


@export.command()
def notice(
    entry_id: Id,
    policy: PolicyOption = "standard",
    licensee: LicenseeOption = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE.")] = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Write a NOTICE file: whose works are in the entry, under which licenses, and what goes with every copy."""
    from llmreg.files import write_text
    from llmreg.licensing.notice import notice as gather
    from llmreg.licensing.notice import notice_text

    entries = open_catalog(catalog)
    gathered = gather(entries, entry_id, policy=policy, licensee=licensee_of(entries, licensee))
    if json:
        print_json(gathered)
    elif output:
        write_text(output, notice_text(gathered))
    else:
        typer.echo(notice_text(gathered), nl=False)


@export.callback()
def _export() -> None:
    pass
