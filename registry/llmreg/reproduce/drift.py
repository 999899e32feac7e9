"""How far a merged model is from the adapted one, on tokens drawn from a fixed seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.schema import Strict

if TYPE_CHECKING:
    from torch import Tensor

_PROBE, _SEED = (2, 64), 20230523
"""Shape and seed of the tokens on which models are compared."""


class Drift(Strict):
    """How far a model is from the adapted one, on tokens drawn from a fixed seed."""

    divergence: float
    """Kullback-Leibler divergence, mean over tokens, in nats."""
    difference: float
    """Root mean square of the logits' differences, as a share of the standard deviation of the adapted model's."""


def probe_tokens(model: Any) -> Tensor:
    """Return the tokens on which models are compared, no longer than the model reads."""
    import torch

    from llmreg.training.context import context_of

    generator = torch.Generator().manual_seed(_SEED)
    context = context_of(model.config)
    longest = min(_PROBE[1], context.tokens) if context else _PROBE[1]
    return torch.randint(model.config.vocab_size, (_PROBE[0], longest), generator=generator)


def logits(model: Any, tokens: Tensor) -> Tensor:
    """Return what a model says after each of the tokens."""
    from llmreg.reproduce.invariants import probe

    read = ("input_ids", "decoder_input_ids") if model.config.is_encoder_decoder else ("input_ids",)
    return probe(model.eval(), dict.fromkeys(read, tokens))


def drift_of(right: Tensor, found: Tensor) -> Drift:
    """Measure how far the logits `found` are from those of the adapted model."""
    from torch.nn.functional import kl_div, log_softmax

    vocabulary = right.shape[-1]
    ours, theirs = (log_softmax(each.double(), -1).view(-1, vocabulary) for each in (found, right))
    divergence = kl_div(ours, theirs, reduction="batchmean", log_target=True)
    difference = (found - right).square().mean().sqrt() / right.std()
    return Drift(divergence=max(0.0, float(divergence)), difference=float(difference))
