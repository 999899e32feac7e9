"""A generator: a model that makers ask, whose replies are kept by what was asked, counted, and paid once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from llmreg.asking.endpoint import NoReplyError
from llmreg.asking.replies import Reply
from llmreg.errors import LlmregError
from llmreg.reproduce.record import hash_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from llmreg.asking.replies import Replies
    from llmreg.maker import Question

CHARACTERS_PER_TOKEN = 4
_IN_A_ROW = 3
"""Questions without a reply after which no more are asked."""


class Asked(Protocol):
    """What can be asked: an endpoint, a model in a folder, kept replies, or something made up."""

    @property
    def name(self) -> str:
        """Say what it is called."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return all that a reply hangs on besides the question."""
        ...

    def reply(self, question: Question) -> Reply:
        """Return the reply; raise `NoReplyError` where there is none."""


@dataclass
class Counts:
    """What was asked and what that took."""

    calls: int = 0
    kept: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    uncounted: int = 0
    """Replies of which nobody said how many tokens they took."""


@dataclass
class Generator:
    """Asks each question once: a reply that is kept already, or that came before a kill, is not asked for again."""

    model: Asked
    replies: Replies
    concurrency: int = 1
    most: int | None = None
    """Questions that may be paid for."""
    counts: Counts = field(default_factory=Counts)
    step: Callable[[], object] = lambda: None
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, questions: Sequence[Question]) -> list[str]:
        """Return the reply to each question, in their order; raise `LlmregError` where one is left without."""
        if self.concurrency == 1 or len(questions) == 1:
            return [self._answer(question) for question in questions]
        with ThreadPoolExecutor(self.concurrency) as pool:
            futures = [pool.submit(self._answer, question) for question in questions]
            try:
                return [future.result() for future in futures]
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)  # what is under way is still kept
                raise

    def key(self, question: Question) -> str:
        """Return the hash of all that a reply hangs on."""
        return hash_json({"model": self.model.name, "settings": self.model.settings, "question": asdict(question)})

    def _answer(self, question: Question) -> str:
        key = self.key(question)
        if kept := self.replies.get(key):
            with self._lock:
                self.counts.kept += 1
            return kept.text
        self._pay()
        reply = self._asked(question)
        self.replies.put(key, reply)
        with self._lock:
            self.counts.tokens_in += reply.tokens_in or 0
            self.counts.tokens_out += reply.tokens_out or 0
            self.counts.uncounted += reply.tokens_in is None or reply.tokens_out is None
        self.step()
        return reply.text

    def _pay(self) -> None:
        with self._lock:
            if self.most is not None and self.counts.calls >= self.most:
                raise LlmregError(
                    f"{self.most:,} questions were asked, and --most-calls allows no more; what was replied is kept: "
                    "raise it and repeat the command with --resume"
                )
            self.counts.calls += 1

    def _asked(self, question: Question) -> Reply:
        for trial in range(1, _IN_A_ROW + 1):
            try:
                return self.model.reply(question)
            except NoReplyError as error:
                if trial == _IN_A_ROW:
                    raise LlmregError(f"{error}; what was replied is kept: repeat the command with --resume") from None
        raise AssertionError


class KeptReplies:
    """Replies in a file of JSON lines, each with `prompt` and `reply`; of equal prompts the first comes first."""

    def __init__(self, path: Path) -> None:
        """Read the file; raise `LlmregError` for a line that is no reply."""
        from llmreg.training.formats.files import records

        self.name, self._found = path.name, dict[tuple[str, int], str]()
        seen: dict[str, int] = {}
        for place, row in records(path):
            prompt, reply = row.get("prompt"), row.get("reply")
            if not isinstance(prompt, str) or not isinstance(reply, str):
                raise LlmregError(f"{place}: a kept reply has `prompt` and `reply`, both text")
            self._found[prompt, seen.get(prompt, 0)] = reply
            seen[prompt] = seen.get(prompt, 0) + 1
        self.settings: dict[str, Any] = {"replies": hash_json(sorted(self._found.values()))}

    def reply(self, question: Question) -> Reply:
        """Return the reply that is in the file."""
        key = (question.prompt, question.number)
        if key not in self._found:
            start = json.dumps(question.prompt[:80], ensure_ascii=False)
            which = f"reply number {question.number + 1}"
            raise LlmregError(f"{self.name} has no {which} to the prompt that begins {start}")
        return Reply(self._found[key], finish="stop")


class ByEndpoint:
    """A model behind an endpoint, asked with each question's own settings."""

    def __init__(self, endpoint: Any) -> None:
        """Take the endpoint."""
        self._endpoint, self.name, self.settings = endpoint, endpoint.name, dict(endpoint.settings)

    def reply(self, question: Question) -> Reply:
        """Return the reply; one that was cut off at its length is returned as it is."""
        more: dict[str, Any] = {
            "temperature": question.temperature,
            "top_p": question.top_p,
            "max_tokens": question.max_tokens,
            "seed": self.settings["seed"] + question.number,
        }
        more |= {"presence_penalty": question.presence_penalty} if question.presence_penalty else {}
        more |= {"stop": list(question.stop)} if question.stop else {}
        found: Reply = self._endpoint.ask(question.prompt, more)
        return found


class ByFolder:
    """A model in a folder, which decodes greedily: the settings of a question have no say."""

    def __init__(self, judge: Any) -> None:
        """Take the model."""
        self._model, self.name, self.settings = judge, judge.name, dict(judge.settings)

    def reply(self, question: Question) -> Reply:
        """Return the reply."""
        found: Reply = self._model.ask(question.prompt)
        return found


class Invented:
    """A generator for rehearsals: what it replies is made up by the maker that asks."""

    name = "made up"

    def __init__(self, invent: Callable[[Question], str]) -> None:
        """Take what makes replies up."""
        self._invent = invent
        self.settings: dict[str, Any] = {}

    def reply(self, question: Question) -> Reply:
        """Return something in the form that the maker reads."""
        return Reply(self._invent(question), finish="stop", tokens_in=0, tokens_out=0)


class Recorded:
    """A generator that was asked in an earlier run: all that it ever says is among the replies that were kept."""

    def __init__(self, told: Mapping[str, Any], place: Path) -> None:
        """Take what the record says of the generator, and where its replies are kept."""
        self.name, self._place = str(told["name"]), place
        self.settings = {key: value for key, value in told.items() if key != "name"}

    def reply(self, question: Question) -> Reply:
        """Raise `LlmregError`: a question that was never asked has no reply."""
        start = json.dumps(question.prompt[:80], ensure_ascii=False)
        raise LlmregError(f"{self._place} has no reply to the prompt that begins {start}")
