"""Self-Instruct: a model writes new tasks after the pattern of some that people wrote (arXiv:2212.10560).

The steps and settings are those of yizhongw/self-instruct@0b26cca. Alpaca (tatsu-lab/stanford_alpaca@761dc5b) has the
model write a task with its input and answer at once, after three patterns; Alpaca Libre (mobarski/alpaca-libre@9024e0c)
compares tasks within a round alone. The prompts are llmreg's own words.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

import llmreg
from llmreg_makers.rouge import Pool

if TYPE_CHECKING:
    from random import Random

Row = dict[str, Any]
_BARRED = (
    "image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw", "plot",
    "go to",
)  # fmt: skip
_NUMBERED = re.compile(r"(?:^|\n)\s*\d+\s?[.)]\s+")
_PARTS = re.compile(r"^\s*(?:Task:)?\s*(?P<task>.*?)\n\s*Input:(?P<input>.*?)\n\s*Output:(?P<output>.*)$", re.DOTALL)
_NONE = re.compile(r"\W*(none|no input|n/?a|empty)\W*", re.IGNORECASE)


class SelfInstruct(llmreg.Maker):
    """Asks for tasks until there are enough, and drops those that resemble an earlier one or cannot be done in text."""

    name: ClassVar[str] = "self-instruct"
    paper: ClassVar[str | None] = "https://arxiv.org/abs/2212.10560"
    asks: ClassVar[bool] = True

    tasks: Annotated[int, Field(ge=1)] = 52_000
    """How many new tasks to stop at."""
    most_requests: Annotated[int, Field(ge=1)] | None = None
    """Requests for tasks after which it stops, with however many there are; by default four times as many as it would
    take if every task was kept."""
    patterns: Annotated[int, Field(ge=1)] = 8
    """Tasks that a request shows."""
    own_patterns: Annotated[int, Field(ge=0)] = 2
    """How many of them are tasks that the model wrote, once there are any."""
    at_once: bool = False
    """Whether a task comes with its input and answer, as Alpaca's do; else these are asked for one by one."""
    per_request: Annotated[int, Field(ge=1)] = 8
    """Tasks that a request asks for."""
    per_round: Annotated[int, Field(ge=1)] = 5
    """Requests that are made before their tasks join the pool."""
    compare: Literal["pool", "round"] = "pool"
    """With which tasks a new one is compared: all there are, or those of the round alone."""
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.7
    """A task whose ROUGE-L to another is above this is dropped."""
    classify: bool = True
    """Whether the model is asked which tasks are classifications; for these it names the label first."""
    fewest_words: Annotated[int, Field(ge=0)] = 4
    most_words: Annotated[int, Field(ge=1)] = 150
    barred: tuple[str, ...] = _BARRED
    """Words of tasks that a text cannot do."""
    barred_starts: tuple[str, ...] = ("Write a program",)
    links: bool = True
    """Whether a task may have an address of the web in it."""
    temperature: Annotated[float, Field(ge=0)] = 0.7
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.5
    presence_penalty: float = 2.0
    tokens: Annotated[int, Field(ge=1)] = 1024
    """The longest reply to a request for tasks."""
    instance_tokens: Annotated[int, Field(ge=1)] = 350
    """The longest reply to a request for an input and an answer."""

    def make(self, work: llmreg.Work) -> Iterator[Row]:
        """Return rows of instruction, input and output."""
        seeds = [text for row in work.rows() if (text := _instruction(row))]
        if not seeds:
            raise llmreg.LlmregError("self-instruct: no row has an `instruction`; give tasks to start from")
        for task in self._tasks(work, seeds):
            yield from self._finished(work, task)

    def _tasks(self, work: llmreg.Work, seeds: Sequence[str]) -> Iterator[Mapping[str, str]]:
        """Return new tasks; the pool, the words and chance are the same however often the run is started again."""
        pool, own, requests = Pool(self.threshold), list[str](), 0
        for seed in seeds:
            pool.add(seed)
        while len(own) < self.tasks and requests < self._most:
            count = min(self.per_round, self._most - requests)
            questions = [self._question(seeds, own, work.random, requests + at) for at in range(count)]
            requests += count
            fresh = Pool(self.threshold) if self.compare == "round" else pool
            for reply in work.ask(questions):
                for task in self._parsed(reply, work):
                    reason = self._fault(task["instruction"])
                    if not reason and fresh.too_similar(task["instruction"]):
                        reason = "too similar to an earlier task"
                    if reason:
                        work.notes[f"a new task was left out: {reason}"] += 1
                    elif len(own) < self.tasks:
                        fresh.add(task["instruction"])
                        own.append(task["instruction"])
                        yield task
        if len(own) < self.tasks:
            work.notes["requests ran out before there were enough tasks"] += 1

    def _question(self, seeds: Sequence[str], own: Sequence[str], random: Random, number: int) -> llmreg.Question:
        mine = random.sample(own, min(self.own_patterns, len(own)))
        shown = [*mine, *random.sample(seeds, min(self.patterns - len(mine), len(seeds)))]
        random.shuffle(shown)
        form = (
            "Write each as three lines: the task, then `Input:` with what it is done to (or `none`), then `Output:` "
            "with the answer."
            if self.at_once
            else "Write one task a line, without an answer."
        )
        listed = "\n".join(f"{at}. {' '.join(text.split()).rstrip(':')}" for at, text in enumerate(shown, start=1))
        prompt = (
            f"Here are tasks that people give to an assistant:\n{listed}\n\nThink up {self.per_request} more, of other "
            f"kinds and in other words, that can be done in text alone. Number them. {form}\n"
        )
        return llmreg.Question(prompt, self.temperature, self.top_p, self.tokens, self.presence_penalty, number=number)

    def _parsed(self, reply: str, work: llmreg.Work) -> Iterator[dict[str, str]]:
        for text in filter(str.strip, _NUMBERED.split(reply)):
            if not self.at_once:
                yield {"instruction": _capital(" ".join(text.split()))}
            elif found := _PARTS.match(text):
                given = found["input"].strip()
                yield {
                    "instruction": _capital(" ".join(found["task"].split())),
                    "input": "" if _NONE.fullmatch(given) else given,
                    "output": found["output"].strip(),
                }
            else:
                work.notes["a new task was left out: it has no input and output"] += 1

    def _fault(self, task: str) -> str:
        """Say why a task is left out; nothing where it is not."""
        words = len(task.split())
        if not self.fewest_words <= words <= self.most_words:
            return "too few or too many words"
        if any(re.search(rf"\b{re.escape(word)}\b", task, re.IGNORECASE) for word in self.barred):
            return "it needs more than text"
        if task.startswith(self.barred_starts):
            return "it begins as those that are barred do"
        if task[0] in string.punctuation or not task[0].isascii():
            return "it begins with a sign or a letter of another script"
        return "it has a link in it" if not self.links and re.search(r"https?://|www\.", task) else ""

    def _finished(self, work: llmreg.Work, task: Mapping[str, str]) -> Iterator[Row]:
        """Return the rows of a task: its inputs with their answers, without those that cannot be right."""
        rows = [dict(task)] if self.at_once else self._instances(work, task["instruction"])
        answers: dict[str, set[str]] = {}
        for row in rows:
            answers.setdefault(row["input"], set()).add(row["output"])
        seen = set()
        for row in rows:
            reason = _wrong(row, answers[row["input"]])
            if not reason and (row["input"], row["output"]) in seen:
                reason = "it came twice"
            if reason:
                work.notes[f"an instance was left out: {reason}"] += 1
                continue
            seen.add((row["input"], row["output"]))
            yield {"instruction": row["instruction"], "input": row["input"], "output": row["output"]}

    def _instances(self, work: llmreg.Work, task: str) -> list[dict[str, str]]:
        label = False
        if self.classify:
            asked = (
                f"Is this task a classification with a few labels to choose from?\nTask: {task}\nAnswer yes or no.\n"
            )
            (reply,) = work.ask([llmreg.Question(asked, max_tokens=3)])
            label = reply.strip().lower().startswith("yes")
        order = "`Output:` with one of the labels, then `Input:` with what has it" if label else (
            "`Input:` with what the task is done to (or `none`), then `Output:` with the answer"
        )  # fmt: skip
        asked = f"Task: {task}\nGive up to five examples. Number them. Write each as two lines: {order}.\n"
        (reply,) = work.ask([llmreg.Question(asked, max_tokens=self.instance_tokens, presence_penalty=1.5)])
        return [{"instruction": task, **found} for text in _NUMBERED.split(reply) if (found := _instance(text))]

    @property
    def _most(self) -> int:
        return self.most_requests or 4 * -(-self.tasks // self.per_request)

    def estimate(self, rows: int) -> llmreg.Estimate:  # noqa: ARG002 - how many it starts from changes nothing
        """Count all requests that may be made, and three examples of each task."""
        requests = self._most
        each = 0 if self.at_once else 1 + self.classify
        calls = requests + each * self.tasks
        shown = 25 * (self.patterns + 3)
        tokens_out = requests * self.tokens + (0 if self.at_once else self.tasks * (self.instance_tokens + 3))
        return llmreg.Estimate(
            self.tasks * (1 if self.at_once else 3), calls, requests * shown + each * self.tasks * 60, tokens_out
        )

    def invent(self, question: llmreg.Question, random: Random) -> str:
        """Make up tasks, a yes or no, or examples, as the prompt asks for."""
        if question.prompt.startswith("Is this task"):
            return random.choice(("Yes", "No"))
        if question.prompt.startswith("Task:"):
            return "\n".join(f"{at}. Input: {_words(random, 3)}\nOutput: {_words(random, 4)}" for at in (1, 2))
        tail = f"\nInput: {_words(random, 3)}\nOutput: {_words(random, 5)}" if self.at_once else ""
        return "\n".join(f"{at}. {_capital(_words(random, 6))}{tail}" for at in range(1, self.per_request + 1))

    def scaled(self) -> llmreg.Maker:
        """Return settings for a few tasks."""
        return self.model_copy(update={"tasks": min(self.tasks, 12), "most_requests": min(self._most, 20)})


_WORDS = (
    "name", "list", "explain", "sort", "compare", "describe", "river", "number", "animal", "city", "color", "song",
    "short", "long", "old", "new", "best",
)  # fmt: skip


def _words(random: Random, count: int) -> str:
    return " ".join(random.choice(_WORDS) for _ in range(count))


def _instruction(row: Row) -> str:
    text = row.get("instruction")
    return text if isinstance(text, str) else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _instance(text: str) -> dict[str, str] | None:
    """Read an input and its answer, in either order."""
    found = re.match(r"\s*(Input|Output):(.*?)(?:\n\s*(Input|Output):(.*))?$", text, re.DOTALL)
    if not found:
        return None
    parts = {found[1].lower(): found[2].strip(), **({found[3].lower(): found[4].strip()} if found[3] else {})}
    given = parts.get("input", "")
    return {"input": "" if _NONE.fullmatch(given) else given, "output": parts.get("output", "")}


def _wrong(row: Mapping[str, str], answers: set[str]) -> str:
    """Say why an instance cannot be right; nothing where it may be."""
    if not row["output"]:
        return "its output is empty"
    if row["input"] == row["output"]:
        return "its output is its input"
    if row["input"].endswith(":") or row["output"].endswith(":"):
        return "it ends in a colon, so something is missing"
    return "its input has several outputs" if len(answers) > 1 else ""


@llmreg.hookimpl
def register_makers() -> list[type[llmreg.Maker]]:
    """Offer Self-Instruct."""
    return [SelfInstruct]
