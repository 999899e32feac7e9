"""Talk to the Hub: only when asked to, with patience, and with errors that say what to do."""

from __future__ import annotations

import os
import re
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from llmreg.errors import LlmregError
from llmreg.hub.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from llmreg.hub.repository import Repository

    Say = Callable[[str], None]
    T = TypeVar("T")

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries where the Hub names none."""
LONGEST_PAUSE = 300.0
"""A longer one is left to the user, who may have better to do."""
_TRANSIENT = (408, 429, 500, 502, 503, 504)


def offline() -> str | None:
    """Return the setting with which the user, or a library, switched the network off; None where nobody has."""
    word = os.environ.get("HF_HUB_OFFLINE", "")
    return f"HF_HUB_OFFLINE={word}" if word.strip().upper() in ("1", "ON", "YES", "TRUE") else None


@contextmanager
def online() -> Iterator[None]:
    """Let huggingface_hub through to the network for as long as this lasts.

    Everywhere else the training libraries are kept offline (`HF_HUB_OFFLINE`), so that nothing but what the user asked
    for is looked up or loaded. huggingface_hub reads the constants at every request. Its telemetry stays off: it would
    first ask the Hub which tools are known to call it, and fail for a day on an answer in another form.
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY
    constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY = False, True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY = before


def patiently(step: Callable[[], T], say: Say, pauses: Sequence[float] = PAUSES, longest: float = LONGEST_PAUSE) -> T:
    """Do a step, again after a pause where the Hub is busy or out of reach; raise the last error in the end."""
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # the class of httpx or httpx2

    for pause in pauses:
        try:
            return step()
        except HTTPError as error:
            wait = _wait(error, pause, longest)
            if wait is None:
                raise
            say(f"{_what(error)}; trying again in {wait:.0f} s")
            time.sleep(wait)
    return step()


def explain(error: Exception, repository: Repository) -> LlmregError:
    """Put what the Hub answered into words that name the repository and the way on."""
    from huggingface_hub import constants
    from huggingface_hub.errors import GatedRepoError, RevisionNotFoundError

    status = status_of(error)
    again = "what has arrived is kept, and the same command goes on from there"
    if isinstance(error, RevisionNotFoundError):
        return LlmregError(
            f"{repository} has no revision {repository.revision} on the Hub; correct `revision` in its entry, "
            f"or give local files with {repository.instead}"
        )
    if isinstance(error, GatedRepoError) or status == 403:
        return LlmregError(
            f"{repository} is gated: the Hub gives it only to those who accepted its terms (HTTP {status}). "
            f"Sign in and accept them at {repository.page}, {_token_hint()}, and repeat the command"
        )
    if status == 401:
        return LlmregError(
            f"the Hub does not show {repository} without leave (HTTP 401): it is gone or renamed, or private or gated. "
            f"If {repository.page} opens for you when signed in, {_token_hint()}, and repeat the command; "
            f"else give local files with {repository.instead}"
        )
    if status == 404:
        return LlmregError(
            f"{repository} is not on the Hub, or a file of it is not (HTTP 404): moved or deleted; correct `hub` in "
            f"its entry, or give local files with {repository.instead}"
        )
    if status == 429:
        return LlmregError(
            f"the Hub takes no more requests for now (HTTP 429{_after(error)}), asked for {repository}; wait, or sign "
            f"in with a token in HF_TOKEN, which has a higher limit; {again}"
        )
    if status is not None:
        return LlmregError(f"the Hub failed on {repository} ({_what(error)}); try later: {again}")
    return LlmregError(
        f"{constants.ENDPOINT} cannot be reached for {repository} ({_what(error)}); check the network, a proxy and "
        f"HF_ENDPOINT, use --offline for what is already here, or give local files with {repository.instead}; {again}"
    )


def _token_hint() -> str:
    from huggingface_hub import get_token

    if get_token():
        return "with the account whose token is in use here (HF_TOKEN, or `hf auth login`)"
    return "set HF_TOKEN to a token of that account (or run `hf auth login`)"


def status_of(error: Any) -> int | None:
    """Return the HTTP status that an error carries, if any."""
    response = getattr(error, "response", None)
    return None if response is None else int(response.status_code)


def _what(error: Exception) -> str:
    status = status_of(error)
    return f"HTTP {status}" if status else unreached(error)


def unreached(error: BaseException) -> str:
    """Say why nobody answered, in the system's words where it has some, without the number that it has for it."""
    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause.exceptions[0] if isinstance(cause, BaseExceptionGroup) else cause)
    said = str(next((each for each in reversed(causes) if isinstance(each, OSError) and each.errno), error))
    if found := re.match(r"\[Errno (\d+)\] Connect call failed", said):  # asyncio's words, with an address in them
        said = os.strerror(int(found[1]))
    return shown(re.sub(r"^\[Errno -?\d+\] ", "", said)) or type(error).__name__


def _wait(error: Exception, pause: float, longest: float) -> float | None:
    """Give the seconds to wait before the next try; None where another try is of no use."""
    status = status_of(error)
    if status is not None and status not in _TRANSIENT:
        return None
    wanted = retry_after(error.response.headers) if status else None  # type: ignore[attr-defined]
    if wanted is not None and wanted > longest:
        return None
    return pause if wanted is None else wanted


def _after(error: Any) -> str:
    seconds = retry_after(error.response.headers)
    return f", for another {seconds:.0f} s" if seconds else ""


def retry_after(headers: Any) -> float | None:
    """Give the seconds that `Retry-After` asks for, written as a number or a date (RFC 9110, 10.2.3)."""
    value = (headers.get("retry-after") or "").strip()
    if re.fullmatch(r"[0-9]+", value):
        return float(value[:10])
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, LookupError, OverflowError):
        return None
