"""Write the files of a folder: every one or none, going on with what an interrupted process has finished."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.files import flush, write_text, writing
from llmreg.hub.fetch import size as in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmreg.codec import Part

STATE = ".state.json"
_ROOM = "make room, or name another folder with -o"


@contextmanager
def staged(out: Path, identity: str) -> Iterator[Path]:
    """Yield a folder to write into, which takes the place of `out` at the end; after an error nothing is left of it.

    After a kill it is left, and the next attempt from the same files, which have the same `identity`, goes on in it.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise LlmregError(f"{out} is not empty; give -o a new folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = out.with_name(f".{out.name}.writing")
    if staging.exists() and _state(staging).get("identity") != identity:
        shutil.rmtree(staging)
    try:
        with writing("the model", out, _ROOM):
            staging.mkdir(exist_ok=True)
            if not (staging / STATE).exists():
                write_text(staging / STATE, json.dumps({"identity": identity, "done": {}}))
        yield staging
        with writing("the model", out, _ROOM):
            (staging / STATE).unlink()
            if out.exists():
                out.rmdir()
            os.replace(staging, out)
            flush(out.parent)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def check_room(parts: Sequence[Part], out: Path) -> None:
    """Raise `LlmregError` where the disk has no room for all files."""
    place = next(parent for parent in out.absolute().parents if parent.exists())
    needed, free = sum(part.size or 0 for part in parts), shutil.disk_usage(place).free
    if needed > free:
        raise LlmregError(f"{out} would take {in_words(needed)}, and {place} has {in_words(free)} free; {_ROOM}")


def write_parts(parts: Sequence[Part], staging: Path) -> dict[str, dict[str, str]]:
    """Write the files that are not finished yet, and return the hashes of each."""
    done: dict[str, dict[str, str]] = _state(staging).get("done", {})
    identity = _state(staging)["identity"]
    for part in parts:
        if part.name in done and (staging / part.name).is_file():
            continue
        hashes = _written(part, staging / part.name)
        if hashes is None:
            continue
        done[part.name] = hashes
        write_text(staging / STATE, json.dumps({"identity": identity, "done": done}))
    return done


def _written(part: Part, place: Path) -> dict[str, str] | None:
    hashes, count = {"sha256": hashlib.sha256(), "md5": hashlib.md5(usedforsecurity=False)}, 0
    with writing("the model", place, _ROOM):
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            for piece in part.pieces():
                file.write(piece)
                count += len(piece)
                for each in hashes.values():
                    each.update(piece)
            file.flush()
            os.fsync(file.fileno())
    if part.optional and not count:
        place.unlink()
        if not any(place.parent.iterdir()):
            place.parent.rmdir()
        return None
    if part.size is not None and count != part.size:
        raise LlmregError(f"{part.name} came to {count:,} bytes in place of {part.size:,}; nothing of it is kept")
    return {name: each.hexdigest() for name, each in hashes.items()}


def _state(staging: Path) -> dict[str, Any]:
    try:
        found = json.loads((staging / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
