"""Have a judge compare answers in both orders: planned, estimated, resumable, and never asked twice for one thing."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from llmreg.asking.endpoint import NoReplyError
from llmreg.errors import LlmregError, UsageError
from llmreg.judging.prompts import Mode, parse, prompt, template_hash
from llmreg.reproduce.record import hash_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from llmreg.asking.replies import Replies, Reply
    from llmreg.judging.answers import Pair
    from llmreg.judging.journal import Journal, Row

    T = TypeVar("T")
    R = TypeVar("R")

BYTES_PER_TOKEN = 4
"""The rule by which tokens are estimated: one for every four bytes of UTF-8."""
_IN_A_ROW = 3
"""Questions without a reply after which no more are asked."""
_AHEAD = 4
"""Questions that may wait for their turn, for each that is asked at a time."""


class Judge(Protocol):
    """Whoever replies to prompts."""

    name: str
    settings: dict[str, Any]
    """All that a reply hangs on besides the prompt."""

    def ask(self, prompt: str) -> Reply:
        """Give the reply; raise `NoReplyError` where there is none for this prompt."""
        ...


@dataclass(frozen=True)
class Question:
    """One pair of answers in one order, as the judge is asked about it."""

    pair: Pair
    prompt: str
    key: str
    """The hash of judge, prompt and settings."""

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Give what tells it from the other questions of one run."""
        return self.key, self.pair.item, self.pair.first.system, self.pair.second.system


@dataclass(frozen=True)
class Plan:
    """The questions of one run, both orders of a pair after each other."""

    judge: str
    mode: Mode
    settings: Mapping[str, Any]
    questions: tuple[Question, ...]

    def left(self, path: Path, rows: Iterable[Row]) -> list[Question]:
        """Give the questions to which a file of ratings has no row yet.

        Raises `UsageError` for a row that this run would not write.
        """
        planned = {question.place for question in self.questions}
        done = set()
        for number, row in enumerate(rows, 1):
            place = (str(row.get("key")), str(row["item"]), row["first"], row["second"])
            if place not in planned:
                raise UsageError(
                    f"{path}: rating {number}, of {row['first']} and {row['second']} on {row['item']}, is not one that "
                    "this command would write: the judge, its settings, the prompts or the answers were others; name "
                    "another file with --output"
                )
            done.add(place)
        return [question for question in self.questions if question.place not in done]


@dataclass(frozen=True)
class Estimate:
    """What is still to be asked and what that takes."""

    judgments: int
    done: int
    """Judgments that the file holds."""
    kept: int
    """Replies to the others that were kept from an earlier run."""
    asked: int
    tokens_in: int
    """A token for every four bytes of UTF-8."""
    tokens_out: int
    """At most."""
    cost: float | None
    """At most, in the currency of the prices; none where these are not known."""


@dataclass(frozen=True)
class Outcome:
    """What a run did."""

    asked: int
    kept: int
    """Taken from the replies kept earlier."""
    unparsed: int
    """Replies without a verdict that could be read."""
    cut: int
    """Replies that ended because they grew too long."""
    failures: tuple[str, ...]
    """Why questions got no reply."""
    tokens_in: int | None
    """Of what was asked, as the endpoint counts; none where it does not."""
    tokens_out: int | None


def plan(judge: Judge, mode: Mode, pairs: Iterable[Pair]) -> Plan:
    """Write down what the judge is to be asked: each pair in both orders."""
    questions = []
    for pair in pairs:
        for shown in (pair, pair.swapped):
            text = prompt(mode, shown)
            key = hash_json({"judge": judge.name, "prompt": text, "settings": judge.settings})
            questions.append(Question(shown, text, key))
    return Plan(judge.name, mode, judge.settings, tuple(questions))


def cost(tokens_in: int, tokens_out: int, prices: tuple[float | None, float | None]) -> float | None:
    """Give what tokens cost, by the prices of a million read and a million written; none where one is not known."""
    price_in, price_out = prices
    if price_in is None or price_out is None:
        return None
    return (tokens_in * price_in + tokens_out * price_out) / 1e6


def estimate(
    work: Plan, left: Iterable[Question], replies: Replies, prices: tuple[float | None, float | None]
) -> Estimate:
    """Tell what the questions that are left take."""
    left = list(left)
    to_ask = {question.key: question.prompt for question in left if replies.get(question.key) is None}
    tokens_in = sum(-(-len(text.encode()) // BYTES_PER_TOKEN) for text in to_ask.values())
    tokens_out = len(to_ask) * int(work.settings["max_tokens"])
    kept = sum(question.key not in to_ask for question in left)
    return Estimate(
        len(work.questions),
        len(work.questions) - len(left),
        kept,
        len(to_ask),
        tokens_in,
        tokens_out,
        cost(tokens_in, tokens_out, prices),
    )


def run(
    work: Plan,
    judge: Judge,
    journal: Journal,
    replies: Replies,
    *,
    terms: Mapping[str, Any],
    concurrency: int = 1,
    step: Callable[[], object] = lambda: None,
) -> Outcome:
    """Ask what is left and write a rating for each reply, in the order of the plan.

    A reply is kept as soon as it comes and written when its turn comes, so a run that was killed and goes on asks only
    for what was under way, and ends with the file of one that was not. `step` is called after each question. Raises
    `LlmregError` where the judge refuses, or gives no reply several times in a row.
    """
    tally = _Tally()

    def answered(question: Question) -> tuple[Question, Reply | NoReplyError, bool]:
        if reply := replies.get(question.key):
            return question, reply, False
        try:
            reply = judge.ask(question.prompt)
        except NoReplyError as error:
            return question, error, True
        replies.put(question.key, reply)
        return question, reply, True

    for question, reply, asked in _in_order(answered, work.left(journal.path, journal.rows), concurrency):
        if isinstance(reply, NoReplyError):
            tally.fail(str(reply))
        else:
            verdict = parse(work.mode, reply.text)
            journal.append(_row(work, question, reply, verdict, terms))
            tally.count(reply, verdict, asked=asked)
        step()
    return tally.outcome()


def _row(
    work: Plan, question: Question, reply: Reply, verdict: Mapping[str, Any], terms: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        **question.pair.row(work.judge),
        **verdict,
        "mode": work.mode,
        "reply": reply.text,
        "finish": reply.finish,
        "model": reply.model,
        "template": template_hash(work.mode),
        "settings": work.settings,
        "terms": terms,
        "key": question.key,
    }


class _Tally:
    """Counts what a run did."""

    def __init__(self) -> None:
        self.asked = self.kept = self.unparsed = self.cut = self.in_a_row = 0
        self.failures: list[str] = []
        self.tokens: list[tuple[int | None, int | None]] = []

    def fail(self, why: str) -> None:
        """Count a question without a reply; raise `LlmregError` where there were several in a row."""
        self.failures.append(why)
        self.in_a_row += 1
        if self.in_a_row == _IN_A_ROW:
            raise LlmregError(
                f"{why}; {_IN_A_ROW} questions in a row got no reply, so no more are asked; what was judged is kept, "
                "and the same command goes on from there"
            )

    def count(self, reply: Reply, verdict: Mapping[str, Any], *, asked: bool) -> None:
        """Count a reply."""
        self.in_a_row = 0
        self.unparsed += None in verdict.values()
        self.cut += reply.finish == "length"
        if asked:
            self.asked += 1
            self.tokens.append((reply.tokens_in, reply.tokens_out))
        else:
            self.kept += 1

    def outcome(self) -> Outcome:
        """Give the counts."""
        tokens = [_sum(column) for column in zip(*self.tokens, strict=True)] or [0, 0]
        return Outcome(self.asked, self.kept, self.unparsed, self.cut, tuple(self.failures), *tokens)


def _sum(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else sum(filter(None, known))


def _in_order(work: Callable[[T], R], tasks: Iterable[T], width: int) -> Iterator[R]:
    """Give what `work` makes of each task, in order, doing `width` at a time.

    The threads end with the process: whoever stops a run need not wait for a server that is slow.
    """
    todo: SimpleQueue[tuple[T, Future[R]] | None] = SimpleQueue()
    started: deque[Future[R]] = deque()
    for _ in range(width):
        Thread(target=_do_all, args=(work, todo), daemon=True).start()
    try:
        for task in tasks:
            if len(started) == width * _AHEAD:
                yield started.popleft().result()
            started.append(Future())
            todo.put((task, started[-1]))
        while started:
            yield started.popleft().result()
    finally:
        for result in started:
            result.cancel()
        for _ in range(width):
            todo.put(None)


def _do_all(work: Callable[[T], R], todo: SimpleQueue[tuple[T, Future[R]] | None]) -> None:
    while entry := todo.get():
        task, result = entry
        if result.set_running_or_notify_cancel():
            try:
                result.set_result(work(task))
            except BaseException as error:  # whoever waits for the result gets it
                result.set_exception(error)
