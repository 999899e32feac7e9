"""List the files of a repository at one commit, with size and hash, and keep the list for when there is no network."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.files import write_text
from llmreg.hub.network import explain, online, patiently

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from llmreg.hub.network import Say
    from llmreg.hub.repository import Repository

_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True)
class File:
    """A file as the Hub lists it."""

    path: str
    size: int
    """Bytes."""
    hash: str
    """SHA-256 of a large file, git's SHA-1 of a small one: what its content is called in the cache."""

    def digest(self, place: Path) -> str:
        """Hash a copy of it the way `hash` was made, to be compared with that."""
        with place.open("rb") as file:
            if len(self.hash) == 64:
                return hashlib.file_digest(file, "sha256").hexdigest()
            header = hashlib.sha1(f"blob {self.size}\0".encode(), usedforsecurity=False)
            return hashlib.file_digest(file, lambda: header).hexdigest()


@dataclass(frozen=True)
class Listing:
    """Files of a repository at one commit: all of them, or those that somebody needs."""

    repository: Repository
    commit: str
    files: tuple[File, ...]

    @property
    def folder(self) -> Path:
        """Give the folder in huggingface_hub's cache that shows the commit's files under their names."""
        return self.repository.cache / "snapshots" / self.commit

    def only(self, paths: Iterable[str]) -> Listing:
        """Give the same listing with these files alone."""
        wanted = set(paths)
        return replace(self, files=tuple(file for file in self.files if file.path in wanted))


def listing(repository: Repository, *, offline: bool, say: Say) -> Listing:
    """List a repository: of a pinned revision, or offline, from what was kept; else the Hub is asked what `main` is.

    Raises `LlmregError` with what to do where the Hub refuses or is out of reach, or nothing was kept.
    """
    kept = _kept(repository)
    if kept and (offline or repository.pinned):
        return kept
    if offline:
        raise LlmregError(
            f"offline, and {repository} at revision {repository.revision} was never listed by llmreg on this machine; "
            f"run `llmreg reproduce` without --offline, or give local files with {repository.instead}"
        )
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    try:
        with online():
            found = patiently(lambda: _ask(repository), say)
    except HTTPError as error:
        raise explain(error, repository) from None
    _keep(found)
    return found


def _ask(repository: Repository) -> Listing:
    from huggingface_hub import HfApi, constants

    ask = HfApi().dataset_info if repository.kind == "dataset" else HfApi().model_info
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    info = ask(repository.id, revision=repository.revision, files_metadata=True, timeout=timeout)
    files = [
        File(item.rfilename, item.lfs.size, item.lfs.sha256)
        if item.lfs
        else File(item.rfilename, item.size or 0, item.blob_id or "")
        for item in info.siblings or ()
    ]
    return _checked(Listing(repository, info.sha or "", tuple(sorted(files, key=lambda file: file.path))))


def _checked(found: Listing) -> Listing:
    """Refuse commits, names and hashes that would lead out of the cache, and another commit than was asked for."""
    if not _as_asked(found):
        raise LlmregError(
            f"the Hub was asked for {found.repository} at {found.repository.revision} and lists it at "
            f"{found.commit[:60] or 'no commit'}; nothing of it is used; check HF_ENDPOINT, or give local files with "
            f"{found.repository.instead}"
        )
    inside = (".." not in file.path.split("/") and not file.path.startswith("/") for file in found.files)
    if _HASH.fullmatch(found.commit) and all(_HASH.fullmatch(file.hash) for file in found.files) and all(inside):
        return found
    raise LlmregError(
        f"what the Hub lists of {found.repository} is not well formed (commit {found.commit[:60]!r}); nothing of it is "
        f"used; check HF_ENDPOINT, or give local files with {found.repository.instead}"
    )


def _as_asked(found: Listing) -> bool:
    return not found.repository.pinned or found.commit == found.repository.revision


def _place(repository: Repository) -> Path:
    return repository.cache / "llmreg" / f"{repository.revision}.json"


def _keep(found: Listing) -> None:
    content = {"commit": found.commit, "files": [asdict(file) for file in found.files]}
    for revision in sorted({found.commit, found.repository.revision}):
        place = _place(replace(found.repository, revision=revision))
        place.parent.mkdir(parents=True, exist_ok=True)
        write_text(place, json.dumps(content, indent=1) + "\n")


def _kept(repository: Repository) -> Listing | None:
    """Read the list that was kept; none where there is none, or it is damaged or of another commit."""
    try:
        content: Any = json.loads(_place(repository).read_text(encoding="utf-8"))
        kept = Listing(repository, content["commit"], tuple(File(**file) for file in content["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if _as_asked(kept) else None
