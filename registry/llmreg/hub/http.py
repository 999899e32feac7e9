"""Talk to machines that are not ours: within limits in time and bytes, and led to no other host unasked."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from llmreg.errors import LlmregError
from llmreg.hub.words import shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Mapping

    T = TypeVar("T")

_HOPS = 5
"""Redirects that are followed."""
_ERROR = 2**16
"""Bytes of the body of an error that are read; a longer one is not."""

_OF_THE_WIRE = (b"content-encoding", b"content-length", b"transfer-encoding")
"""Headers that say how a body was sent."""


class ElsewhereError(LlmregError):
    """Report a machine that sends its visitors on to another host, whose name is the message."""


class TooMuchError(LlmregError):
    """Report an answer beyond its limits; the message says what of it."""


def library() -> Any:
    """Return the HTTP library that huggingface_hub brings: httpx, or httpx2 from its version 2 on."""
    from importlib import import_module

    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    return import_module(HTTPError.__module__.partition(".")[0])


@cache
def _tls() -> Any:
    """Return the certificates that are trusted; reading them takes longer than most requests."""
    return library().create_ssl_context()


def hub_headers() -> dict[str, str]:
    """Return the headers of a request to the Hub, with the user's token where there is one.

    huggingface_hub's own would first ask the Hub, without limits, which tools are known to call it.
    """
    from huggingface_hub import constants, get_token

    token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
    return {"User-Agent": "llmreg", **({"Authorization": f"Bearer {token}"} if token else {})}


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes | None = None,
    seconds: float,
    most: int,
) -> Any:
    """Send a request and return the response with its whole body, of at most `most` bytes unpacked.

    Raises `ElsewhereError` and `TooMuchError`, and the HTTP library's errors: its `ReadTimeout` where all has taken
    longer than `seconds`, however the bytes came.
    """

    async def ask() -> Any:
        async with limited(seconds), opened(method, url, headers=headers, content=content, silence=seconds) as response:
            body = await _body(response, most)
            kept = [(name, value) for name, value in response.headers.raw if name.lower() not in _OF_THE_WIRE]
            return library().Response(response.status_code, headers=kept, content=body, request=response.request)

    return run(ask())


def raise_for_status(response: Any) -> None:
    """Raise huggingface_hub's error for a response that is one, whose body nobody needs and which may be anything."""
    from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

    if not response.is_success:
        code = response.headers.get("x-error-code", "").encode("ascii", "replace")
        after = response.headers.get("retry-after", "").encode("ascii", "replace")
        headers = [(b"x-error-code", code), (b"retry-after", after)]
        bare = library().Response(response.status_code, headers=headers, content=b"", request=response.request)
        hf_raise_for_status(bare)
        bare.raise_for_status()  # what huggingface_hub finds well, such as a redirect that leads nowhere


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do asynchronous work to its end, also for a caller that is in an event loop itself, as in a notebook."""
    if not _in_a_loop():
        return asyncio.run(work)
    results: list[T] = []
    errors: list[BaseException] = []

    def aside() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:  # it is raised again for the caller
            errors.append(error)

    thread = Thread(target=aside, daemon=True)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@asynccontextmanager
async def limited(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """Raise the HTTP library's `ReadTimeout` where this lasts longer."""
    try:
        async with asyncio.timeout(seconds) as limit:
            yield limit
    except TimeoutError:
        raise library().ReadTimeout(f"timed out after {seconds:g} s") from None


@asynccontextmanager
async def opened(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes | None = None,
    silence: float,
    anywhere: bool = False,
) -> AsyncIterator[Any]:
    """Send a request and open the response, following redirects on the same host.

    With `anywhere` other hosts are followed to as well, which get no token, but never from https to http.
    """
    httpx = library()
    async with httpx.AsyncClient(verify=_tls(), timeout=silence, follow_redirects=False) as client:
        request = client.build_request(method, url, headers=headers, content=content)
        for _ in range(_HOPS + 1):
            response = await client.send(request, stream=True)
            try:
                after = response.next_request
                if after is not None and not _allowed(request.url, after.url, anywhere):
                    raise ElsewhereError(shown(f"{after.url.scheme}://{after.url.netloc.decode('ascii', 'replace')}"))
                if after is None or after.method != request.method:
                    yield response
                    return
            finally:
                await response.aclose()
            request = after
        raise TooMuchError(f"more than {_HOPS} redirects")


def _allowed(before: Any, after: Any, anywhere: bool) -> bool:
    if (before.scheme, before.host, before.port) == (after.scheme, after.host, after.port):
        return True
    return anywhere and after.scheme in ("http", "https") and (before.scheme, after.scheme) != ("https", "http")


async def _body(response: Any, most: int) -> bytes:
    """Read a body, of an error only if it is short; packed twice it could grow without anything coming."""
    if "," in response.headers.get("content-encoding", ""):
        raise TooMuchError("a body that is packed more than once")
    most = _ERROR if response.is_error else most
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > most:
            if response.is_error:
                return b""
            raise TooMuchError(f"more than {most:,} bytes")
        parts.append(part)
    return b"".join(parts)
