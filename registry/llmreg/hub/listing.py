"""List the files of a repository at one commit, with size and hash, and keep the list for when there is no network."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from llmreg.errors import LlmregError
from llmreg.files import write_text
from llmreg.hub.http import ElsewhereError, TooMuchError, exchange, hub_headers, raise_for_status
from llmreg.hub.names import unsound
from llmreg.hub.network import explain, patiently
from llmreg.hub.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from llmreg.hub.network import Say
    from llmreg.hub.repository import Repository

_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_MOST = 2**25
"""Bytes of a list that are taken: some 100,000 files."""
_SECONDS = 120
"""How long a list may take to arrive."""

_Size = Annotated[int, Field(strict=True, ge=0, lt=2**63)]


class _Large(BaseModel):
    """What the Hub says of a large file."""

    size: _Size
    sha256: str


class _Sibling(BaseModel):
    """What the Hub says of a file."""

    rfilename: str
    size: _Size | None = None
    blob_id: str | None = Field(None, alias="blobId")
    lfs: _Large | None = None


class _Info(BaseModel):
    """What the Hub says of a repository, as far as it is needed here."""

    sha: str
    siblings: list[_Sibling] | None = None


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
        found = patiently(lambda: _ask(repository), say)
    except ElsewhereError as error:
        raise _unusable(repository, f"sends its visitors on to {error}") from None
    except TooMuchError as error:
        raise _unusable(repository, f"sent {error} as the list of its files") from None
    except HTTPError as error:
        raise explain(error, repository) from None
    _keep(found)
    return found


def _ask(repository: Repository) -> Listing:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(repository.id)
    except HFValidationError:
        raise LlmregError(
            f"{repository.id!r} is no name of a repository on the Hub; correct `hub` in its entry"
        ) from None
    response = exchange("GET", repository.api, headers=hub_headers(), seconds=_SECONDS, most=_MOST)
    raise_for_status(response)
    try:
        info = _Info.model_validate_json(response.content)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))[:80]
        raise _unusable(
            repository, f"lists it in no form that is known ({place or 'all'}: {fault['msg'][:80]})"
        ) from None
    files = [
        File(each.rfilename, each.lfs.size, each.lfs.sha256)
        if each.lfs
        else File(each.rfilename, each.size or 0, each.blob_id or "")
        for each in info.siblings or ()
    ]
    return _checked(Listing(repository, info.sha, tuple(sorted(files, key=lambda file: file.path))))


def _unusable(repository: Repository, why: str) -> LlmregError:
    from huggingface_hub import constants

    return LlmregError(
        f"{constants.ENDPOINT} was asked for {repository} and {why}; nothing of it is used; check HF_ENDPOINT, or give "
        f"local files with {repository.instead}"
    )


def _checked(found: Listing) -> Listing:
    """Refuse another commit than was asked for, and what would lead out of the cache."""
    if not _as_asked(found):
        raise LlmregError(
            f"the Hub was asked for {found.repository} at {found.repository.revision} and lists it at "
            f"{shown(found.commit)[:60] or 'no commit'}; nothing of it is used; check HF_ENDPOINT, or give local files "
            f"with {found.repository.instead}"
        )
    if fault := _fault(found):
        raise LlmregError(
            f"what the Hub lists of {found.repository} is not well formed ({fault}); nothing of it is used; check "
            f"HF_ENDPOINT, or give local files with {found.repository.instead}"
        )
    return found


def _fault(found: Listing) -> str | None:
    """Say what no list of a repository's files can hold; none where all is well."""
    if not _HASH.fullmatch(found.commit):
        return f"commit {found.commit[:60]!r}"
    names = Counter(file.path for file in found.files)
    folders = {name[: place.start()] for name in names for place in re.finditer("/", name)}
    for file in found.files:
        fault = unsound(file.path)
        if not _HASH.fullmatch(file.hash):
            fault = f"has the hash {file.hash[:60]!r}"
        elif names[file.path] > 1:
            fault = "is listed more than once"
        elif file.path in folders:
            fault = "is a file and a folder"
        if fault:
            return f"{file.path[:60]!r} {fault}"
    return None


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
        return kept if _as_asked(kept) and not _fault(kept) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
