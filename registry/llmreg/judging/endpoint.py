"""A judge behind an OpenAI-compatible endpoint: asked with patience, and errors that say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from llmreg.errors import LlmregError, UsageError
from llmreg.judging.replies import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from huggingface_hub import InferenceClient

    Say = Callable[[str], None]

KEY_VARIABLE = "LLMREG_JUDGE_KEY"
_NO_KEY = "none"
"""Sent where there is no key: without one the client would send the user's token for the Hub, which is nobody's
business here."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST = 300
"""Signs of a server's message that are shown."""
_OUT_OF_ORDER = (401, 403, 404, 405)
"""Answers that every further question would get too."""


class RefusedError(LlmregError):
    """Stop: whatever is asked, the endpoint will not answer."""


class NoReplyError(LlmregError):
    """Report a question that got no reply; others may."""


class Endpoint:
    """A model that is asked over HTTP, at temperature 0 and with a seed."""

    def __init__(
        self, name: str, url: str, *, key: str | None, seed: int, max_tokens: int, timeout: float, say: Say, hint: str
    ) -> None:
        """Take the endpoint's address, up to `/v1` or whole; `hint` says where the key is looked for.

        Raises `UsageError` for an address that is none, or that would be written down with a secret in it.
        """
        self.name, self.hint = name, hint
        self.settings = {"endpoint": _checked(url), "temperature": 0, "seed": seed, "max_tokens": max_tokens}
        """All that a reply hangs on besides the prompt."""
        self._key, self._timeout, self._say, self._told = key, timeout, say, ""
        host = urlsplit(url).hostname or ""
        if key and url.startswith("http:") and host not in _LOOPBACK:
            say(f"the key goes to {host} unencrypted; use https where the endpoint has it")

    def ask(self, prompt: str) -> Reply:
        """Give the reply, after further tries where the endpoint is busy, fails or hangs up.

        Raises `RefusedError` where nothing will be answered, `NoReplyError` where this was not.
        """
        from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # the class of httpx or httpx2

        from llmreg.hub.network import patiently

        try:
            return patiently(lambda: self._ask(prompt), self._tell)
        except HTTPError as error:
            raise self._explained(error) from None

    def _ask(self, prompt: str) -> Reply:
        from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

        settings = {name: value for name, value in self.settings.items() if name != "endpoint"}
        messages = [{"role": "user", "content": prompt}]
        try:
            answer: Any = self._client().chat_completion(messages, model=self.name, **settings)  # type: ignore[call-overload]
            return _reply(answer)
        except HTTPError:  # some are ValueErrors as well
            raise
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # What is no chat completion ends anywhere in the client; as an error of HTTP it is tried again.
            raise HTTPError(f"what came back is no chat completion ({type(error).__name__})") from None

    def _tell(self, text: str) -> None:
        """Say what was not said last: questions that are asked at a time often meet the same trouble."""
        if text != self._told:
            self._told = text
            self._say(text)

    def _client(self) -> InferenceClient:
        from huggingface_hub import InferenceClient

        return InferenceClient(
            base_url=str(self.settings["endpoint"]), api_key=self._key or _NO_KEY, timeout=self._timeout
        )

    def _explained(self, error: Exception) -> LlmregError:
        """Put what the endpoint answered into words, with the way on and without the key."""
        from huggingface_hub.errors import HfHubHTTPError

        from llmreg.hub.network import retry_after, unreached

        url = self.settings["endpoint"]
        status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
        said = self._said(error)
        if status in (401, 403):
            how = "refuses the key" if self._key else "wants a key, and none was sent"
            return RefusedError(f"{url} {how} (HTTP {status}{said}); set {self.hint} to one that may use {self.name}")
        if status in _OUT_OF_ORDER:
            return RefusedError(
                f"{url} has no chat completions by {self.name!r} (HTTP {status}{said}); --endpoint takes the address "
                "that ends in /v1 or in /chat/completions, --judge the model's name there"
            )
        if status == 429:
            wait = retry_after(error.response.headers)  # type: ignore[attr-defined]
            after = f", for another {wait:.0f} s" if wait else ""
            return NoReplyError(
                f"{url} takes no more requests for now (HTTP 429{after}{said}); wait or lower --concurrency"
            )
        if status is not None:
            return NoReplyError(f"{url} failed (HTTP {status}{said})")
        return NoReplyError(f"{url} did not answer ({unreached(error)}); check the address and the network")

    def _said(self, error: Any) -> str:
        text = " ".join(str(getattr(error, "server_message", None) or "").split())
        text = text.replace(self._key, "***") if self._key else text
        return f": {text[:_LONGEST]}" if text else ""


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--endpoint takes an address such as http://127.0.0.1:8000/v1, not {url!r}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            "--endpoint takes an address without a user, a password, ? or #; a key belongs into a variable"
        )
    return url.rstrip("/")


def _reply(answer: Any) -> Reply:
    choice = answer.choices[0]
    content = choice.message.content
    usage = answer.usage
    if not isinstance(content, str | None):
        raise TypeError("the content is no text")
    return Reply(
        content or "",
        choice.finish_reason,
        answer.model,
        usage.prompt_tokens if usage else None,
        usage.completion_tokens if usage else None,
    )
