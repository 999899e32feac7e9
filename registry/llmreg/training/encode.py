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
from llmreg.training.settings import row_lengths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from transformers import PretrainedConfig, PreTrainedTokenizerBase

    from llmreg.schema import RecipeData, Template, Training
    from llmreg.training.layout import Pieces
    from llmreg.training.rows import Rows

IGNORED = -100
"""The label of a token over which no loss is taken."""


@dataclass(frozen=True)
class Example:
    """Token ids and, for each, the label: the id itself, or -100 where no loss is taken.

    The first token of a sample is never a label, because nothing stands in front of it to predict it from. With a
    `source` all of this is what the decoder of an encoder-decoder reads, its start token first.
    """

    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    starts: tuple[int, ...] = (0,)
    """Where samples begin; more than one if several are packed together."""
    source: tuple[int, ...] | None = None
    """What the encoder reads; None for a model that is a decoder alone."""

    @property
    def size(self) -> int:
        """Count the tokens that the model reads, those of the encoder among them."""
        return len(self.input_ids) + len(self.source or ())


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


def decoder_start(config: PretrainedConfig) -> int | None:
    """Give the token with which the decoder of an encoder-decoder begins; None for a model that is a decoder alone."""
    if not config.is_encoder_decoder:
        return None
    start: int | None = getattr(config, "decoder_start_token_id", None)
    if start is None:
        raise LlmregError(
            f"the configuration of this {config.model_type} model does not say with which token its decoder begins; "
            "add decoder_start_token_id to its config.json"
        )
    return start


def encode(
    rows: Rows,
    data: RecipeData,
    training: Training,
    template: Template | None,
    tokenizer: PreTrainedTokenizerBase,
    start: int | None = None,
) -> list[Example]:
    """Give one example for each row; raise `LlmregError` naming a row that is malformed or has no label left.

    With the `start` token of an encoder-decoder (see `decoder_start`), give one for each answer.
    """
    if data.loss_on is None:
        raise LlmregError("data.loss_on is not given; say whether the loss is taken over all tokens or the response")
    if start is not None:
        _check_paired(data)
    layout = Layout(template, data.format, tokenizer, encoder=start is not None)
    placed = ((_Place(rows, number), row) for number, row in enumerate(rows))
    found: list[Example] = []
    while chunk := list(islice(placed, CHUNK)):
        samples = [(place, layout.sample(row, place)) for place, row in chunk]
        tokens = _tokenize([part.pieces for _, parts in samples for part in parts], tokenizer)
        for place, parts in samples:
            encoded = [(next(tokens), part.answer) for part in parts]
            if start is None:
                found.append(_example(encoded, data.loss_on == "all", training, place))
            else:
                found += _pairs(encoded, start, layout.end, data.format == "conversation", training, place)
    return found


def prompts(
    rows: Rows,
    data: RecipeData,
    template: Template | None,
    tokenizer: PreTrainedTokenizerBase,
    start: int | None = None,
) -> list[Prompt]:
    """Give what stands in front of each row's last answer, and that answer; rows of plain text have none.

    With the `start` token of an encoder-decoder, it is what the encoder reads.
    """
    if data.format == "text":
        raise LlmregError("rows of plain text ask nothing; score them by their held-out loss")
    layout = Layout(template, data.format, tokenizer, encoder=start is not None)
    closing = () if start is None else layout.end
    asked = [layout.question(row, _Place(rows, number)) for number, row in enumerate(rows)]
    tokens = _tokenize([part.pieces for context, _ in asked for part in context], tokenizer)
    joined = [(tuple(token for _ in context for token in next(tokens)), answer) for context, answer in asked]
    return [Prompt((*ids, *closing), answer, layout.stop) for ids, answer in joined]


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


def _check_paired(data: RecipeData) -> None:
    """Refuse what an encoder-decoder cannot be given: rows without a question, a loss over what the encoder reads."""
    if data.format == "text":
        raise LlmregError(
            "data.format text: rows of plain text have no question for the encoder to read; an encoder-decoder takes "
            "rows of the format instruction or conversation"
        )
    if data.loss_on == "all":
        raise LlmregError(
            "data.loss_on all: the decoder of an encoder-decoder writes the answer alone, and nothing predicts the "
            "question; set data.loss_on=response"
        )


def _pairs(
    parts: list[tuple[list[int], bool]],
    start: int,
    end: tuple[int, ...],
    latest: bool,
    training: Training,
    place: object,
) -> list[Example]:
    """Give an example for each answer: the encoder reads all that stands before it, the decoder writes it.

    Both rows close with the end token, cut or not. Of a question that is too long the beginning is kept, or with
    `latest` what stands nearest to the answer.
    """
    longest_source, longest_target = row_lengths(training)
    found: list[Example] = []
    before: list[int] = []
    for ids, answer in parts:
        if answer:
            body = ids[: len(ids) - len(end)]
            target = (start, *_closed(body, longest_target, end))
            source = _closed(before, longest_source, end, latest=latest)
            found.append(Example(target, (IGNORED, *target[1:]), source=source))
        before += ids
    if not found or any(len(example.labels) == 1 for example in found):
        raise LlmregError(f"{place}: has no answer, or an empty one, so nothing to learn; take the row out")
    return found


def _closed(ids: list[int], longest: int | None, end: tuple[int, ...], *, latest: bool = False) -> tuple[int, ...]:
    """Cut ids so that they and the end token are no longer than `longest`."""
    room = len(ids) if longest is None else max(0, longest - len(end))
    return (*(ids[max(0, len(ids) - room) :] if latest else ids[:room]), *end)
