"""A model behind an OpenAI-compatible endpoint: asked with patience, and errors that say what to do."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from llmreg.asking.replies import Reply
from llmreg.errors import LlmregError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Say = Callable[[str], None]

KEY_VARIABLE = "LLMREG_JUDGE_KEY"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_A_DAY = 86_400
_MOST = 2**24
"""Bytes of a reply that are taken."""
_NAME = 200
"""Characters that are kept of the names that the endpoint gives to the model and to why a reply ended."""
_OUT_OF_ORDER = (401, 403, 404, 405)
"""Answers that every further question would get too."""


class RefusedError(LlmregError):
    """Stop: whatever is asked, the endpoint will not answer."""


class NoReplyError(LlmregError):
    """Report a question that got no reply; others may."""


class Endpoint:
    """A model that is asked over HTTP, at temperature 0 and with a seed."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        key: str | None,
        seed: int,
        max_tokens: int,
        timeout: float,
        say: Say,
        hint: str,
        option: str = "--judge",
    ) -> None:
        """Take the endpoint's address, up to `/v1` or whole; `hint` says where the key is looked for, `option` by what
        the model is named.

        A reply may take `timeout` seconds in all. Raises `UsageError` for a time that is none, and for an address that
        is none or that would be written down with a secret in it.
        """
        if not 0 < timeout <= _A_DAY:
            raise UsageError(f"--timeout takes seconds, at most {_A_DAY:,}, not {timeout:g}")
        self.name, self.hint, self._option = name, hint, option
        self.settings = {"endpoint": _checked(url), "temperature": 0, "seed": seed, "max_tokens": max_tokens}
        """All that a reply hangs on besides the prompt."""
        self._key, self._timeout, self._say, self._told = key, timeout, say, ""
        host = urlsplit(url).hostname or ""
        if key and url.startswith("http:") and host not in _LOOPBACK:
            say(f"the key goes to {host} unencrypted; use https where the endpoint has it")

    def ask(self, prompt: str, more: Mapping[str, Any] | None = None) -> Reply:
        """Give the reply, after further tries where the endpoint is busy, fails or hangs up.

        `more` are settings of this question, which go before those of the endpoint.

        Raises `RefusedError` where nothing will be answered, `NoReplyError` where this was not.
        """
        from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # the class of httpx or httpx2

        from llmreg.hub.http import ElsewhereError, TooMuchError
        from llmreg.hub.network import patiently

        url = self.settings["endpoint"]
        try:
            return patiently(lambda: self._ask(prompt, more or {}), self._tell)
        except ElsewhereError as error:
            raise RefusedError(
                f"{url} sends its visitors on to {error}, and no question goes there unasked; if that is the right "
                "host, give its address with --endpoint"
            ) from None
        except TooMuchError as error:
            raise NoReplyError(f"{url} sent {error}, so nothing of it was taken; check what answers there") from None
        except HTTPError as error:
            raise self._explained(error) from None

    def _ask(self, prompt: str, more: Mapping[str, Any]) -> Reply:
        from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

        from llmreg.hub.http import exchange

        settings = {name: value for name, value in self.settings.items() if name != "endpoint"}
        question = {"model": self.name, "messages": [{"role": "user", "content": prompt}], **settings, **more}
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        response = exchange(
            "POST",
            _completions(str(self.settings["endpoint"])),
            headers=headers,
            content=json.dumps(question).encode(),
            seconds=self._timeout,
            most=_MOST,
        )
        response.raise_for_status()
        try:
            return self._reply(json.loads(response.content))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            # As an error of HTTP it is tried again.
            raise HTTPError(f"what came back is no chat completion ({type(error).__name__})") from None

    def _reply(self, answer: Any) -> Reply:
        choice = answer["choices"][0]
        content, finish, model = choice["message"].get("content"), choice.get("finish_reason"), answer.get("model")
        if not isinstance(content, str | None):
            raise TypeError("the content is no text")
        usage = answer.get("usage") if isinstance(answer.get("usage"), dict) else {}
        return Reply(
            self._without_key(content or ""),
            self._without_key(finish[:_NAME]) if isinstance(finish, str) else None,
            self._without_key(model[:_NAME]) if isinstance(model, str) else None,
            _count(usage.get("prompt_tokens")),
            _count(usage.get("completion_tokens")),
        )

    def _without_key(self, text: str) -> str:
        return re.sub(re.escape(self._key), "***", text, flags=re.IGNORECASE) if self._key else text

    def _tell(self, text: str) -> None:
        """Say what was not said last: questions that are asked at a time often meet the same trouble."""
        from llmreg.hub.words import shown

        text = shown(text, self._key)
        if text != self._told:
            self._told = text
            self._say(text)

    def _explained(self, error: Exception) -> LlmregError:
        """Put what the endpoint answered into words, with the way on and without the key."""
        from llmreg.hub.network import retry_after, status_of, unreached
        from llmreg.hub.words import shown

        url = self.settings["endpoint"]
        status = status_of(error)
        said = self._said(error)
        if status in (401, 403):
            how = "refuses the key" if self._key else "wants a key, and none was sent"
            return RefusedError(f"{url} {how} (HTTP {status}{said}); set {self.hint} to one that may use {self.name}")
        if status in _OUT_OF_ORDER:
            return RefusedError(
                f"{url} has no chat completions by {self.name!r} (HTTP {status}{said}); --endpoint takes the address "
                f"that ends in /v1 or in /chat/completions, {self._option} the model's name there"
            )
        if status == 429:
            wait = retry_after(error.response.headers)  # type: ignore[attr-defined]
            after = f", for another {wait:.0f} s" if wait else ""
            return NoReplyError(
                f"{url} takes no more requests for now (HTTP 429{after}{said}); wait or lower --concurrency"
            )
        if status is not None:
            return NoReplyError(f"{url} failed (HTTP {status}{said})")
        return NoReplyError(
            f"{url} did not answer ({shown(unreached(error), self._key)}); check the address and the network"
        )

    def _said(self, error: Any) -> str:
        from llmreg.hub.words import shown

        text = shown(_message(error.response.text), self._key) if hasattr(error, "response") else ""
        return f": {text}" if text else ""


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--endpoint takes an address such as http://127.0.0.1:8000/v1, not {url!r}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            "--endpoint takes an address without a user, a password, ? or #; a key belongs into a variable"
        )
    return url.rstrip("/")


def _completions(url: str) -> str:
    """Return where chat completions are asked for; an address may be given as far as its host, `/v1` or whole."""
    path = urlsplit(url).path
    if path.endswith("/chat/completions"):
        return url
    return f"{url}/chat/completions" if path.endswith("/v1") else f"{url}/v1/chat/completions"


def _count(value: Any) -> int | None:
    """Return a number of tokens; none where it is no such number."""
    return value if type(value) is int and 0 <= value <= _MOST else None


def _message(text: str) -> str:
    """Return what the body of an error says, in the forms that endpoints have for it, or else all of it."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return text
    for name in ("error", "message", "detail"):
        said = said.get(name, said) if isinstance(said, dict) else said
    return said if isinstance(said, str) else text
