"""What must hold for every run at any scale, checked on the model itself before and after training."""

from __future__ import annotations

import hashlib
import math
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from llmreg.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from torch import Tensor, nn

    from llmreg.method import Method

ERRORS = 3.0
"""By how many standard errors the held-out loss must fall to count as fallen, or rise to count as risen."""


class Check(Strict):
    """One invariant, how it came out, and the figures that show it."""

    name: str
    passed: bool
    """Whether it held."""
    undecided: bool = False
    """Whether the run cannot tell: then it neither held nor failed."""
    detail: str

    @model_validator(mode="after")
    def _one_outcome(self) -> Check:
        if self.passed and self.undecided:
            raise ValueError("a check that held is not undecided")
        return self

    @property
    def failed(self) -> bool:
        """Tell whether the run shows that it does not hold."""
        return not (self.passed or self.undecided)

    @property
    def outcome(self) -> str:
        """Say in a word how it came out."""
        if self.undecided:
            return "inconclusive"
        return "held" if self.passed else "FAILED"


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


def only_declared_moved(
    method: Method, before: Mapping[str, str], after: Mapping[str, str], could_move: Callable[[str], bool]
) -> list[Check]:
    """Check that every frozen parameter is bit-identical after training and every declared one that could has moved."""
    moved = {name for name in before if before[name] != after.get(name)}
    strayed = sorted(name for name in moved if not method.trains(name))
    frozen = sum(not method.trains(name) for name in before)
    return [
        Check(
            name="frozen parameters stay bit-identical",
            passed=not strayed,
            detail=f"{', '.join(strayed[:3])} changed" if strayed else f"{frozen} tensors compared",
        ),
        _declared_moved([name for name in before if method.trains(name)], moved, could_move),
    ]


def _declared_moved(declared: Sequence[str], moved: Collection[str], could_move: Callable[[str], bool]) -> Check:
    name = "declared parameters moved"
    still = sorted(each for each in declared if each not in moved)
    stuck = [each for each in still if could_move(each)]
    if stuck:
        return Check(name=name, passed=False, detail=f"{', '.join(stuck[:3])} did not move")
    if declared and len(still) == len(declared):
        why = "none could move: no step had a learning rate above 0 and gradients that did not overflow"
        return Check(name=name, passed=False, undecided=True, detail=why)
    waiting = f"; {len(still)} could not yet, because their gradient was 0 at the only step" if still else ""
    return Check(name=name, passed=True, detail=f"{len(moved)} tensors moved{waiting}")


def held_out_loss_falls(before: Sequence[float], after: Sequence[float], samples: str) -> Check:
    """Check that the loss on held-out `samples`, such as 48 rows, falls, by its differences row by row.

    A fall of `ERRORS` standard errors holds and a rise of as many fails. What lies between may be noise: the check is
    not decided, and says how many samples would do.
    """
    name, shown = "held-out loss falls", f"{fmean(before):.3f} to {fmean(after):.3f} nats"
    falls = [old - new for old, new in zip(before, after, strict=True)]
    if not all(map(math.isfinite, falls)):
        return Check(name=name, passed=False, detail=f"{shown}, which is no finite number, {samples}")
    fall, spread = fmean(falls), stdev(falls) if len(falls) > 1 else math.nan
    error = spread / math.sqrt(len(falls))
    shown += f", a {'rise' if fall < 0 else 'fall'} of {abs(fall):.3f} with standard error {error:.3f}, {samples}"
    if fall and abs(fall) >= ERRORS * error:
        return Check(name=name, passed=fall > 0, detail=shown)
    needed = _needed(fall, spread, samples.rpartition(" ")[2])
    return Check(name=name, passed=False, undecided=True, detail=f"{shown}: {needed}")


def _needed(fall: float, spread: float, unit: str) -> str:
    """Say how many samples would tell a mean difference like this one, spread like this, from noise.

    Rounded up to two digits, because the spread itself is known only roughly.
    """
    if math.isnan(spread):
        return f"it does not show by how much {unit} differ, and needs more of them"
    if not fall:
        return f"no change on the whole, which no number of {unit} decides"
    count = math.ceil((ERRORS * spread / fall) ** 2)
    step = 10 ** max(0, len(str(count)) - 2)
    return f"too few to tell that from noise, needs about {-(-count // step) * step:,} {unit}"


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
