"""How likely a model finds texts: the loss of every label token, in batches of like length."""

from __future__ import annotations

from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING, Any

from llmreg.evaluation.modes import judging, uncached
from llmreg.training.batch import collate
from llmreg.training.encode import IGNORED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import nn

    from llmreg.training.encode import Example

BATCH = 8
_TOKENS = 8192
"""Tokens, padding included, that go through the model at a time, unless one example alone has more."""


def held_out_losses(
    model: nn.Module, examples: Sequence[Example], pad_token_id: int, batch_size: int = BATCH
) -> list[float]:
    """Give for each example the mean loss over its label tokens, in nats."""
    return [fmean(losses) for losses in token_losses(model, examples, pad_token_id, batch_size)]


def token_losses(
    model: nn.Module, examples: Sequence[Example], pad_token_id: int, batch_size: int = BATCH
) -> list[list[float]]:
    """Give for each example the loss of each of its label tokens in order, in nats, taken in float32."""
    losses: list[list[float]] = [[] for _ in examples]
    with judging(model) as device, uncached(model):
        for chosen in _batches([example.size for example in examples], batch_size):
            found = _losses(model, [examples[index] for index in chosen], pad_token_id, device)
            for index, each in zip(chosen, found, strict=True):
                losses[index] = each
    return losses


def _losses(model: nn.Module, examples: list[Example], pad_token_id: int, device: Any) -> list[list[float]]:
    from torch.nn.functional import cross_entropy

    batch = {name: values.to(device) for name, values in collate(examples, pad_token_id).items()}
    labels = batch.pop("labels")[:, 1:]
    # The last token predicts nothing here; left out, a text may be as long as the model's context and one more.
    over_labels = ("decoder_input_ids",) if "decoder_input_ids" in batch else tuple(batch)
    logits = model(**batch | {name: batch[name][:, :-1] for name in over_labels}).logits
    predicted = labels != IGNORED
    each = cross_entropy(logits[predicted].float(), labels[predicted], reduction="none")
    values = iter(each.tolist())
    return [list(islice(values, count)) for count in predicted.sum(1).tolist()]


def _batches(sizes: Sequence[int], most: int) -> Iterator[list[int]]:
    """Give the places of all sizes, the longest first, in groups of at most `most` that hold little padding."""
    order = sorted(range(len(sizes)), key=lambda index: -sizes[index])
    while order:
        count = max(1, min(most, _TOKENS // max(1, sizes[order[0]])))
        yield order[:count]
        order = order[count:]
