"""Download one file: resumed where it was cut, checked by size and hash, and in its place only when it is right."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.hub.http import ElsewhereError, TooMuchError, hub_headers, limited, opened, raise_for_status, run
from llmreg.hub.network import patiently

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

    from llmreg.hub.listing import File, Listing
    from llmreg.hub.network import Say

    Arrived = Callable[[int], object]

_STEP = 2**20
"""Bytes that a connection must bring within `_PATIENCE` seconds, if it does not bring the rest of the file."""
_PATIENCE = 300.0
_SHORT = 50
"""Connections in a row that may bring fewer."""


def blob(listing: Listing, file: File) -> Path:
    """Give the place of a file's content in huggingface_hub's cache, where it is called by its hash."""
    return listing.repository.cache / "blobs" / file.hash


def partial(listing: Listing, file: File) -> Path:
    """Give the place of what has arrived of a file; every run calls it the same, so that the next one resumes."""
    return listing.repository.cache / "blobs" / f"{file.hash}.llmreg-incomplete"


def missing(listing: Listing, file: File) -> int:
    """Give the bytes of a file that are still to come."""
    if blob(listing, file).exists():
        return 0
    return max(0, file.size - _size(partial(listing, file)))


def download(listing: Listing, file: File, *, arrived: Arrived, stop: Event, say: Say) -> None:
    """Bring a file's content into the cache unless it is there; leave off between two pieces when `stop` is set.

    `arrived` is told how many bytes came. Raises `LlmregError` for content that is not what the Hub lists, and
    huggingface_hub's errors where the Hub refuses; what has arrived stays for the next run.
    """
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    place, begun, cache = blob(listing, file), partial(listing, file), listing.repository.cache
    lock = cache.parent / ".locks" / cache.name / f"{file.hash}.lock"  # the one that huggingface_hub takes
    for folder in (place.parent, lock.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(lock):
        resumed = begun.exists()
        while not place.exists() and not stop.is_set():
            _complete(listing, file, arrived, stop, say)
            if stop.is_set():
                return
            have, found = _size(begun), file.digest(begun)
            if (have, found) == (file.size, file.hash):
                begun.replace(place)
                return
            begun.unlink()
            arrived(-have)
            if not resumed:
                raise LlmregError(
                    f"{file.path} of {listing.repository} came with {have:,} bytes and the hash {found}, and the Hub "
                    f"lists {file.size:,} bytes and {file.hash}; it was not used and is removed; repeat the command, "
                    f"and if it happens again give local files with {listing.repository.instead}"
                )
            resumed = False  # what an earlier run had left may be at fault: once more, from the start


def _complete(listing: Listing, file: File, arrived: Arrived, stop: Event, say: Say) -> None:
    """Receive until the file has its size, resuming after each loss of the connection."""
    begun, short = partial(listing, file), 0
    if not file.size:
        begun.touch()
    while (have := _size(begun)) < file.size and not stop.is_set():
        if short > _SHORT:
            raise LlmregError(
                f"the Hub breaks off again and again after a little of {file.path} of {listing.repository}; what has "
                f"arrived is kept; repeat the command later, or give local files with {listing.repository.instead}"
            )
        patiently(lambda: _receive(listing, file, arrived, stop), say)
        short = short + 1 if _size(begun) - have < _STEP else 0


def _receive(listing: Listing, file: File, arrived: Arrived, stop: Event) -> None:
    """Ask for the rest of a file and add what comes; losing the connection is an error only where nothing was won."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]

    repository, begun = listing.repository, partial(listing, file)
    have = _size(begun)
    try:
        run(_stream(listing, file, arrived, stop))
    except (ElsewhereError, TooMuchError) as error:
        raise LlmregError(
            f"for {file.path} of {repository} the Hub sends {_led(error)}, which is not followed; check HF_ENDPOINT, "
            f"or give local files with {repository.instead}"
        ) from None
    except HTTPError as error:
        if isinstance(error, HfHubHTTPError) or _size(begun) <= have:
            raise
    if _size(begun) <= have:
        raise LlmregError(
            f"the Hub sent nothing more of {file.path} of {repository}, of which {file.size - have:,} bytes lack"
        )


def _led(error: LlmregError) -> str:
    return f"one on to {error}" if isinstance(error, ElsewhereError) else str(error)


async def _stream(listing: Listing, file: File, arrived: Arrived, stop: Event) -> None:
    """Add what comes of a file to what is there; other hosts may send it, since its hash tells whether it is right."""
    from huggingface_hub import constants, hf_hub_url

    repository, begun = listing.repository, partial(listing, file)
    url = hf_hub_url(
        repository.id, file.path, repo_type=repository.kind, revision=listing.commit, endpoint=constants.ENDPOINT
    )
    have, clock = _size(begun), asyncio.get_running_loop()
    headers = {**hub_headers(), "Accept-Encoding": "identity", "Range": f"bytes={have}-"}
    silence = constants.HF_HUB_DOWNLOAD_TIMEOUT
    async with (
        limited(_PATIENCE) as limit,
        opened("GET", url, headers=headers, silence=silence, anywhere=True) as response,
    ):
        raise_for_status(response)
        resumes = response.status_code == 206
        arrived(0 if resumes else -have)
        with begun.open("ab" if resumes else "wb") as out:
            step = out.tell() + _STEP
            async for piece in response.aiter_bytes():
                out.write(piece)
                arrived(len(piece))
                if stop.is_set() or out.tell() > file.size:
                    return
                if out.tell() >= step:
                    step = out.tell() + _STEP
                    limit.reschedule(clock.time() + _PATIENCE)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
