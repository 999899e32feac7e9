"""The base class of makers: how rows of a dataset are made, from other rows or by asking a model."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import ConfigDict

from llmreg.errors import LlmregError
from llmreg.schema.base import Strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from random import Random

    from llmreg.training.formats.reader import Reader

    Row = dict[str, Any]


class Rows(Protocol):
    """Rows that can be gone through more than once, in the same order each time."""

    def __iter__(self) -> Iterator[Row]:
        """Return the rows in order."""
        ...

    def __len__(self) -> int:
        """Count them."""
        ...


@dataclass(frozen=True)
class Input:
    """What a maker reads: the published rows of a dataset, or the rows that the step before gave."""

    name: str
    """The dataset's id; of the step before, its maker's name."""
    rows: Rows
    readers: tuple[str, ...] = ()
    """The readers of a dataset's published rows, as its entry lists them."""


@dataclass(frozen=True)
class Question:
    """What a generator is asked. The settings belong to the question: other settings make another reply."""

    prompt: str
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 1024
    presence_penalty: float = 0.0
    stop: tuple[str, ...] = ()
    number: int = 0
    """Tells a question from others with the same words, of which each gets a reply of its own."""


@dataclass
class Work:
    """What a maker is given: rows, chance, readers, a generator, and a place to count what it leaves out."""

    inputs: Sequence[Input]
    random: Random
    """The only chance that a maker may use; it hangs on the recipe's seed and the number of the step."""
    reader: Callable[[str], Reader]
    """Returns the reader with a name; raises `LlmregError` where no plugin offers it."""
    generator: Callable[[Sequence[Question]], Sequence[str]] | None = None
    dropped: Counter[str] = field(default_factory=Counter)
    """Rows that were read and not used, by the reason."""
    notes: Counter[str] = field(default_factory=Counter)
    """What was mended or drawn again, and how often."""

    def drop(self, reason: str, rows: int = 1) -> None:
        """Count rows that are left out under the reason for it."""
        self.dropped[reason] += rows

    def rows(self) -> Iterator[Row]:
        """Return the rows of all inputs, one input after the other."""
        for one in self.inputs:
            yield from one.rows

    def ask(self, questions: Sequence[Question]) -> Sequence[str]:
        """Return the generator's reply to each question; raise `LlmregError` where there is no generator."""
        if self.generator is None:
            raise LlmregError("this maker asks a model, and none was named; name one with --generator")
        return self.generator(questions)


class Maker(Strict):
    """A way to make rows. The fields of a subclass are the settings of a recipe's step.

    A maker reads its inputs and its replies, and draws only from `Work.random`: so equal inputs, settings, seeds and
    replies give equal rows on every machine, and a run that was interrupted comes to the same when it is started again.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, defer_build=False)

    name: ClassVar[str]
    """The name that recipes use."""
    paper: ClassVar[str | None] = None
    """Where the way of making is described."""
    asks: ClassVar[bool] = False
    """Whether it asks a generator."""
    one_to_one: ClassVar[bool] = False
    """Whether each row that it reads becomes one row or is counted as dropped; a run checks that."""

    @abstractmethod
    def make(self, work: Work) -> Iterable[Row]:
        """Return the rows that it makes, in order."""

    def estimate(self, rows: int) -> Estimate:
        """Say what making from so many rows takes at most, before anything is asked."""
        return Estimate(rows=rows)

    def invent(self, question: Question, random: Random) -> str:  # noqa: ARG002 - for makers that ask
        """Return a reply as a generator might give it, for rehearsals; a maker that asks must say one."""
        raise LlmregError(f"the maker {self.name!r} makes up no replies, so it cannot be rehearsed")

    def scaled(self) -> Maker:
        """Return the settings of a rehearsal, which has few rows; by default these."""
        return self


@dataclass(frozen=True)
class Estimate:
    """What a step is expected to take."""

    rows: int | None
    """Rows that it gives at most; None where that cannot be said."""
    calls: int = 0
    tokens_in: int = 0
    """Tokens of all prompts, at four characters a token."""
    tokens_out: int = 0
    """Tokens of all replies, at most."""


def texts_of(value: Any) -> Iterator[str]:
    """Return every text inside a row, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_of(item)


def field_of(row: Row, path: str) -> Any:
    """Return the field of a row that a path names, such as `output` or `messages.0.content`; None where it is not."""
    value: Any = row
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.lstrip("-").isdigit() and -len(value) <= int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
