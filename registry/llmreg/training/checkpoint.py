"""Checkpoints that are whole or do not count: written beside, sealed with their hashes, renamed into place."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from array import array
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.escaping import terminal
from llmreg.files import flush
from llmreg.training.settings import world_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from llmreg.objective import Objective
    from llmreg.schema import Training
    from llmreg.training.batch import Pack

    Say = Callable[[str], None]

STAGING = "unfinished"
SEAL = "seal.json"
KEPT = 2
"""How many of the newest checkpoints stay: one to resume from, and one more if that is damaged."""


def identity(training: Training, packs: Sequence[Pack], objective: Objective, shard: bool) -> str:
    """Give a hash of all that must be the same for a run to go on bit for bit."""
    aim = f"{objective.name} {objective.model_dump_json()}"
    where = " in shards" if shard else ""
    digest = hashlib.sha256(f"{training.model_dump_json()} {aim} {world_size()}{where}".encode())
    for pack in packs:
        for sample in pack:
            digest.update(json.dumps([[*sample.parts], dict(sample.facts)]).encode())
            for example in sample.parts.values():
                source = () if example.source is None else (example.source,)
                for numbers in (example.input_ids, example.labels, example.starts, *source):
                    digest.update(array("q", (len(numbers), *numbers)).tobytes())
        digest.update(b"|")
    return digest.hexdigest()


def seal(written: Path, place: Path, run: str) -> None:
    """Flush a finished checkpoint to disk, note the hashes of its files, rename it into place and drop the others.

    Of those before it the newest stay. One of a later step was damaged, for else the run would have gone on from it.
    """
    files = sorted(path for path in written.rglob("*") if path.is_file())
    content = {"run": run, "files": {str(path.relative_to(written)): _file_hash(path) for path in files}}
    sealed = {**content, "sha256": _hash(content)}
    (written / SEAL).write_text(json.dumps(sealed, indent=1), encoding="utf-8")
    for path in (*files, written / SEAL, written):
        flush(path)
    shutil.rmtree(place, ignore_errors=True)
    written.rename(place)
    written.parent.rmdir()
    flush(place.parent)
    there = _by_step(place.parent)
    current = there.index(place) + 1
    for old in (*there[: max(0, current - KEPT)], *there[current:]):
        shutil.rmtree(old)


def tell(text: str) -> None:
    """Say something on stderr, where nobody else listens."""
    sys.stderr.write(f"{terminal(text)}\n")


def newest(folder: Path, run: str, say: Say = tell) -> Path | None:
    """Return the newest whole checkpoint, or None, and say which newer ones are damaged.

    Raise `LlmregError` if it belongs to a run with other settings.
    """
    damaged = []
    for path in reversed(_by_step(folder)):
        if fault := _fault(path):
            damaged.append(f"{path} is damaged ({fault})")
            continue
        if _sealed(path)["run"] != run:
            raise LlmregError(
                f"{path} was written with other settings, data or processes, so it cannot be resumed exactly; "
                "repeat the settings of that run, or start anew in another folder"
            )
        if damaged:
            say(f"{'; '.join(damaged)}: going on from {path.name}, which is whole")
        return path
    if damaged:
        say(f"{'; '.join(damaged)}: none is whole, so training starts again from its first step")
    return None


def clear(folder: Path, resume: bool) -> None:
    """Remove what a killed run left half written; raise `LlmregError` before a new run mixes with an old one."""
    if not resume and _by_step(folder):
        raise LlmregError(f"{folder} holds checkpoints of an earlier run; resume it, or give another folder")
    shutil.rmtree(folder / STAGING, ignore_errors=True)


def step_of(path: Path) -> int:
    """Give the optimizer step after which a checkpoint was written."""
    return int(path.name.removeprefix("checkpoint-"))


def _fault(path: Path) -> str:
    """Say what is wrong with a checkpoint; nothing where it is as it was sealed."""
    sealed = _sealed(path)
    if not sealed:
        return f"{SEAL} is missing, changed or without hashes"
    for name, digest in sealed["files"].items():
        if not (path / name).is_file():
            return f"{name} is missing"
        if _file_hash(path / name) != digest:
            return f"{name} has changed since it was written"
    return ""


def _sealed(path: Path) -> dict[str, Any]:
    """Return what a checkpoint's seal says; nothing where it is not as it was written."""
    try:
        found = json.loads((path / SEAL).read_text(encoding="utf-8"))
        digest = found.pop("sha256")
        return found if digest == _hash(found) else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _by_step(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("checkpoint-*") if path.name.removeprefix("checkpoint-").isdigit()]
    return sorted(found, key=step_of)
