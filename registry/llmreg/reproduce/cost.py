"""How long a training takes and what it costs: operations counted from shapes, over what a GPU does of its peak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.reproduce.memory import depths
from llmreg.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmreg.reproduce.memory import Laid
    from llmreg.schema import Hardware, Training
    from llmreg.schema.gpus import Gpu

UTILIZATION = (0.12, 0.44)
"""Shares of a GPU's peak that published trainings reached: what Alpaca's three hours come to with every sample at its
longest, and the median of the pre-training runs that state GPU-hours and tokens (docs/planning.md works both out)."""


class Estimate(Strict):
    """What a run takes on one kind of GPU."""

    gpu: str
    hours: tuple[float, float]
    """GPU-hours, at the better and at the worse utilization."""
    usd: tuple[float, float] | None
    """None where no dated offer is known."""
    fits: bool
    """Whether the predicted peak is within one GPU's memory."""


def operations(laid: Laid, training: Training, length: int, source: int = 0) -> float:
    """Count floating point operations for a token: forward, gradients of inputs, gradients of what trains.

    A product of a weight takes two operations; attention between tokens is counted over the whole length. With gradient
    checkpointing the forward pass is made twice. For an encoder-decoder it is the mean over the `source` tokens that
    the encoder reads and the `length` that the decoder does, and all weights of the decoder are counted for the latter.
    """
    model: Any = laid.model
    config = model.config
    table = model.get_input_embeddings().weight
    tied = table is model.get_output_embeddings().weight
    looked_up = 0 if tied else table.numel()
    weights = laid.counts.base + laid.counts.added - looked_up
    trained = laid.counts.trained - (looked_up if table.requires_grad else 0)
    share = source / (source + length) if source else 0.0
    inside = [value for value in model.get_encoder().parameters() if value is not table] if source else []
    encoder = sum(value.numel() for value in inside)
    encoder_trained = sum(value.numel() for value in inside if value.requires_grad)
    blocks, others = depths(config)
    seen = share * blocks * source + (1 - share) * others * (source + length)
    forward = 2 * _mean(encoder, weights - encoder, share) + 4 * config.hidden_size * seen
    passes = 3 if training.gradient_checkpointing else 2
    return float(passes * forward + 2 * _mean(encoder_trained, trained - encoder_trained, share))


def _mean(encoder: float, decoder: float, share: float) -> float:
    return share * encoder + (1 - share) * decoder


def estimates(total: float, peak: float, gpus: Mapping[str, Gpu]) -> tuple[Estimate, ...]:
    """Give hours and cost of `total` operations on every GPU; `peak` in bytes says where they fit."""
    found = []
    for gpu_id, gpu in gpus.items():
        worse, better = (total / (gpu.tflops * 1e12 * share) / 3600 for share in UTILIZATION)
        price = gpu.usd_per_hour
        found.append(
            Estimate(
                gpu=gpu_id,
                hours=(better, worse),
                usd=(better * price, worse * price) if price else None,
                fits=peak <= gpu.memory * 2**30,
            )
        )
    return tuple(found)


def utilization(total: float, hardware: Hardware, gpu: Gpu) -> float | None:
    """Give the share of the GPU's peak that a published run reached; None without its hours.

    Where `total` counts every sample at its longest, or the hours are an upper bound, so is the figure an upper or a
    lower one.
    """
    if not hardware.hours:
        return None
    return total / (hardware.hours * 3600 * (hardware.gpus or 1) * gpu.tflops * 1e12)
