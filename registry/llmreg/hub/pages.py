"""Read a list of the Hub that comes in pages, such as that of all models, to its end and no further."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

from llmreg.errors import LlmregError
from llmreg.hub.http import ElsewhereError, TooMuchError, exchange, hub_headers, raise_for_status
from llmreg.hub.network import patiently, unreached
from llmreg.hub.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmreg.hub.network import Say

_MOST = 2**26
"""Bytes of one page that are taken."""
_SECONDS = 120
"""How long one page may take to arrive."""
_PAGES = 100_000
_EMPTY = 10
"""Pages without a row in a row after which no more are asked for."""


def rows(what: str, query: Mapping[str, str], *, say: Say) -> Iterator[dict[str, Any]]:
    """Return the rows of a list, `models` or `datasets`, as the Hub writes them, page by page.

    Raises `LlmregError` where the Hub is out of reach or refuses, answers in another form, leads to another host, or
    has no last page.
    """
    from huggingface_hub import constants
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    if constants.HF_HUB_OFFLINE:
        raise LlmregError(f"offline (HF_HUB_OFFLINE), and the list of {what} is on the Hub; unset that to ask it")
    url: str | None = f"{constants.ENDPOINT}/api/{what}?{urlencode(query)}"
    seen: set[str] = set()
    empty = 0
    while url:
        seen.add(url)
        try:
            page, after = _page(url, say)
        except ElsewhereError as error:
            raise LlmregError(f"{constants.ENDPOINT} sends its visitors on to {error}; check HF_ENDPOINT") from None
        except (HTTPError, TooMuchError, ValueError, RecursionError) as error:
            why = unreached(error) if isinstance(error, HTTPError) else str(error)
            raise LlmregError(
                f"the list of {what} at {constants.ENDPOINT} cannot be read ({shown(why)}); check the network and "
                "HF_ENDPOINT, and try later"
            ) from None
        yield from page
        empty = 0 if page else empty + 1
        if after and (after in seen or len(seen) == _PAGES or empty == _EMPTY):
            raise LlmregError(f"the list of {what} at {constants.ENDPOINT} has no end; check HF_ENDPOINT")
        url = after


def _page(url: str, say: Say) -> tuple[list[dict[str, Any]], str | None]:
    """Return the rows of a page and the address of the next one, which is on the same host."""

    def ask() -> Any:
        response = exchange("GET", url, headers=hub_headers(), seconds=_SECONDS, most=_MOST)
        raise_for_status(response)
        return response

    response = patiently(ask, say)
    found = json.loads(response.content)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ValueError("what came back is no list of objects")
    after = response.links.get("next", {}).get("url")
    if not after:
        return found, None
    after = urljoin(url, after)
    here, there = urlsplit(url), urlsplit(after)
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        raise ElsewhereError(shown(f"{there.scheme}://{there.netloc}"))
    return found, after
