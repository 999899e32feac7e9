"""Turn rows into token ids and loss masks through a prompt template.

Context and answer are tokenized apart, so the span of an answer is exact by construction and the tokens in front of it
are the very tokens that generation starts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.training.layout import Layout
from llmreg.training.rows import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from transformers import PreTrainedTokenizerBase

    from llmreg.schema import RecipeData, Template, Training
    from llmreg.training.layout import Pieces
    from llmreg.training.rows import Rows

IGNORED = -100
"""The label of a token over which no loss is taken."""


@dataclass(frozen=True)
class Example:
    """Token ids and, for each, the label: the id itself, or -100 where no loss is taken.

    The first token of a sample is never a label, because nothing stands in front of it to predict it from.
    """

    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    starts: tuple[int, ...] = (0,)
    """Where samples begin; more than one if several are packed together."""


@dataclass(frozen=True)
class Prompt:
    """What a model is asked and what it should answer, without surrounding space."""

    input_ids: tuple[int, ...]
    answer: str
    end: str = ""
    """Text that ends an answer where the template uses no end token."""


CHUNK = 1000
"""Rows whose texts are in memory at a time."""


@dataclass(frozen=True)
class _Place:
    """The place of a row, looked up only when an error is written."""

    rows: Rows
    number: int

    def __str__(self) -> str:
        return place_of(self.rows, self.number)


def encode(
    rows: Rows,
    data: RecipeData,
    training: Training,
    template: Template | None,
    tokenizer: PreTrainedTokenizerBase,
) -> list[Example]:
    """Give one example for each row; raise `LlmregError` naming a row that is malformed or has no label left."""
    if data.loss_on is None:
        raise LlmregError("data.loss_on is not given; say whether the loss is taken over all tokens or the response")
    layout = Layout(template, data.format, tokenizer)
    placed = ((_Place(rows, number), row) for number, row in enumerate(rows))
    found: list[Example] = []
    while chunk := list(islice(placed, CHUNK)):
        samples = [(place, layout.sample(row, place)) for place, row in chunk]
        tokens = _tokenize([part.pieces for _, parts in samples for part in parts], tokenizer)
        found += [
            _example([(next(tokens), part.answer) for part in parts], data.loss_on == "all", training, place)
            for place, parts in samples
        ]
    return found


def prompts(
    rows: Rows, data: RecipeData, template: Template | None, tokenizer: PreTrainedTokenizerBase
) -> list[Prompt]:
    """Give what stands in front of each row's last answer, and that answer; rows of plain text have none."""
    if data.format == "text":
        raise LlmregError("rows of plain text ask nothing; score them by their held-out loss")
    layout = Layout(template, data.format, tokenizer)
    asked = [layout.question(row, _Place(rows, number)) for number, row in enumerate(rows)]
    tokens = _tokenize([part.pieces for context, _ in asked for part in context], tokenizer)
    joined = [(tuple(token for _ in context for token in next(tokens)), answer) for context, answer in asked]
    return [Prompt(ids, answer, layout.stop) for ids, answer in joined]


def _tokenize(parts: Sequence[Pieces], tokenizer: PreTrainedTokenizerBase) -> Iterator[list[int]]:
    """Give the ids of each part; text inside it that looks like a special token stays ordinary text."""
    texts = [piece for pieces in parts for piece in pieces if isinstance(piece, str)]
    options = {"add_special_tokens": False, "split_special_tokens": True, "verbose": False}
    encoded = iter(tokenizer(texts, **options)["input_ids"] if texts else ())
    for pieces in parts:
        yield [token for piece in pieces for token in (next(encoded) if isinstance(piece, str) else [piece])]


def _example(parts: list[tuple[list[int], bool]], learn_all: bool, training: Training, place: object) -> Example:
    """Join the parts and cut them: what stands before the first answer apart from the rest, then the whole."""
    before = next((index for index, (_, answer) in enumerate(parts) if answer), len(parts))
    source = _labelled(parts[:before], learn_all)[: training.source_max_length]
    target = _labelled(parts[before:], learn_all)[: training.target_max_length]
    pairs = (source + target)[: training.sequence_length]
    labels = (IGNORED, *(label for _, label in pairs[1:]))
    if all(label == IGNORED for label in labels):
        raise LlmregError(
            f"{place}: nothing is left to learn from its {sum(len(ids) for ids, _ in parts)} tokens; "
            "lengthen sequence_length or target_max_length, or take the row out"
        )
    return Example(tuple(token for token, _ in pairs), labels)


def _labelled(parts: list[tuple[list[int], bool]], learn_all: bool) -> list[tuple[int, int]]:
    return [(token, token if answer or learn_all else IGNORED) for ids, answer in parts for token in ids]
