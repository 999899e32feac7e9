"""What a name on the command line means that no entry has: something on disk, or a repository to look up on the Hub."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

from llmreg.errors import LlmregError, UnknownIdError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llmreg.catalog import Catalog
    from llmreg.catalog.references import Reference
    from llmreg.importers.lookup import LookUp

F = TypeVar("F", bound="Callable[..., Any]")

MODE = "LLMREG_HUB"
_MODES = ("never", "ask", "always")
_FILES = (".gguf", ".safetensors", ".md", ".json")
_ELSEWHERE = ("http:", "https:", "hf:")

OfflineOption = Annotated[
    bool, typer.Option("--offline", is_eager=True, help="Ask the Hub for nothing, as HF_HUB_OFFLINE=1 does.")
]
RefreshOption = Annotated[
    bool, typer.Option("--refresh", is_eager=True, help="Ask the Hub again for what it told before.")
]
_OPTIONS: dict[str, Any] = {"offline": OfflineOption, "refresh": RefreshOption}


def looks_up(function: F) -> F:
    """Give a command the options `--offline` and `--refresh`, which say how its ids are looked up."""
    signature, hints = inspect.signature(function), get_type_hints(function, include_extras=True)
    ours = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=option)
        for name, option in _OPTIONS.items()
        if name not in signature.parameters
    ]

    @functools.wraps(function)
    def run(*args: Any, **named: Any) -> Any:
        for parameter in ours:
            named.pop(parameter.name, None)
        return function(*args, **named)

    theirs = [each.replace(annotation=hints[each.name]) for each in signature.parameters.values()]
    run.__signature__ = signature.replace(parameters=[*theirs, *ours])  # type: ignore[attr-defined]
    run.__annotations__ = {**hints, **{each.name: each.annotation for each in ours}}
    return run  # type: ignore[return-value]


def is_path(name: str) -> bool:
    """Tell whether a name can only be a path: it begins as one, or names a file of a kind that is read."""
    if name.lower().startswith(_ELSEWHERE):
        return False
    begins = name.startswith(("/", "./", "../", "~", "." + os.sep, ".." + os.sep)) or name in (".", "..")
    return begins or Path(name).is_absolute() or (name.lower().endswith(_FILES) and os.path.isfile(name))


def on_disk(context: typer.Context, name: str) -> str:
    """Return the id of the entry that a folder or file gives, whose index is laid under the command's catalog."""
    from llmreg.importers.hub_cards import Card, cards

    path = Path(name).expanduser()
    if not os.path.exists(path):
        raise UsageError(f"{name}: no such file or folder")
    found = list(islice(cards(path), 2))
    if len(found) != 1:
        raise UsageError(
            f"{name} holds several cards; name one of them, or take them in with "
            f"`llmreg import hub {name} --into cards.sqlite` and add --catalog cards.sqlite"
        )
    (card,) = found
    if not isinstance(card, Card):
        raise LlmregError(f"{card.place}: {card.detail or card.reason}")
    catalog = _catalog(context)
    look_up = _look_up(context, catalog, online=not _why_offline(context) and _mode() == "always")
    entry_id = look_up.card(card)
    _keep(context, look_up)
    _pass_on(context, look_up)
    _say_what_lacks(look_up)
    return entry_id


def _pass_on(context: typer.Context, look_up: LookUp) -> None:
    """Write what was found into an index that is gone when the command ends."""
    import atexit
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="llmreg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    index = folder / "found.sqlite"
    if look_up.write(index):
        _lay_under(context, index)


def on_the_hub(context: typer.Context, wanted: Reference, name: str, stub: str | None = None) -> str:
    """Return the id of a repository's entry, from what the Hub told before or by asking it now.

    Raises `UnknownIdError` where it is not known here and nobody may be asked, unless there is a `stub` of it.
    """
    from llmreg.hub.cards import NoCardError, UnreachedError
    from llmreg.importers.lookup import NotAskedError

    catalog = _catalog(context)
    why = _why_offline(context)
    try:
        look_up, entry_id = _asked(context, catalog, wanted, why)
    except (NotAskedError, UnreachedError) as error:
        if stub:
            return stub
        way_on = (
            f"; the Hub was not asked ({error}): `llmreg import hub {wanted} --into FILE.sqlite` brings it in where "
            f"there is a network, `llmreg search {wanted.hub_id.rpartition('/')[2]}` finds what is here"
        )
        raise _unknown(catalog, name, wanted, way_on) from None
    except NoCardError as error:
        raise _unknown(catalog, name, wanted, f"; {error}") from None
    _keep(context, look_up)
    _say_what_lacks(look_up)
    return entry_id


def _asked(context: typer.Context, catalog: Catalog, wanted: Reference, why: str | None) -> tuple[LookUp, str]:
    """Look a repository up, with the user's leave where `LLMREG_HUB` wants that; `why` says what forbids to ask."""
    from llmreg.importers.lookup import NotAskedError

    if not why and _mode() == "ask":
        look_up = _look_up(context, catalog, online=False)
        with suppress(NotAskedError):
            entry_id = look_up.repository(wanted)
            if not look_up.left_out:
                return look_up, entry_id
        why = None if _may_ask(context, wanted) else f"{MODE}=ask, and nobody said yes"
    look_up = _look_up(context, catalog, online=not why)
    try:
        return look_up, look_up.repository(wanted)
    except NotAskedError:
        raise NotAskedError(str(why)) from None


def _look_up(context: typer.Context, catalog: Catalog, *, online: bool) -> LookUp:
    from datetime import datetime

    from llmreg.importers.lookup import LookUp

    day = datetime.now().astimezone().date()
    return LookUp(catalog, day=day, say=_progress, online=online, refresh=bool(context.params.get("refresh")))


def _catalog(context: typer.Context) -> Catalog:
    """Return the command's catalog with what the Hub told before, of which other indexes know only names, under it."""
    from llmreg.cli.options import open_catalog

    if _index().is_file():
        _lay_under(context, _index())
    return open_catalog(context.params.get("catalog"))


def _index() -> Path:
    """Return the place of the index that keeps what the Hub told."""
    from llmreg.catalog.cache import folder

    return folder() / "hub.sqlite"


def _keep(context: typer.Context, look_up: LookUp) -> None:
    """Write what the Hub told into the index that keeps it, or for this command alone where that cannot be written."""
    from llmreg.cli.options import echo

    try:
        look_up.write(_index(), from_disk=False)
    except (LlmregError, OSError) as error:
        echo(f"what the Hub told is not kept: {error}", err=True)
        _pass_on(context, look_up)
        return
    if _index().is_file():
        _lay_under(context, _index())


def _lay_under(context: typer.Context, index: Path) -> None:
    """Add an index to the command's catalogs; an index lies under all folders."""
    from llmreg.cli.options import forget_catalogs

    forget_catalogs()
    given = [*(context.params.get("catalog") or ())]
    context.params["catalog"] = given if index in given else [index, *given]


def _mode() -> str:
    mode = os.environ.get(MODE, "").strip().lower() or "always"
    if mode not in _MODES:
        raise UsageError(f"{MODE}={mode}: it takes {', '.join(_MODES)}")
    return mode


def _why_offline(context: typer.Context) -> str | None:
    """Say what forbids asking the Hub; None where nothing does."""
    from llmreg.hub.network import offline

    if context.params.get("offline"):
        if context.params.get("refresh"):
            raise UsageError("--refresh and --offline exclude each other")
        return "--offline"
    return f"{MODE}=never" if _mode() == "never" else offline()


def _may_ask(context: typer.Context, wanted: Reference) -> bool:
    """Ask the user, where somebody sits at a terminal; in CI and with `--json` nobody does."""
    quiet = context.params.get("json") or os.environ.get("CI") or not (sys.stdin.isatty() and sys.stderr.isatty())
    return not quiet and typer.confirm(f"{wanted} is not known here; ask the Hub?", err=True)


def _unknown(catalog: Catalog, name: str, wanted: Reference, way_on: str) -> UnknownIdError:
    """Return the error for a repository that is not known, with what is near and the ways on."""
    from llmreg.catalog.nearest import nearest
    from llmreg.schema import Dataset, Model

    kinds = (Dataset,) if wanted.kind == "dataset" else (Model, Dataset)
    known = [each for kind in kinds for each in catalog.file_ids(kind)]
    return UnknownIdError(name, known, "entry", lambda given, names: f"{nearest(given, names)}{way_on}")


def _progress(text: str) -> None:
    from llmreg.cli.options import echo

    if sys.stderr.isatty() or "again" in text:
        echo(f"- {text}", err=True)


def _say_what_lacks(look_up: LookUp) -> None:
    """Tell of a look-up that took requests, and of what it did not reach."""
    from llmreg.cli.options import echo
    from llmreg.errors import counted
    from llmreg.importers.lookup import limit_reached

    if look_up.hub and look_up.hub.requests:
        echo(f"asked the Hub ({counted(look_up.hub.requests, 'request')}); kept in {_index()}", err=True)
    if said := limit_reached(look_up):
        echo(said, err=True)
    elif look_up.left_out:
        names: Iterable[str] = look_up.left_out[:3]
        echo(
            f"not known here, and the Hub was not asked: {', '.join(names)}; `llmreg import hub {look_up.left_out[0]} "
            "--into FILE.sqlite` brings it in where there is a network",
            err=True,
        )
