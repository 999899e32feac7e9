"""Arguments and options that several commands share, and how ids complete in the shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from llmreg.errors import UsageError
from llmreg.uses import Use

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from llmreg.catalog import Catalog
    from llmreg.licensing import Licensee
    from llmreg.schema import Entry

USES: tuple[str, ...] = get_args(Use)
WIDTH = 120
"""Columns of output that goes to a file or a pipe."""


def complete_ids(incomplete: str) -> list[str]:
    """Give the ids that begin so, for the shell."""
    try:
        from llmreg.catalog import load_catalog

        return [entry_id for entry_id in load_catalog() if entry_id.startswith(incomplete)]
    except Exception:  # a shell that completes shows no errors
        return []


def check_use(use: str) -> str:
    """Refuse a use that does not exist, naming those that do."""
    if use not in USES:
        raise typer.BadParameter(f"no such use; choose one of {', '.join(USES)}")
    return use


Id = Annotated[
    str, typer.Argument(metavar="ID", help="An entry's id, such as guanaco-33b.", autocompletion=complete_ids)
]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Entries' ids.", autocompletion=complete_ids)]
CatalogOption = Annotated[
    list[Path] | None,
    typer.Option("--catalog", metavar="DIR", help="A catalog folder to lay over the built-in one; may be repeated."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
UseOption = Annotated[
    str,
    typer.Option(
        "--use", metavar="USE", help=f"One of {', '.join(USES)}.", callback=check_use, autocompletion=lambda: list(USES)
    ),
]
LicenseeOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A YAML file on who asks: figures, territory, purpose, grants.")
]
PolicyOption = Annotated[
    str, typer.Option("--policy", metavar="ID", help="How far terms travel: strict, standard, permissive.")
]


def open_catalog(folders: Iterable[Path] | None) -> Catalog:
    """Load the built-in catalog with the user's folders over it."""
    from llmreg.catalog import load_catalog

    return load_catalog(*(folders or ()))


def entry_named(catalog: Catalog, name: str) -> Entry:
    """Give the entry with this id, or the license or another entry that goes by this name."""
    from contextlib import suppress

    from llmreg.catalog.names import license_named
    from llmreg.errors import UnknownIdError

    if name not in catalog:
        with suppress(UnknownIdError):
            return license_named(catalog, name)
    return catalog[catalog.named(name)]


def licensee_of(catalog: Catalog, file: Path | None, **said: Any) -> Licensee:
    """Give who asks: what the file says, with what was said on the command line going before it.

    Raises `UsageError` for a value that an option does not take, `CatalogError` for faults of the file.
    """
    from pydantic import ValidationError

    from llmreg.licensing import Licensee, read_licensee

    stated = {name: value for name, value in said.items() if value is not None}
    try:
        Licensee(**{"as_of": catalog.manifest.date, **stated})
    except ValidationError as error:
        fault = error.errors()[0]
        option = f"--{str(fault['loc'][0]).replace('_', '-')}"
        takes = {"--as-of": "YYYY-MM-DD or YYYY-MM", "--purpose": "commercial, non-commercial or research"}
        wrong = f"takes {takes[option]}, not {fault['input']!r}" if option in takes else _reason(fault)
        raise UsageError(f"{option} {wrong}") from None
    return read_licensee(file, catalog, **stated) if file else Licensee(**{"as_of": catalog.manifest.date, **stated})


def _reason(fault: Any) -> str:
    return str(fault["msg"]).removeprefix("Value error, ")


def print_json(value: Any) -> None:
    """Write one JSON value to standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def console() -> Console:
    """Give the console for standard output; it is plain where the output is no terminal."""
    from rich.console import Console

    plain = Console(highlight=False)
    return plain if plain.is_terminal else Console(highlight=False, width=WIDTH)


def parse_pairs(pairs: Iterable[str], option: str) -> dict[str, str]:
    """Read `KEY=VALUE` words; raise `UsageError` for one without `=`."""
    parsed = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"{option} takes KEY=VALUE, not {pair!r}")
        parsed[key] = value
    return parsed


def quiet_libraries() -> None:
    """Keep the training libraries from talking, to the user or over the network: llmreg itself downloads nothing."""
    import os

    for name, value in {
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }.items():
        os.environ.setdefault(name, value)
