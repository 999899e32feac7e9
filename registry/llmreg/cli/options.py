"""Arguments and options that several commands share, and how ids complete in the shell."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

import typer

from llmreg.errors import UsageError
from llmreg.escaping import json_text, terminal
from llmreg.uses import Use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.console import Console

    from llmreg.catalog import Catalog
    from llmreg.licensing import Licensee
    from llmreg.schema import Entry

USES: tuple[str, ...] = get_args(Use)
WIDTH = 120
"""Columns of output that goes to a file or a pipe."""


def several(words: Iterable[str] | None, option: str) -> list[str]:
    """Return what an option names that may be repeated and takes lists with commas, each once.

    Raises `UsageError` for a name that is empty: it would mean that the option was not given at all.
    """
    found = [part.strip() for word in words or () for part in word.split(",")]
    if not all(found):
        raise UsageError(f"{option}: a name is empty; write NAME or NAME,NAME")
    return list(dict.fromkeys(found))


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


T = TypeVar("T", str, list[str], None)


def meant(context: typer.Context, names: T) -> T:
    """Give for each name on the command line the id that it means; a name that nothing has stays as it is.

    Ids, Hub ids, aliases, names of licenses, paths and repositories of the Hub are understood. Which entry was taken is
    told where others share a name.
    """
    if not names or context.resilient_parsing:  # a shell that completes asks nobody
        return names
    return _each(names, lambda name: _told(context, name))


S = TypeVar("S", str, list[str])


def _each(names: S, id_of: Callable[[str], str]) -> S:
    return id_of(names) if isinstance(names, str) else [id_of(name) for name in names]


def _told(context: typer.Context, name: str) -> str:
    """Return the id that a name means, and tell of models that are called after what is no model."""
    from llmreg.catalog.namesakes import family, what_it_is

    entry_id = _meant(context, name)
    catalog = open_catalog(context.params.get("catalog"))
    if entry_id == name and name in catalog and (others := family(catalog, entry_id)):
        echo(f"{what_it_is(catalog, entry_id)}{others}", err=True)
    return entry_id


def subject(context: typer.Context, names: T) -> T:
    """Return ids as `meant` does, for a command whose answer is a verdict or a document on what is named.

    Raises `UsageError` for software or a benchmark that models are called after: the answer would be taken for theirs.
    """
    from llmreg.catalog.namesakes import refuse_namesake

    if not names or context.resilient_parsing:
        return names

    def id_of(name: str) -> str:
        entry_id = _meant(context, name)
        refuse_namesake(open_catalog(context.params.get("catalog")), name, entry_id)
        return entry_id

    return _each(names, id_of)


def _meant(context: typer.Context, name: str) -> str:
    """Return the id that a name means: in the catalog, else on disk, else on the Hub."""
    catalog = open_catalog(context.params.get("catalog"))
    if name in catalog:
        return name
    from llmreg.catalog.references import reference
    from llmreg.cli.looking import is_path, on_disk, on_the_hub

    if is_path(name):
        return on_disk(context, name)
    found, wanted = id_named(catalog, name), reference(name)
    if found in catalog and not getattr(catalog[found], "stub", False):
        if wanted and wanted.revision and not catalog[found].imported:
            echo(f"{found} is judged as a whole; the catalog does not tell {wanted.revision} apart", err=True)
        return found
    if found not in catalog and os.path.exists(name):
        return on_disk(context, name)
    return on_the_hub(context, wanted, name, found if found in catalog else None) if wanted else found


def id_named(catalog: Catalog, name: str) -> str:
    """Give the id that a name means, or the name itself where nothing has it."""
    if name in catalog:
        return name
    from llmreg.catalog.names import license_named
    from llmreg.errors import UnknownIdError

    with suppress(UnknownIdError):
        return license_named(catalog, name).id
    entry_id = catalog.named(name)
    if others := [each for each in catalog.bearers(name) if each != entry_id]:
        echo(f"{name} names {', '.join(others)} too; taking {entry_id}", err=True)
    return entry_id


Id = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="An entry's id, such as guanaco-33b, a Hub id or address, an Ollama tag, or a path.",
        autocompletion=complete_ids,
        callback=meant,
    ),
]
Subject = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="An entry's id, such as guanaco-33b, a Hub id or address, an Ollama tag, or a path.",
        autocompletion=complete_ids,
        callback=subject,
    ),
]
Subjects = Annotated[
    list[str], typer.Argument(metavar="ID", help="Entries' ids.", autocompletion=complete_ids, callback=subject)
]
CatalogOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--catalog",
        metavar="DIR",
        help="A catalog folder to lay over the built-in one; may be repeated.",
        is_eager=True,  # read before the ids, whose meaning hangs on it
    ),
]
JsonOption = Annotated[
    bool,
    typer.Option("--json", is_eager=True, help="Print JSON and nothing else on standard output."),
]
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


_opened: dict[tuple[Path, ...], Catalog] = {}


def open_catalog(folders: Iterable[Path] | None) -> Catalog:
    """Return the built-in catalog with the user's folders over it, loaded once for each command line."""
    from llmreg.catalog import load_catalog

    roots = tuple(folders or ())
    if roots not in _opened:
        _opened[roots] = load_catalog(*roots)
    return _opened[roots]


def forget_catalogs() -> None:
    """Let the next command load its catalog again, and this one after it wrote to an index."""
    _opened.clear()


def entry_named(catalog: Catalog, name: str) -> Entry:
    """Give the entry that a name means; raise `UnknownIdError` where nothing has it."""
    return catalog[id_named(catalog, name)]


def licensee_of(catalog: Catalog, file: Path | None, **said: Any) -> Licensee:
    """Give who asks: what the file says, with what was said on the command line going before it.

    Raises `UsageError` for a value that an option does not take, `CatalogError` for faults of the file.
    """
    from pydantic import ValidationError

    from llmreg.catalog.faults import words_for
    from llmreg.licensing import Licensee, read_licensee

    stated = {name: value for name, value in said.items() if value is not None}
    try:
        Licensee(**{"as_of": catalog.manifest.date, **stated})
    except ValidationError as error:
        fault = error.errors()[0]
        option = f"--{str(fault['loc'][0]).replace('_', '-')}"
        raise UsageError(f"{option} {words_for(fault)}") from None
    return read_licensee(file, catalog, **stated) if file else Licensee(**{"as_of": catalog.manifest.date, **stated})


def print_json(value: Any) -> None:
    """Write one JSON value to standard output."""
    written = json_text(value)
    if "utf" not in (sys.stdout.encoding or "utf").lower():
        written = "".join(sign if sign.isascii() else json.dumps(sign)[1:-1] for sign in written)
    typer.echo(written)


def console() -> Console:
    """Give the console for standard output; it is plain where the output is no terminal."""
    from llmreg.screen import Screen

    plain = Screen(highlight=False)
    return plain if plain.is_terminal else Screen(highlight=False, width=WIDTH)


def echo(text: str, *, err: bool = False) -> None:
    """Print a line of text; a terminal obeys nothing that stands in it."""
    typer.echo(terminal(text), err=err)


def put(text: str) -> None:
    """Write a file's text to standard output: byte for byte into a pipe, and so that a terminal only shows it."""
    shown = terminal(text.replace("\r\n", "\n")) if sys.stdout.isatty() else text
    typer.echo(shown, nl=False, color=True)  # click would take what looks like a color out of what goes into a pipe


def parse_pairs(pairs: Iterable[str], option: str) -> dict[str, str]:
    """Read `KEY=VALUE` words; raise `UsageError` for one without `=`, and for a key that has two values."""
    parsed: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"{option} takes KEY=VALUE, not {pair!r}")
        if parsed.setdefault(key, value) != value:
            raise UsageError(f"{option}: {key} is given as {parsed[key]!r} and as {value!r}; give one of them")
    for key in parsed:
        if twice := [other for other in parsed if "." not in key and other.endswith(f".{key}")]:
            raise UsageError(f"{option}: {key} and {twice[0]} are one setting; give one of them")
    return parsed


def quiet_libraries() -> None:
    """Keep the training libraries from talking, to the user or over the network.

    What llmreg itself fetches goes through `llmreg.hub`, which opens the network for as long as that takes.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    for name, value in {
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }.items():
        os.environ.setdefault(name, value)
