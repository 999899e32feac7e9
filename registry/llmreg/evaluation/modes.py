"""Put a model into the state in which it is judged, for a while."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


@contextmanager
def judging(model: nn.Module) -> Iterator[Any]:
    """Switch dropout and gradients off for a while; give the model's device."""
    import torch

    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield next(model.parameters()).device
    finally:
        model.train(training)


@contextmanager
def uncached(model: Any) -> Iterator[None]:
    """Switch the cache off for a while: with one, `transformers` takes packed samples for a single long one."""
    cache, model.config.use_cache = model.config.use_cache, False
    try:
        yield
    finally:
        model.config.use_cache = cache
