"""Turn laid-out samples into token ids: the one way for training, generation and scoring.

Text inside a sample that looks like a special token stays text; only pieces that are ids already are special.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from transformers import PreTrainedTokenizerBase

    from llmreg.schema import Tokenize
    from llmreg.training.layout import Part

    Ids = list[int]


@dataclass
class _Stretch:
    """Text between special tokens, with the number of the part that each piece of it belongs to."""

    follows: bool
    """Whether a special token stands in front of it in the same text."""
    pieces: list[tuple[int, str]] = field(default_factory=list)

    @property
    def heads(self) -> list[str]:
        """List the text up to the end of each piece; the last one is the whole."""
        found, text = [], ""
        for _, piece in self.pieces:
            text += piece
            found.append(text)
        return found


class Reader:
    """A tokenizer that reads a text as it stands at the start, or after a special token.

    SentencePiece tokenizers put a space in front of a text; some do so at the start only (`legacy: false`).
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Prepare to read with the tokenizer."""
        self._tokenizer = tokenizer
        self._inner = _without_first_space(tokenizer)

    def start(self, texts: Sequence[str]) -> list[Ids]:
        """Return the ids of texts that begin a text."""
        options = {"add_special_tokens": False, "split_special_tokens": True, "verbose": False}
        return [list(ids) for ids in self._tokenizer(list(texts), **options)["input_ids"]] if texts else []

    def after_special(self, texts: Sequence[str]) -> list[Ids]:
        """Return the ids of texts that follow a special token."""
        if self._inner is None:
            return self.start(texts)
        return [found.ids for found in self._inner.encode_batch(list(texts), add_special_tokens=False)]


def tokenized(
    samples: Sequence[Sequence[Part]], way: Tokenize, begin: tuple[int, ...], tokenizer: PreTrainedTokenizerBase
) -> list[list[Ids]]:
    """Return the ids of each part of each sample.

    `joined`: a sample is one text, and a part begins where the tokens of all that stands before it would end if it
    were read alone, which is how the published scripts count. `apart`: each part is a text of its own. The tokens of
    `begin` stand outside the text, unless it is `apart-begin-written`.
    """
    outside = 0 if way == "apart-begin-written" else len(begin)
    plans = [_plan(parts, way == "joined", outside) for parts in samples]
    stretches = [step for plan in plans for step in plan if isinstance(step, _Stretch)]
    reader = Reader(tokenizer)
    read: dict[tuple[bool, str], Ids] = {}
    for follows in (False, True):
        texts = list({head: None for each in stretches if each.follows is follows for head in each.heads})
        found = reader.after_special(texts) if follows else reader.start(texts)
        read |= {(follows, text): ids for text, ids in zip(texts, found, strict=True)}
    return [_filled(plan, len(parts), read) for plan, parts in zip(plans, samples, strict=True)]


def _plan(parts: Sequence[Part], joined: bool, outside: int) -> list[_Stretch | tuple[int, int]]:
    """List what a sample is made of, in order: stretches of text, and ids with the number of their part."""
    steps: list[_Stretch | tuple[int, int]] = []
    open_, special = None, 0
    for number, part in enumerate(parts):
        if not joined:
            open_, special = None, 0 if number == 0 else outside
        for piece in part.pieces:
            if isinstance(piece, int):
                steps.append((number, piece))
                open_, special = None, special + 1
                continue
            if open_ is None:
                open_ = _Stretch(follows=special > outside)
                steps.append(open_)
            open_.pieces.append((number, piece))
    return steps


def _filled(plan: Sequence[_Stretch | tuple[int, int]], count: int, read: dict[tuple[bool, str], Ids]) -> list[Ids]:
    parts: list[Ids] = [[] for _ in range(count)]
    for step in plan:
        for number, ids in _shares(step, read) if isinstance(step, _Stretch) else [(step[0], [step[1]])]:
            parts[number] += ids
    return parts


def _shares(stretch: _Stretch, read: dict[tuple[bool, str], Ids]) -> Iterator[tuple[int, Ids]]:
    """Share the tokens of the whole stretch out: each piece ends where the text up to it would end alone."""
    heads = stretch.heads
    whole, done = read[stretch.follows, heads[-1]], 0
    for (number, _), head in zip(stretch.pieces, heads, strict=True):
        end = len(whole) if head == heads[-1] else max(done, min(len(read[stretch.follows, head]), len(whole)))
        yield number, whole[done:end]
        done = end


def _without_first_space(tokenizer: PreTrainedTokenizerBase) -> Any:
    """Return a copy that puts no space in front of a text, where the tokenizer does so at the start only."""
    backend: Any = getattr(tokenizer, "backend_tokenizer", None)
    space: Any = getattr(backend, "pre_tokenizer", None)
    if getattr(space, "prepend_scheme", None) != "first":
        return None
    from tokenizers import Tokenizer, pre_tokenizers

    inner = Tokenizer.from_str(backend.to_str())
    inner.pre_tokenizer = pre_tokenizers.Metaspace(
        replacement=space.replacement, prepend_scheme="never", split=space.split
    )
    inner.encode_special_tokens = True
    inner.no_padding()
    inner.no_truncation()
    return inner
