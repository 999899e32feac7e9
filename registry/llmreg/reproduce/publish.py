"""Publish a finished run on the Hub: verdict on redistribution, hashes, then artifact, card, NOTICE and record."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.licensing import DEFAULT_POLICY, Licensee, Verdict
from llmreg.reproduce import record
from llmreg.reproduce.artifact import check_whole
from llmreg.reproduce.gate import StoppedByLicenseError, gate
from llmreg.reproduce.record import Push, Run
from llmreg.reproduce.stored import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmreg.catalog import Catalog
    from llmreg.hub.push import Pushed

    Say = Callable[[str], None]

_BASE_KEYS = ("base_model_name_or_path", "_name_or_path", "name_or_path")
"""Where configurations say from which folder the base was loaded."""


def publish(
    catalog: Catalog,
    folder: Path,
    name: str | None = None,
    *,
    private: bool = False,
    policy: str = DEFAULT_POLICY,
    licensee: Licensee | None = None,
    accept_unclear: bool = False,
    say: Say,
) -> tuple[Pushed, Verdict]:
    """Push a run's artifact to `name` (default: the run's id under the user's own name), and record that in `run.json`.

    Raises `StoppedByLicenseError` before the network is touched, `LlmregError` for a run that is not finished or not
    whole and for what the Hub refuses.
    """
    run = record.read(folder)
    if run.kind != "reproduction" or run.status != "finished":
        what = f"is {run.status}" if run.kind == "reproduction" else "is a rehearsal, of a toy made of random weights"
        raise LlmregError(f"{folder} {what}; only a finished reproduction is pushed")
    verdict = _allowed(catalog, run.id, policy, licensee, accept_unclear)
    say(f"license: {verdict.verdict} for redistribution")
    check_whole(folder, run)
    from llmreg.hub.push import full_name, push

    full = full_name(name or run.id)
    unclear = accept_unclear and verdict.verdict == "unclear"
    going = Push(repository=full, commit=None, verdict=verdict.verdict, accepted_unclear=unclear)
    files = _files(catalog, folder, run.model_copy(update={"pushed": (going,)}), policy, licensee)
    say(f"pushing {len(files)} files to {full}")
    done = push(
        full,
        files,
        private=private,
        ours=lambda text: _artifact_of(text) == run.artifact_sha256,
        message=f"{run.id} reproduced by llmreg {run.environment['llmreg']}",
    )
    earlier = tuple(push for push in run.pushed if push.repository != full)
    record.write(
        folder, run.model_copy(update={"pushed": (*earlier, going.model_copy(update={"commit": done.commit}))})
    )
    return done, verdict


def _allowed(catalog: Catalog, entry_id: str, policy: str, licensee: Licensee | None, accept_unclear: bool) -> Verdict:
    try:
        return gate(
            catalog, entry_id, "redistribution", policy=policy, licensee=licensee, accept_unclear=accept_unclear
        )
    except StoppedByLicenseError as stop:
        if stop.verdict.verdict == "unclear":
            raise
        remedy = f"nothing is pushed; what its terms do allow is shown by `llmreg check {entry_id} --use all`"
        raise StoppedByLicenseError(stop.verdict, remedy) from None


def _files(catalog: Catalog, folder: Path, run: Run, policy: str, licensee: Licensee | None) -> dict[str, Path | bytes]:
    """Gather what is pushed: configurations name the base as others find it, and no path shows the user's home."""
    from llmreg.licensing.notice import notice, notice_text

    public = _public_base(catalog, run)
    files: dict[str, Path | bytes] = {}
    for path in sorted((folder / "artifact").rglob("*")):
        if path.is_file():
            files[str(path.relative_to(folder / "artifact"))] = _with_base(path, public) or path
    files["NOTICE"] = notice_text(notice(catalog, run.id, policy=policy, licensee=licensee)).encode()
    files[record.RECORD] = f"{_without_home(run.model_dump_json(indent=2))}\n".encode()
    return files


def _without_home(text: str) -> str:
    """Write `~` for the user's home in all paths, as the user names it and as it is without symbolic links."""
    for home in {Path.home(), Path.home().resolve()}:
        if home.is_absolute() and home != home.parent:
            text = re.sub(rf"(?<![\w.@+-]){re.escape(str(home))}(?!\.?[\w@+-])", "~", text)
    return text


def _public_base(catalog: Catalog, run: Run) -> dict[str, str | None]:
    """Give the base's name on the Hub, else its id, and its revision where the run knows it."""
    base_id = run.base.get("id") or ""
    hub = getattr(catalog[base_id], "hub_id", None) if base_id in catalog else None
    return {"name": run.base.get("hub") or hub or base_id, "revision": run.base.get("revision")}


def _with_base(path: Path, base: Mapping[str, str | None]) -> bytes | None:
    """Give a configuration with the base's public name in place of a folder here; none for any other file."""
    if path.suffix != ".json":
        return None
    content: Any = read_json(path)
    named = [key for key in _BASE_KEYS if content.get(key)]
    if not named:
        return None
    content |= dict.fromkeys(named, base["name"])
    if "base_model_name_or_path" in named:
        content["revision"] = base["revision"]
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _artifact_of(text: bytes) -> str | None:
    """Give the hash of the artifact that a record on the Hub is of; none where it is no record of llmreg's."""
    try:
        return Run.model_validate_json(text).artifact_sha256
    except ValueError:
        return None
