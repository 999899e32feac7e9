"""Turn rows into token ids and loss masks through a prompt template.

Where nobody published another way, context and answer are tokenized apart, so the span of an answer is exact by
construction and the tokens in front of it are the very tokens that generation starts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.training.formats.reader import Tally
from llmreg.training.layout import Layout
from llmreg.training.rows import place_of
from llmreg.training.settings import row_lengths
from llmreg.training.tokens import tokenized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PretrainedConfig, PreTrainedTokenizerBase

    from llmreg.schema import RecipeData, Template, Tokenize, Training
    from llmreg.training.layout import Part, Row
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

    @property
    def label_count(self) -> int:
        """Count the labels."""
        return len(self.labels) - self.labels.count(IGNORED)


@dataclass(frozen=True)
class Prompt:
    """What a model is asked and what it should answer, without surrounding space."""

    input_ids: tuple[int, ...]
    answer: str
    end: str = ""
    """Text that ends an answer where no token does, or that stands before the token."""
    ends: tuple[int, ...] = ()
    """Tokens that end an answer, beside those that the tokenizer and the model name."""
    opening: str = ""
    """Text that a model writes before the answer itself, because the template has it there."""
    room: int = 0
    """Tokens that the expected answer takes with what opens and ends it."""


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


def way_of(data: RecipeData, template: Template | None) -> Tokenize:
    """Tell how texts become ids: as the recipe says, else as the template's own script does, else apart."""
    return data.tokenize or (template and template.tokenize) or "apart"


def encode(
    rows: Rows,
    data: RecipeData,
    training: Training,
    template: Template | None,
    tokenizer: PreTrainedTokenizerBase,
    start: int | None = None,
    tally: Tally | None = None,
    *,
    last: bool = False,
) -> list[Example]:
    """Return one example for each row; raise `LlmregError` naming a row that is malformed or has no label left.

    With the `start` token of an encoder-decoder (see `decoder_start`), return one for each answer. What is cut, left
    out or read as text is counted in `tally`. With `last`, of several answers the last alone is learnt.
    """
    if data.loss_on is None:
        raise LlmregError("data.loss_on is not given; say whether the loss is taken over all tokens or the response")
    if start is not None:
        _check_paired(data)
    tally = Tally() if tally is None else tally
    layout = Layout(template, data.format, tokenizer, encoder=start is not None)
    way = way_of(data, template) if start is None else "apart"
    placed = ((_Place(rows, number), row) for number, row in enumerate(rows))
    found: list[Example] = []
    while chunk := list(islice(placed, CHUNK)):
        samples = [layout.sample(row, place) for place, row in chunk]
        _count_texts(layout, [row for _, row in chunk], samples, tally)
        for (place, _), parts, ids in zip(
            chunk, samples, tokenized(samples, way, layout.begin, tokenizer), strict=True
        ):
            learnt = _last_only(parts) if last else [part.answer for part in parts]
            encoded = list(zip(ids, learnt, strict=True))
            if start is None:
                found.append(_example(encoded, data.loss_on == "all", training, place, tally))
            else:
                found += _pairs(encoded, start, layout.end, data.format == "conversation", training, place, tally)
    return found


def _last_only(parts: Sequence[Part]) -> list[bool]:
    """Tell of each part whether it is the last answer."""
    latest = max((index for index, part in enumerate(parts) if part.answer), default=None)
    return [index == latest for index in range(len(parts))]


def prompts(
    rows: Rows,
    data: RecipeData,
    template: Template | None,
    tokenizer: PreTrainedTokenizerBase,
    start: int | None = None,
) -> list[Prompt]:
    """Return what stands in front of each row's last answer, and that answer; rows of plain text have none.

    With the `start` token of an encoder-decoder, it is what the encoder reads.
    """
    if data.format == "text":
        raise LlmregError("rows of plain text ask nothing; score them by their held-out loss")
    if data.format == "preference":
        raise LlmregError("rows of preferences have two answers; score which of them is likelier")
    layout = Layout(template, data.format, tokenizer, encoder=start is not None)
    way = way_of(data, template) if start is None else "apart"
    closing = () if start is None else layout.end
    asked = [layout.question(row, _Place(rows, number)) for number, row in enumerate(rows)]
    contexts = tokenized([context for context, _ in asked], way, layout.begin, tokenizer)
    learnt = tokenized([layout.answered(answer) for _, answer in asked], "apart", (), tokenizer)
    return [
        Prompt(
            (*(token for part in ids for token in part), *closing),
            answer,
            end=layout.stop,
            ends=layout.ends,
            opening=layout.opening,
            room=sum(map(len, parts)),
        )
        for (_, answer), ids, parts in zip(asked, contexts, learnt, strict=True)
    ]


def _count_texts(layout: Layout, rows: Sequence[Row], samples: Sequence[list[Part]], tally: Tally) -> None:
    """Count what of rows and template does not come through as it may have been meant."""
    for row, parts in zip(rows, samples, strict=True):
        if layout.leaves_out(row):
            tally["an input was left out, for which the template has no place"] += 1
        if name := layout.writes_special(parts):
            tally[f"a row's own text has {name!r}, a special token of the tokenizer, which was read as text"] += 1
        for name in layout.lacking:
            tally[f"the template's {name!r} is no special token of the tokenizer and was read as text"] += 1


def _example(
    parts: list[tuple[list[int], bool]], learn_all: bool, training: Training, place: object, tally: Tally
) -> Example:
    """Join the parts and cut them: what stands before the first answer apart from the rest, then the whole."""
    before = next((index for index, (_, answer) in enumerate(parts) if answer), len(parts))
    source = _cut(_labelled(parts[:before], learn_all), training, "source_max_length", tally)
    target = _cut(_labelled(parts[before:], learn_all), training, "target_max_length", tally)
    pairs = _cut(source + target, training, "sequence_length", tally)
    if len(pairs) - len(source) < _end_of_answers(parts[before:]):
        tally["a row lost the end of its last answer, which was cut off"] += 1
    labels = (IGNORED, *(label for _, label in pairs[1:]))
    if all(label == IGNORED for label in labels):
        raise LlmregError(
            f"{place}: nothing is left to learn from its {sum(len(ids) for ids, _ in parts)} tokens; "
            "lengthen sequence_length or target_max_length, or take the row out"
        )
    return Example(tuple(token for token, _ in pairs), labels)


_CUT = {"source_max_length": "a prompt", "target_max_length": "an answer", "sequence_length": "a row"}


def _cut(pairs: list[tuple[int, int]], training: Training, setting: str, tally: Tally) -> list[tuple[int, int]]:
    """Keep as many tokens as a setting of the recipe allows, and count what is longer."""
    most = getattr(training, setting)
    if most is None or len(pairs) <= most:
        return pairs
    tally[f"{_CUT[setting]} was cut to training.{setting}={most}"] += 1
    return pairs[:most]


def _end_of_answers(parts: Sequence[tuple[list[int], bool]]) -> int:
    """Count the tokens up to the end of the last answer."""
    done = end = 0
    for ids, answer in parts:
        done += len(ids)
        end = done if answer else end
    return end


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
    tally: Tally,
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
            target = (start, *_closed(body, longest_target, end, "an answer", tally))
            source = _closed(before, longest_source, end, "a question", tally, latest=latest)
            found.append(Example(target, (IGNORED, *target[1:]), source=source))
        before += ids
    if not found or any(len(example.labels) == 1 for example in found):
        raise LlmregError(f"{place}: has no answer, or an empty one, so nothing to learn; take the row out")
    return found


def _closed(
    ids: list[int], longest: int | None, end: tuple[int, ...], what: str, tally: Tally, *, latest: bool = False
) -> tuple[int, ...]:
    """Cut ids so that they and the end token are no longer than `longest`."""
    room = len(ids) if longest is None else max(0, longest - len(end))
    if room < len(ids):
        tally[f"{what} was cut to {longest} tokens"] += 1
    return (*(ids[max(0, len(ids) - room) :] if latest else ids[:room]), *end)
