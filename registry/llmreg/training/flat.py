"""Lay samples end to end in one row without padding, each seeing only itself.

A row's samples are those that a padded batch would hold, so that an optimizer step takes the same samples and comes to
the same gradients. Attention goes sample by sample; all else in a decoder works on each token alone.
"""

from __future__ import annotations

import copy
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.training.batch import collate
from llmreg.training.encode import IGNORED, Example
from llmreg.training.head import logits_of, text_config
from llmreg.training.matmul import MULTIPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from torch import Tensor

_SUFFIX = "_by_sample"
_TRIED = (range(5), range(7, 12), range(3, 10))
"""Tokens of two samples that begin a row and of one that follows."""


def join(examples: Sequence[Example]) -> Example:
    """Lay examples, packed or not, end to end."""
    ids: list[int] = []
    labels: list[int] = []
    starts: list[int] = []
    for example in examples:
        starts += [len(ids) + start for start in example.starts]
        ids += example.input_ids
        labels += example.labels
    for start in starts:
        labels[start] = IGNORED  # nothing of the sample stands in front of it
    return Example(tuple(ids), tuple(labels), tuple(starts))


def fill_up(examples: Sequence[Example]) -> list[Example]:
    """Add a sample of padding, without labels, that makes the tokens a multiple of `MULTIPLE`."""
    missing = -sum(len(example.input_ids) for example in examples) % MULTIPLE
    return [*examples, *([Example((0,) * missing, (IGNORED,) * missing)] if missing else [])]


def lay_flat(examples: Sequence[Example]) -> dict[str, Tensor]:
    """Give one row of tokens, labels and positions, each (1, tokens), and `bounds`, the tokens of each sample."""
    import torch

    row = join(examples)
    sizes = [end - begin for begin, end in pairwise((*row.starts, len(row.input_ids)))]
    places = torch.cat([torch.arange(size) for size in sizes])
    tensors = {"input_ids": torch.tensor(row.input_ids), "labels": torch.tensor(row.labels), "position_ids": places}
    return {**{name: value[None] for name, value in tensors.items()}, "bounds": torch.tensor(sizes)}


class Row:
    """What the attention must know of the row at hand: how many tokens each of its samples has."""

    sizes: list[int]


@contextmanager
def samples_apart(model: Any, longest: int) -> Iterator[Row | None]:
    """Have attention keep the samples of a row apart; give the row to fill in, or None where the model cannot.

    A model can if its attention is one that `transformers` lets others replace, takes positions, looks back over the
    `longest` sample, and, tried on two short samples, gives for each the logits that it gives alone. An encoder-decoder
    cannot: its samples are two rows each.

    Only the language part attends so. Other models, and other parts of this one, keep their attention, even where they
    share its configuration; a use within another of the same model takes its place until it ends.
    """
    row = Row()
    if not (_replaceable(model, longest) and _keeps_apart(model, row)):
        yield None
        return
    with _apart(model, row):
        yield row


def refuse_leaking(model: Any) -> None:
    """Raise `LlmregError` where a model that is given rows as `collate` makes them does not keep their samples apart.

    Some architectures take no notice of where positions begin anew.
    """
    first, _, second = _tried(model)
    inputs = collate([join([first, second])], 0)
    del inputs["labels"]
    if _reaches_back(model, inputs, len(first.input_ids)):
        raise LlmregError(
            f"training.packing: samples packed in one row would see each other in {model.config.model_type}, whose "
            "attention does not go by their positions; leave them unpacked with --set training.packing=false"
        )


def _reaches_back(model: Any, inputs: dict[str, Tensor], start: int) -> bool:
    """Tell whether logits from token `start` on take anything from a token before it: then they have a slope there.

    Logits themselves are no measure: experts and layers in 8 bits round by what else is in a row.
    """
    import torch

    embedded: list[Tensor] = []

    def hold(_: Any, __: Any, found: Tensor) -> Tensor:
        embedded.append(found.detach().requires_grad_())
        return embedded[0]

    hook = model.get_input_embeddings().register_forward_hook(hold)
    try:
        later = logits_of(model, inputs, gradients=True)[:, start:]
    finally:
        hook.remove()
    (slope,) = torch.autograd.grad(later.float().square().sum(), embedded[0])
    return bool(slope[:, :start].any())


@contextmanager
def _apart(model: Any, row: Row) -> Iterator[None]:
    """Put an attention that goes sample by sample over the model's own; transformers makes no mask for it."""
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    own = _own_attention(model)
    name = own + _SUFFIX
    while name in ALL_ATTENTION_FUNCTIONS:  # of another row, in use meanwhile
        name += "_"
    ALL_ATTENTION_FUNCTIONS[name] = partial(_attend, ALL_ATTENTION_FUNCTIONS[own], row)
    try:
        with _attending(model, name):
            yield
    finally:
        del ALL_ATTENTION_FUNCTIONS[name]


@contextmanager
def _attending(model: Any, name: str) -> Iterator[None]:
    """Give the language part a configuration of its own meanwhile, which names this attention.

    Not a word in the old one: models that were built from one configuration share it.
    """
    language = _language_part(model)
    before = language.config
    there = set(language.modules())
    around = (part for part in model.modules() if part in there or language in part.modules())
    parts = [part for part in around if vars(part).get("config") is before]
    own = copy.copy(before)
    own._attn_implementation = name
    try:
        for part in parts:
            part.config = own
        yield
    finally:
        for part in parts:
            part.config = before


def _language_part(model: Any) -> Any:
    """Give the decoder, without what is attached to it or stands around it, such as a part that sees pictures."""
    return _plain(model).get_decoder()


def _plain(model: Any) -> Any:
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _own_attention(model: Any) -> str:
    """Give the name of the attention that the model has when nothing keeps samples apart."""
    return str(_language_part(model).config._attn_implementation).partition(_SUFFIX)[0]


def _replaceable(model: Any, longest: int) -> bool:
    import inspect

    if model.config.is_encoder_decoder:
        return False
    language = _language_part(model)
    limits = (getattr(language.config, name, None) for name in ("sliding_window", "attention_chunk_size"))
    return (
        _own_attention(model).startswith("sdpa")
        and language._can_set_attn_implementation()
        and "position_ids" in inspect.signature(_plain(model).forward).parameters
        and all(limit is None or limit >= longest for limit in limits)
    )


def _attend(
    own: Callable[..., Any], row: Row, layer: Any, query: Tensor, key: Tensor, value: Tensor, *_: Any, **options: Any
) -> tuple[Tensor, None]:
    """Attend within each sample; query, key and value (1, heads, tokens, c), output (1, tokens, heads, c)."""
    import torch

    # On a CPU, attention in 16 bits takes twice the time of that in 32.
    dtype = torch.float32 if query.device.type == "cpu" else query.dtype
    parts = zip(*(torch.split(each.to(dtype), row.sizes, dim=2) for each in (query, key, value)), strict=True)
    return torch.cat([own(layer, *part, None, **options)[0] for part in parts], dim=1).to(query.dtype), None


def _keeps_apart(model: Any, row: Row) -> bool:
    def tried(attention: Callable[[], AbstractContextManager[None]], samples: list[Example]) -> Tensor:
        laid = lay_flat(samples)
        row.sizes = laid.pop("bounds").tolist()
        with attention():
            return _logits(model, laid)

    alone = partial(tried, partial(_attending, model, _own_attention(model)))
    return _tells_apart(model, alone, partial(tried, partial(_apart, model, row)))


def _tells_apart(
    model: Any, alone: Callable[[list[Example]], Tensor], together: Callable[[list[Example]], Tensor]
) -> bool:
    """Try two samples in a row: each gets the logits it gets alone, and the second none of the first."""
    import torch

    first, other, second = _tried(model)
    own = torch.cat([alone([first]), alone([second])])
    beside, beside_another = together([first, second]), together([other, second])
    apart = torch.equal(beside[len(first.input_ids) :], beside_another[len(first.input_ids) :])
    allowed = float(own.abs().max()) * torch.finfo(own.dtype).eps ** 0.5
    return apart and float((beside - own).abs().max()) <= allowed


def _tried(model: Any) -> list[Example]:
    known = text_config(model).vocab_size
    tokens = (tuple(number % known for number in numbers) for numbers in _TRIED)
    return [Example(ids, ids) for ids in tokens]


def _logits(model: Any, laid: dict[str, Tensor]) -> Tensor:
    """Give the logits of one row, (tokens, vocabulary)."""
    del laid["labels"]
    return logits_of(model, laid)[0]
