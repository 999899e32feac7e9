"""Checkpoints that are whole or do not count: written beside, sealed with their sizes, renamed into place."""

from __future__ import annotations

import hashlib
import json
import shutil
from array import array
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.files import flush
from llmreg.training.settings import world_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llmreg.schema import Training
    from llmreg.training.encode import Example

STAGING = "unfinished"
SEAL = "seal.json"
KEPT = 2
"""How many of the newest checkpoints stay: one to resume from, and one more if that is damaged."""


def identity(training: Training, examples: Sequence[Example], shard: bool) -> str:
    """Give a hash of all that must be the same for a run to go on bit for bit."""
    digest = hashlib.sha256(f"{training.model_dump_json()} {world_size()}{' in shards' if shard else ''}".encode())
    for example in examples:
        source = () if example.source is None else (example.source,)
        for numbers in (example.input_ids, example.labels, example.starts, *source):
            digest.update(array("q", (len(numbers), *numbers)).tobytes())
    return digest.hexdigest()


def seal(written: Path, place: Path, run: str) -> None:
    """Flush a finished checkpoint to disk, note the sizes of its files, rename it into place and drop the oldest."""
    files = sorted(path for path in written.rglob("*") if path.is_file())
    sizes = {str(path.relative_to(written)): path.stat().st_size for path in files}
    (written / SEAL).write_text(json.dumps({"run": run, "files": sizes}, indent=1), encoding="utf-8")
    for path in (*files, written / SEAL, written):
        flush(path)
    shutil.rmtree(place, ignore_errors=True)
    written.rename(place)
    written.parent.rmdir()
    flush(place.parent)
    for old in _by_step(place.parent)[:-KEPT]:
        shutil.rmtree(old)


def newest(folder: Path, run: str) -> Path | None:
    """Give the newest whole checkpoint, or None; raise `LlmregError` if it belongs to a run with other settings."""
    for path in reversed(_by_step(folder)):
        if _whole(path):
            if json.loads((path / SEAL).read_text(encoding="utf-8"))["run"] != run:
                raise LlmregError(
                    f"{path} was written with other settings, data or processes, so it cannot be resumed exactly; "
                    "repeat the settings of that run, or start anew in another folder"
                )
            return path
    return None


def clear(folder: Path, resume: bool) -> None:
    """Remove what a killed run left half written; raise `LlmregError` before a new run mixes with an old one."""
    if not resume and _by_step(folder):
        raise LlmregError(f"{folder} holds checkpoints of an earlier run; resume it, or give another folder")
    shutil.rmtree(folder / STAGING, ignore_errors=True)


def step_of(path: Path) -> int:
    """Give the optimizer step after which a checkpoint was written."""
    return int(path.name.removeprefix("checkpoint-"))


def _whole(path: Path) -> bool:
    try:
        files = json.loads((path / SEAL).read_text(encoding="utf-8"))["files"]
        return all((path / name).stat().st_size == size for name, size in files.items())
    except (OSError, ValueError, KeyError):
        return False


def _by_step(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("checkpoint-*") if path.name.removeprefix("checkpoint-").isdigit()]
    return sorted(found, key=step_of)
