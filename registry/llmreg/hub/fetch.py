"""Fetch files into huggingface_hub's own cache: room first, then what is missing, then every hash checked."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING
from uuid import uuid4

from llmreg.errors import LlmregError
from llmreg.hub.download import blob, download, missing, partial
from llmreg.hub.names import unportable
from llmreg.hub.network import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from llmreg.hub.listing import File, Listing
    from llmreg.hub.network import Say

    Parts = list[tuple[Listing, File]]

AT_ONCE = 4
"""Files that come at the same time."""
WORTH_A_BAR = 2**20
"""Bytes from which on a bar is shown."""
SPARE = 2**28
"""Bytes to leave free on the disk."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Snapshot:
    """Files of a repository that are here, with what was found in them."""

    listing: Listing
    hashes: dict[str, str]
    """SHA-256 of each file by its path."""

    @property
    def folder(self) -> Path:
        """Give the folder that holds them."""
        return self.listing.folder

    @property
    def files(self) -> list[Path]:
        """Give their places, sorted by path."""
        return [self.folder / path for path in sorted(self.hashes)]


def fetch(listings: Sequence[Listing], *, offline: bool, say: Say) -> list[Snapshot]:
    """Bring the listed files into the cache, and give for each listing where they are.

    Raises `LlmregError`, before a byte is fetched, where the disk has no room or `offline` forbids it; later for what
    the Hub refuses, a lost connection (what has arrived is kept and resumed) and a full disk (it is removed).
    """
    for listing in listings:
        if fault := unportable(file.path for file in listing.files):
            raise LlmregError(
                f"among the files of {listing.repository} {fault}, so they may not lie in one folder; nothing is "
                f"fetched; rename a copy and give it with {listing.repository.instead}"
            )
    parts = [(listing, file) for listing in listings for file in listing.files]
    _drop_damaged(parts, say)
    lacking = [(listing, file) for listing, file in parts if not blob(listing, file).exists()]
    if lacking and offline:
        names = ", ".join(f"{listing.repository.id}/{file.path}" for listing, file in lacking[:5])
        more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
        raise LlmregError(
            f"offline, and these files are not in the cache: {names}{more}; run `llmreg reproduce` without "
            f"--offline (and HF_HUB_OFFLINE), or give local files with {lacking[0][0].repository.instead}"
        )
    if lacking:
        _check_room(lacking)
        _download_all(lacking, say)
    return [_show(listing) for listing in listings]


def summary(listing: Listing) -> str:
    """Say what is needed of a repository and what of that is still to come."""
    whole, to_come = sum(file.size for file in listing.files), sum(missing(listing, file) for file in listing.files)
    state = f"{size(to_come)} to fetch" if to_come else "in the cache"
    count = f"{len(listing.files)} file{'s' if len(listing.files) > 1 else ''}"
    return f"{listing.repository} at {listing.commit[:12]}: {count}, {size(whole)}, {state}"


def size(count: float) -> str:
    """Write a number of bytes for people, in units of 1000."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def _drop_damaged(parts: Parts, say: Say) -> None:
    """Remove contents that are not what their name says: huggingface_hub does not look at what a server sent it."""
    for listing, file in parts:
        place = blob(listing, file)
        if place.exists() and (place.stat().st_size != file.size or file.digest(place) != file.hash):
            say(f"{file.path} of {listing.repository} is damaged in the cache; removing it")
            place.unlink(missing_ok=True)


def _check_room(lacking: Parts) -> None:
    from huggingface_hub import constants

    place = lacking[0][0].repository.cache
    while not place.exists():
        place = place.parent
    needed, free = sum(missing(*part) for part in lacking), shutil.disk_usage(place).free
    if needed and needed + SPARE > free:
        raise LlmregError(
            f"{size(needed)} are to be fetched into {constants.HF_HUB_CACHE}, and the disk has {size(free)} free, of "
            f"which {size(SPARE)} are to stay; make room, or set HF_HOME to a folder on a larger disk"
        )


def _download_all(lacking: Parts, say: Say) -> None:
    """Download several files at once; the first error stops the others, which keep what has arrived."""
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    stop = Event()
    with _progress(lacking) as arrived, ThreadPoolExecutor(AT_ONCE) as pool:
        work = {pool.submit(download, *part, arrived=arrived, stop=stop, say=say): part for part in lacking}
        try:
            done, _ = wait(work, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    for job in done:
        error = job.exception()
        if isinstance(error, HTTPError):
            raise explain(error, work[job][0].repository) from None
        if isinstance(error, OSError) and error.errno in _FULL:
            raise _disk_full(lacking) from None
        if error:
            raise error


def _disk_full(lacking: Parts) -> LlmregError:
    """Remove what has arrived of unfinished files, so that the disk is of use again, and say what to do."""
    from huggingface_hub import constants

    for part in lacking:
        partial(*part).unlink(missing_ok=True)
    left = sum(missing(*part) for part in lacking)
    return LlmregError(
        f"the disk filled up while fetching into {constants.HF_HUB_CACHE}; finished files are kept and the unfinished "
        f"are removed; make room for {size(left)}, or set HF_HOME to a folder on a larger disk, and repeat the command"
    )


@contextmanager
def _progress(lacking: Parts) -> Iterator[Callable[[int], object]]:
    """Show a bar on standard error where that is a terminal; give the function that moves it on by bytes."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from llmreg.screen import Screen

    console, whole = Screen(stderr=True), sum(file.size for _, file in lacking)
    hidden = not console.is_terminal or whole < WORTH_A_BAR
    columns = (TextColumn("fetching"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("", total=whole, completed=whole - sum(missing(*part) for part in lacking))
        yield lambda count: bar.advance(task, count)


def _show(listing: Listing) -> Snapshot:
    """Put the files under their names into the commit's folder, as links like huggingface_hub's own, and hash them."""
    hashes = {}
    for file in listing.files:
        content, name = blob(listing, file), listing.folder / file.path
        if not (name.exists() and name.samefile(content)):
            name.parent.mkdir(parents=True, exist_ok=True)
            _link(content, name)
        hashes[file.path] = file.hash if len(file.hash) == 64 else _sha256(name)
    return Snapshot(listing, hashes)


def _link(content: Path, name: Path) -> None:
    """Give the content a name, in place of what has it: other processes may be doing the same."""
    from huggingface_hub.file_download import are_symlinks_supported

    beside = name.with_name(f".{name.name}.{uuid4().hex}")
    if are_symlinks_supported(content.parent):
        beside.symlink_to(os.path.relpath(content, name.parent))
    else:
        shutil.copyfile(content, beside)
    beside.replace(name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
