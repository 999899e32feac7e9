"""What must hold for every run at any scale, checked on the model itself before and after training."""

from __future__ import annotations

import hashlib
import math
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from llmreg.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor, nn

    from llmreg.method import Method

ERRORS = 3.0
"""By how many standard errors the held-out loss must fall."""


class Check(Strict):
    """One invariant, whether it held, and the figures that show it."""

    name: str
    passed: bool
    detail: str


def declared_parameters_train(method: Method, model: nn.Module) -> Check:
    """Compare what requires gradients with what the method declares."""
    training = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    declared = {name for name, _ in model.named_parameters() if method.trains(name)}
    extra, missing = sorted(training - declared), sorted(declared - training)
    if not extra and not missing:
        count = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
        return Check(
            name="declared parameters train",
            passed=bool(declared),
            detail=f"{len(declared)} tensors, {count:,} parameters",
        )
    words = [
        *(f"{name} trains undeclared" for name in extra[:3]),
        *(f"{name} is declared and does not train" for name in missing[:3]),
    ]
    return Check(name="declared parameters train", passed=False, detail="; ".join(words))


def count_as_planned(planned: int, model: nn.Module) -> Check:
    """Compare the number of parameters that train with the plan's count on the meta device."""
    actual = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    return Check(
        name="parameter count as planned", passed=actual == planned, detail=f"{actual:,} train, {planned:,} planned"
    )


def step_zero_equals_base(before: Tensor, after: Tensor) -> Check:
    """Compare the logits of the base with those of the adapted model before the first step, bit for bit."""
    import torch

    same = torch.equal(before, after)
    detail = "logits equal bit for bit" if same else f"logits differ by up to {(before - after).abs().max().item():.3g}"
    return Check(name="step 0 equals the base", passed=same, detail=detail)


def digests(model: nn.Module) -> dict[str, str]:
    """Give a SHA-256 of the bytes of each parameter."""
    return {name: _digest(parameter) for name, parameter in model.named_parameters()}


def only_declared_moved(method: Method, before: Mapping[str, str], after: Mapping[str, str]) -> list[Check]:
    """Check that every frozen parameter is bit-identical after training and every declared one has moved."""
    moved = {name for name in before if before[name] != after.get(name)}
    strayed = sorted(name for name in moved if not method.trains(name))
    still = sorted(name for name in before if method.trains(name) and name not in moved)
    frozen = sum(not method.trains(name) for name in before)
    return [
        Check(
            name="frozen parameters stay bit-identical",
            passed=not strayed,
            detail=f"{', '.join(strayed[:3])} changed" if strayed else f"{frozen} tensors compared",
        ),
        Check(
            name="declared parameters moved",
            passed=not still,
            detail=f"{', '.join(still[:3])} did not move" if still else f"{len(moved)} tensors moved",
        ),
    ]


def held_out_loss_falls(before: Sequence[float], after: Sequence[float], samples: str) -> Check:
    """Check that the paired loss on held-out `samples`, such as 48 rows, falls by at least `ERRORS` standard errors."""
    differences = [old - new for old, new in zip(before, after, strict=True)]
    finite = all(map(math.isfinite, differences))
    fall = fmean(differences) if finite else math.nan
    error = stdev(differences) / math.sqrt(len(differences)) if finite and len(differences) > 1 else math.nan
    passed = finite and fall > 0 and fall >= ERRORS * error
    shown = f"{fmean(before):.3f} to {fmean(after):.3f} nats, a fall of {fall:.3f} with standard error {error:.3f}"
    return Check(name="held-out loss falls", passed=passed, detail=f"{shown}, {samples}")


def artifact_loads_back(trained: Tensor, restored: Tensor) -> Check:
    """Compare the logits of the trained model with those of its artifact on a freshly loaded base."""
    import torch

    same = torch.equal(trained, restored)
    detail = (
        "logits equal bit for bit" if same else f"logits differ by up to {(trained - restored).abs().max().item():.3g}"
    )
    return Check(name="artifact loads back", passed=same, detail=detail)


def probe(model: nn.Module, batch: Mapping[str, Any]) -> Tensor:
    """Give the model's logits on a batch, without dropout and gradients, in float32 on the CPU."""
    import torch

    training = model.training
    model.eval()
    device = next(model.parameters()).device
    try:
        with torch.no_grad():
            inputs = {name: value.to(device) for name, value in batch.items() if name != "labels"}
            logits: Tensor = model(**inputs).logits.float().cpu()
    finally:
        model.train(training)
    return logits


def _digest(parameter: nn.Parameter) -> str:
    import torch

    data = parameter.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
    return hashlib.sha256(data.numpy().data).hexdigest()
