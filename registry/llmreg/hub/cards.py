"""Ask the Hub about one repository: what it tells of it, its small text files, and why it does not tell."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from llmreg.errors import LlmregError
from llmreg.hub.http import ElsewhereError, TooMuchError, exchange, hub_headers, raise_for_status
from llmreg.hub.network import patiently, status_of, unreached
from llmreg.hub.repository import BRANCH
from llmreg.hub.words import shown
from llmreg.schema.ids import is_hub_id

if TYPE_CHECKING:
    from llmreg.hub.network import Say
    from llmreg.hub.repository import Repository

MOST_REQUESTS = 200
"""Requests that one look-up may take."""
MOST_MINUTES = 10
"""How long one look-up may go on asking."""
_PAUSES, _LONGEST_PAUSE = (1.0, 2.0), 10.0
"""Seconds before another try: whoever asks for a verdict waits for it."""
_INFO, _TEXT = 2**25, 2**21
"""Bytes that are taken of what the Hub tells of a repository, and of a text file."""
_SECONDS = 30
"""How long an answer may take."""


class NoCardError(LlmregError):
    """Report a repository whose card the Hub does not give, now or later: the message says why."""

    def __init__(self, message: str, *, absent: bool = False) -> None:
        """Take the message, and whether nothing of this name and kind may be there at all."""
        super().__init__(message)
        self.absent = absent


class UnreachedError(LlmregError):
    """Report that nobody answers where the Hub should be."""


class NoMoreError(LlmregError):
    """Report that a look-up has taken as many requests as it may."""


class Hub:
    """Asks the Hub, and counts the requests."""

    def __init__(self, say: Say) -> None:
        """Tell `say` of every pause."""
        self.requests = 0
        self._begun = time.monotonic()
        self._say = say

    def about(self, repository: Repository) -> dict[str, Any]:
        """Return what the Hub tells of a repository: its id and commit, its card's metadata, its files.

        Raises `NoCardError` where the Hub does not tell, `NoMoreError` where it has taken long enough, and
        `LlmregError` where it cannot be asked or answers in no form that is known.
        """
        at = "" if repository.revision == BRANCH else f"/revision/{quote(repository.revision, safe='')}"
        content = self._get(repository, f"/api/{repository.kind}s/{quote(repository.id)}{at}", _INFO)
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            found = None
        named = found.get("id") if isinstance(found, dict) else None
        if not isinstance(found, dict) or not isinstance(named, str) or not is_hub_id(named):
            raise LlmregError(f"what the Hub tells of {repository} has no form that is known; check HF_ENDPOINT")
        return found

    def text(self, repository: Repository, path: str) -> str:
        """Return a text file of a repository; raises as `about` does."""
        place = f"/{'datasets/' if repository.kind == 'dataset' else ''}{quote(repository.id)}"
        content = self._get(repository, f"{place}/resolve/{quote(repository.revision, safe='')}/{quote(path)}", _TEXT)
        return content.decode("utf-8", "replace")

    def _get(self, repository: Repository, path: str, most: int) -> bytes:
        from huggingface_hub import constants
        from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

        def ask() -> bytes:
            if self.requests >= MOST_REQUESTS:
                raise NoMoreError(f"a look-up takes at most {MOST_REQUESTS} requests")
            if time.monotonic() - self._begun > MOST_MINUTES * 60:
                raise NoMoreError(f"a look-up takes at most {MOST_MINUTES} minutes")
            self.requests += 1
            try:
                url = f"{constants.ENDPOINT}{path}"
                response = exchange("GET", url, headers=hub_headers(), seconds=_SECONDS, most=most)
                raise_for_status(response)
            except HTTPError as error:
                if status_of(error) is None:  # nobody answered; another try would only take longer
                    raise _unreached(error, repository) from None
                raise
            return bytes(response.content)

        try:
            return patiently(ask, self._say, _PAUSES, _LONGEST_PAUSE)
        except ElsewhereError as error:
            raise LlmregError(
                f"{constants.ENDPOINT} was asked for {repository} and sends its visitors on to {error}, which is not "
                "followed; check HF_ENDPOINT"
            ) from None
        except TooMuchError as error:
            raise NoCardError(f"{constants.ENDPOINT} was asked for {repository} and sent {error}") from None
        except HTTPError as error:
            raise _refused(error, repository) from None


def _unreached(error: Exception, repository: Repository) -> LlmregError:
    from huggingface_hub import constants

    why = unreached(error)
    if "timed out" in why or "Timeout" in type(error).__name__:
        return LlmregError(f"the Hub is too slow: no whole answer about {repository} in {_SECONDS} s; try later")
    return UnreachedError(f"{constants.ENDPOINT} cannot be reached: {why}")


def _refused(error: Exception, repository: Repository) -> LlmregError:
    """Say what an HTTP status means; what waiting or a correction would mend is no `NoCardError`."""
    from huggingface_hub import get_token
    from huggingface_hub.errors import GatedRepoError, RevisionNotFoundError

    status = status_of(error)
    if isinstance(error, RevisionNotFoundError):
        return NoCardError(f"{repository} has no revision {repository.revision} on the Hub")
    if isinstance(error, GatedRepoError) or status == 403:
        account = "with the account of the token in use here" if get_token() else "and set HF_TOKEN to your token"
        return NoCardError(
            f"{repository} is gated: the Hub shows it only to those who accepted its terms (HTTP {status}); accept "
            f"them at {repository.page} {account}"
        )
    if status == 401:
        return NoCardError(
            f"the Hub does not show {repository} without leave (HTTP 401): it is private, renamed or deleted, or was "
            "never there",
            absent=True,
        )
    if status in (404, 410):
        return NoCardError(f"{repository} is not on the Hub (HTTP {status}): deleted, or never there", absent=True)
    if status == 429:
        return LlmregError(
            f"the Hub takes no more requests for now (HTTP 429), asked for {repository}; wait, or set HF_TOKEN to a "
            "token, which has a higher limit"
        )
    return LlmregError(f"the Hub failed on {shown(str(repository))} (HTTP {status}); try later")
