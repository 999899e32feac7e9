"""Run records: `run.json` says what went in by hash, what came out, and how to do it again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError

from llmreg.errors import LlmregError
from llmreg.files import write_text
from llmreg.reproduce.base import file_hash
from llmreg.reproduce.invariants import Check
from llmreg.reproduce.recipe import Resolved
from llmreg.schema import Strict

if TYPE_CHECKING:
    from rich.console import RenderableType

RECORD = "run.json"
_LOCK = ".lock"
_RESTORE = "restore the file from a copy, or take the folder away and run it again"
_UNHASHED_KEYS = ("base_model_name_or_path", "_name_or_path", "transformers_version", "peft_version", "auto_mapping")
"""Keys of JSON files that say where or with what something was made, not what it is."""
_EMPTIED_KEYS = ("revision",)
"""Keys like those, hashed as if they were empty, as they are in an artifact until it is pushed."""
_UNHASHED_FILES = ("README.md",)


class Data(Strict):
    """The rows of one dataset that a run used."""

    id: str
    rows: int
    held_out: int
    sha256: str
    source: str
    files: dict[str, str] = {}
    """SHA-256 of each file that was read."""
    reading: dict[str, int] = {}
    """What the reader left out or mended, and how often."""


class Comparison(Strict):
    """A published figure beside the run's own."""

    benchmark: str
    metric: str
    unit: str
    published: float
    tolerance: float | None
    measured: float | None
    outcome: Literal["reproduced", "not reproduced", "not comparable"]
    why: str


class Push(Strict):
    """One time that a run was put on the Hub."""

    repository: str
    commit: str | None
    """None in the copy that was pushed, which is part of that commit."""
    verdict: str
    """The verdict for redistribution."""
    accepted_unclear: bool


class Run(Strict):
    """One execution of a recipe."""

    schema_version: Literal[1] = 1
    id: str
    kind: Literal["reproduction", "rehearsal"]
    status: Literal["running", "finished"]
    started: str
    finished: str | None = None
    seconds: float | None = None
    command: tuple[str, ...]
    use: str
    verdicts: dict[str, str]
    """The verdict for each use, on the day of the run."""
    accepted_unclear: bool
    verdict: dict[str, Any]
    """The verdict of the gate, whole."""
    recipe: Resolved
    scaled: dict[str, Annotated[list[Any], Field(min_length=2, max_length=2)]] = {}
    """What a rehearsal changed, from and to."""
    recipe_hash: str
    base: dict[str, Any]
    data: tuple[Data, ...] = ()
    template_sha256: str | None = None
    seed: int
    environment: dict[str, Any]
    steps: int | None = None
    tokens: int | None = None
    losses: tuple[float, ...] = ()
    held_out_loss_before: float | None = None
    held_out_loss_after: float | None = None
    encoding: dict[str, int] = {}
    """What was cut, left out or read as text when rows became tokens, and how often."""
    checks: tuple[Check, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    artifact_sha256: str | None = None
    artifact_files: dict[str, str] = {}
    pushed: tuple[Push, ...] = ()

    @property
    def ran(self) -> dict[str, Any]:
        """Return the settings of method and training as they ran: what the user or a rehearsal changed is in them."""
        stated = {**self.recipe.settings, **self.recipe.training.model_dump(mode="json")}
        scaled = {name.removeprefix("settings."): new for name, (_, new) in self.scaled.items()}
        return {name: value for name, value in (stated | scaled).items() if value is not None}

    @property
    def passed(self) -> bool:
        """Tell whether it is finished, no invariant failed and no published figure was missed."""
        missed = any(comparison.outcome == "not reproduced" for comparison in self.comparisons)
        return self.status == "finished" and not any(check.failed for check in self.checks) and not missed

    @property
    def outcome(self) -> str:
        """Say in a word how it came out; nothing while it is running."""
        if self.status == "running":
            return ""
        undecided = any(check.undecided for check in self.checks)
        return ("inconclusive" if undecided else "passed") if self.passed else "failed"

    def __rich__(self) -> RenderableType:
        """Show how it came out, as `llmreg reproduce` does."""
        from llmreg.reproduce.render import run_in_full

        return run_in_full(self)

    def _repr_html_(self) -> str:
        from llmreg.reproduce.render import as_html

        return as_html(self)


def home() -> Path:
    """Give the folder for runs: `LLMREG_HOME`, else `llmreg` in the user's data folder."""
    chosen = os.environ.get("LLMREG_HOME")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "llmreg"


def new_folder(entry_id: str, out: Path | None) -> Path:
    """Make the folder of a new run: `out`, which must be new or empty, or the next number under `home()/runs`."""
    if out:
        refuse_used(out)
        out.mkdir(parents=True, exist_ok=True)
        return out
    root = home() / "runs"
    root.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        try:
            folder = root / f"{entry_id}-{number:03d}"
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def refuse_used(folder: Path) -> None:
    """Raise `LlmregError` unless the folder is still to be made, or empty but for the lock of `only_one`."""
    if folder.exists() and (not folder.is_dir() or any(path.name != _LOCK for path in folder.iterdir())):
        raise LlmregError(f"{folder} is not empty; give --out a new folder, or repeat the command with --resume")


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Keep a second process out of a run folder; raise `LlmregError` where one is already at work."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / _LOCK, timeout=0):
            yield
    except Timeout:
        raise LlmregError(f"another process is at work in {folder}; wait for it, or start a run of your own") from None


def write(folder: Path, run: Run) -> None:
    """Write the record whole or leave the old one."""
    write_text(folder / RECORD, run.model_dump_json(indent=2) + "\n")


def read(folder: Path) -> Run:
    """Read a run's record; raise `LlmregError` if the folder has none or it is damaged."""
    path = folder / RECORD
    try:
        return Run.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LlmregError(f"{folder} is no run: it has no {RECORD}; `llmreg runs` lists those there are") from None
    except OSError as error:
        raise LlmregError(f"{path} cannot be read: {error.strerror}; {_RESTORE}") from None
    except (ValidationError, UnicodeDecodeError) as error:
        raise LlmregError(f"{path} is damaged or of another version: {_fault(error)}; {_RESTORE}") from None


def _fault(error: ValidationError | UnicodeDecodeError) -> str:
    """Say the first thing that is wrong with a record, with its field."""
    if isinstance(error, UnicodeDecodeError):
        return f"it is no UTF-8 text, from byte {error.start} on"
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


def all_runs(root: Path | None = None, tell: Callable[[str], object] | None = None) -> list[tuple[Path, Run]]:
    """Return the runs below `root` (default: `home()/runs`), oldest first.

    A folder whose record is damaged is passed over; `tell` gets a sentence about each.
    """
    folder = root or home() / "runs"
    found = []
    for path in sorted(folder.glob(f"*/{RECORD}")) if folder.is_dir() else ():
        try:
            found.append((path.parent, read(path.parent)))
        except LlmregError as error:
            if tell:
                tell(f"passed over: {error}")
    return sorted(found, key=lambda pair: pair[1].started)


def hash_artifact(folder: Path) -> tuple[str, dict[str, str]]:
    """Give the artifact's hash and those of its files; times, paths and versions of libraries are not in them."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in _UNHASHED_FILES:
            files[str(path.relative_to(folder))] = _json_hash(path) if path.suffix == ".json" else file_hash(path)
    whole = hashlib.sha256("".join(f"{name} {digest}\n" for name, digest in files.items()).encode())
    return whole.hexdigest(), files


def hash_json(value: Any) -> str:
    """Give the SHA-256 of a value as canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def now() -> str:
    """Give the time in UTC to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _json_hash(path: Path) -> str:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return file_hash(path)
    if isinstance(content, dict):
        content = {key: value for key, value in content.items() if key not in _UNHASHED_KEYS}
        content |= {key: None for key in _EMPTIED_KEYS if key in content}
    return hash_json(content)
