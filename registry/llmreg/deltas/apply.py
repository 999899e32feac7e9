"""Apply the file of a model to its base, and make such a file: hashes first, then every file or none."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llmreg.errors import LlmregError
from llmreg.schema import FileCodec, Model, Strict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmreg.catalog import Catalog
    from llmreg.codec import Codec

    Say = Callable[[str], None]

TOLD = "llmreg-delta.json"
"""What a file says of itself that llmreg has made."""
RECORD = "apply.json"
_COMPONENTS = {"delta": "delta", "wdiff": "delta", "xor": "xor"}
"""The codec that files of a component have, where their entry names none."""


class Told(Strict):
    """What a file says of itself: how it was made, from which base, and what must come out."""

    codec: str
    settings: dict[str, Any]
    base: str
    """The fingerprint of the base."""
    files: dict[str, str]
    """SHA-256 of each file of the payload."""
    result: dict[str, str]
    """SHA-256 of each file that must come out."""


class Applied(Strict):
    """What was put together, how it was checked, and what came out."""

    entry: str | None
    codec: str
    settings: dict[str, Any]
    base: str
    base_fingerprint: str
    base_checked: str
    """By what the base was known to be the right one."""
    result_checked: str
    """With what the result was compared."""
    verdict: str | None
    total: float | None
    files: dict[str, str]
    """SHA-256 of each file that came out."""


def file_entry(catalog: Catalog, entry_id: str) -> Model:
    """Return the entry of the file that is meant by its own id or by that of its model."""
    entry = catalog.get_as(Model, entry_id)
    if entry.file_of:
        return entry
    files = [
        each
        for name in catalog.ids(Model)
        if (each := catalog.get_as(Model, name)).file_of == entry_id and each.component in _COMPONENTS
    ]
    if len(files) != 1:
        there = f"; name one of {', '.join(each.id for each in files)}" if files else ", and no file of it is"
        raise LlmregError(f"{entry_id} is no delta, wdiff or xor file{there}")
    return files[0]


def codec_of(entry: Model | None, told: Told | None, changes: Mapping[str, Any]) -> Codec:
    """Build the codec that the file itself or its entry names, with the user's changes."""
    from llmreg import plugins

    stated = entry.codec if entry else None
    name = told.codec if told else stated.name if stated else _COMPONENTS.get((entry and entry.component) or "")
    if name is None:
        what = f"{entry.id} is the {entry.component}" if entry else "the folder holds no delta that llmreg made"
        raise LlmregError(f"{what}, and nothing says by which codec it is applied")
    settings = dict(told.settings if told else stated.settings if stated else {})
    return plugins.load().codec(name, settings | dict(changes))


def apply(
    entry: Model | None,
    base: Path,
    delta: Path,
    out: Path,
    *,
    changes: Mapping[str, Any] | None = None,
    verdict: str | None = None,
    notice: str | None = None,
    say: Say,
) -> Applied:
    """Put a file and its base together in `out`, which must be new or empty.

    Raises `LlmregError` for a base that is not the one of the file before a byte is written, and where what comes out
    is not what was published; then nothing is left behind.
    """
    from llmreg.deltas.write import check_room, staged, write_parts

    if not delta.is_dir():
        raise LlmregError(f"no folder {delta}; give the one with the downloaded file")
    told, stated = read_told(delta), entry.codec if entry else None
    codec = codec_of(entry, told, changes or {})
    if told:
        _check_payload(delta, told)
    parts = codec.applied(base, delta)
    check_room(parts, out)
    say("reading the base")
    found = codec.fingerprint(base, delta)
    checked = _check_base(base, found, told, stated)
    total = _check_total(codec, base, delta, stated, say)
    if total is not None:
        checked = f"{checked}; the sum that was published for the result" if checked else "the sum of the result"
    identity = _identity(codec, found, _hashes(delta))
    with staged(out, identity) as staging:
        done = write_parts(parts, staging)
        compared = _check_result(done, told, stated)
        applied = Applied(
            entry=entry.id if entry else None,
            codec=codec.name,
            settings=codec.model_dump(mode="json"),
            base=base.name,
            base_fingerprint=found,
            base_checked=checked or "names and shapes of its tensors alone: no hash of it was published",
            result_checked=compared or ("the published sum" if total is not None else "nothing was published"),
            verdict=verdict,
            total=total,
            files={name: each["sha256"] for name, each in done.items()},
        )
        (staging / RECORD).write_text(applied.model_dump_json(indent=2) + "\n", encoding="utf-8")
        if notice:
            (staging / "NOTICE").write_text(notice, encoding="utf-8")
    return applied


def make(codec: Codec, base: Path, whole: Path, out: Path, say: Say) -> Told:
    """Write a model as its difference to a base, with what is needed to check base and result later."""
    from llmreg.deltas.write import check_room, staged, write_parts

    parts = codec.made(base, whole)
    check_room(parts, out)
    say("reading the base")
    found = codec.fingerprint(base, whole)
    with staged(out, _identity(codec, found, _hashes(whole))) as staging:
        done = write_parts(parts, staging)
        say("applying it once, to know what must come out")
        result = {part.name: _digest(part.pieces()) for part in codec.applied(base, staging)}
        told = Told(
            codec=codec.name,
            settings=codec.model_dump(mode="json"),
            base=found,
            files={name: each["sha256"] for name, each in done.items()},
            result=result,
        )
        (staging / TOLD).write_text(told.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return told


def read_told(folder: Path) -> Told | None:
    """Return what a file says of itself; None where llmreg did not make it."""
    path = folder / TOLD
    if not path.is_file():
        return None
    try:
        return Told.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise LlmregError(f"{path} is damaged: {str(error).splitlines()[0]}; fetch it again") from None


def _check_payload(delta: Path, told: Told) -> None:
    for name, digest in told.files.items():
        path = delta / name
        if not path.is_file():
            raise LlmregError(f"{delta} lacks {name}; fetch it again")
        if _digest(_blocks(path)) != digest:
            raise LlmregError(f"{path} is damaged or cut off: its SHA-256 is not the one in {TOLD}; fetch it again")


def _check_base(base: Path, found: str, told: Told | None, stated: FileCodec | None) -> str:
    """Say by what the base is known to be right; raise `LlmregError` where it is known not to be."""
    name = f"the base {stated.base}" if stated else "the base"
    if told and told.base != found:
        raise LlmregError(
            f"{base} is not {name} of this file: its fingerprint is {found[:12]}, not {told.base[:12]}; give the very "
            "weights that it was made from"
        )
    wanted = {"sha256": stated.base_files, "md5": stated.base_md5} if stated else {}
    for kind, hashes in wanted.items():
        for file, digest in hashes.items():
            path = base / file
            if not path.is_file() or _digest(_blocks(path), kind) != digest:
                lacks = "is another file" if path.is_file() else "is not there"
                raise LlmregError(f"{base} is not {name} of this file: {file} {lacks}, by its published {kind}")
    ways = ["the fingerprint that the file names"] if told else []
    return "; ".join([*ways, *(f"the published {kind} of its files" for kind, hashes in wanted.items() if hashes)])


def _check_total(codec: Codec, base: Path, delta: Path, stated: FileCodec | None, say: Say) -> float | None:
    """Compare the sum of the result with the published one, before anything is written."""
    if stated is None or stated.total is None or stated.tolerance is None:
        return None
    say("adding up, to compare the sum with the published one")
    total = codec.total(base, delta)
    if total is None or not abs(total - stated.total) <= stated.tolerance:
        raise LlmregError(
            f"{base} is not the base {stated.base} of this file, or a file is damaged: the result adds up to {total}, "
            f"and {stated.total} +- {stated.tolerance} was published; give the weights that it was made from"
        )
    return total


def _check_result(done: Mapping[str, Mapping[str, str]], told: Told | None, stated: FileCodec | None) -> str:
    """Say with what the result was compared; raise `LlmregError` where it differs."""
    published = {"sha256": stated.sha256, "md5": stated.md5} if stated else {}
    wanted = [("SHA-256", "sha256", told.result)] if told else []
    wanted += [(f"published {kind}", kind, hashes) for kind, hashes in published.items() if hashes]
    for _, kind, hashes in wanted:
        for name, digest in hashes.items():
            if done.get(name, {}).get(kind) != digest:
                raise LlmregError(
                    f"{name} did not come out as it should, by its {kind}: the base is another one, or a file is "
                    "damaged; nothing was kept"
                )
    return "; ".join(f"the {words} of {len(hashes)} files" for words, _, hashes in wanted)


def _identity(codec: Codec, fingerprint: str, files: Mapping[str, str]) -> str:
    told = {"codec": codec.name, "settings": codec.model_dump(mode="json"), "base": fingerprint, "files": dict(files)}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _hashes(folder: Path) -> dict[str, str]:
    """Return the hashes of a folder's files, those in folders inside it as well."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != TOLD)
    return {str(path.relative_to(folder)): _digest(_blocks(path)) for path in paths}


def _blocks(path: Path) -> Any:
    with path.open("rb") as file:
        while block := file.read(2**20):
            yield block


def _digest(pieces: Any, kind: str = "sha256") -> str:
    digest = hashlib.new(kind, usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
