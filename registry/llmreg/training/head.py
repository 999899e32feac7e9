"""Score labels: no logits where there is none, and only `CHUNK` rows of logits at a time."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from llmreg.training.encode import IGNORED
from llmreg.training.matmul import MULTIPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor, nn

CHUNK = 256
"""Label tokens whose logits are held at a time."""


@contextmanager
def loss_at_labels(model: nn.Module, labels: Tensor, *, bare: bool) -> Iterator[Callable[[Any], Tensor]]:
    """Give a function from the model's output to the summed cross entropy over `labels` (samples, tokens), in nats.

    Inside, the model's head takes only the hidden states in front of a label. The head is replaced where it stands, so
    that whatever is wrapped around the model (peft, shards, other processes) stays in force. A `bare` head (see
    `is_bare`) gives the loss itself, without ever making all logits.
    """
    with _at_labels(model, labels, summed_loss if bare else None) as targets:

        def loss(outputs: Any) -> Tensor:
            from torch.nn.functional import cross_entropy

            found: Tensor = outputs.logits
            return found if bare else cross_entropy(found.float(), targets, reduction="sum")

        yield loss


@contextmanager
def logps_at_labels(model: nn.Module, labels: Tensor, *, bare: bool) -> Iterator[Callable[[Any], Tensor]]:
    """Give a function from the model's output to the log-probability of each of `labels` (samples, tokens), in nats.

    They come in the order of the labels, row by row, as one tensor (labels). All else is as in `loss_at_labels`.
    """
    with _at_labels(model, labels, label_logps if bare else None) as targets:

        def logps(outputs: Any) -> Tensor:
            from torch.nn.functional import cross_entropy

            found: Tensor = outputs.logits
            return found if bare else -cross_entropy(found.float(), targets, reduction="none")

        yield logps


@contextmanager
def _at_labels(model: nn.Module, labels: Tensor, score: Callable[..., Tensor] | None) -> Iterator[Tensor]:
    """Have the head score the hidden states in front of a label, or without `score` take those alone; give the labels.

    Labels that nothing stands in front of, those of a row's first token, are not among them.
    """
    head: Any = model.get_output_embeddings()  # type: ignore[operator]
    ahead = labels.roll(-1, dims=1)
    ahead[:, -1] = IGNORED
    wanted = ahead != IGNORED
    targets = ahead[wanted]
    own = head.forward

    def forward(hidden: Tensor) -> Tensor:
        chosen = hidden[wanted]
        return score(chosen, head.weight, head.bias, targets) if score else own(chosen)

    head.forward = forward
    try:
        yield targets
    finally:
        del head.forward


def is_bare(model: Any) -> bool:
    """Tell whether the head is one product with nothing hooked in, and its output what the model gives as logits."""
    import torch
    from torch import nn

    head = model.get_output_embeddings()
    if type(head) is not nn.Linear or head._forward_hooks or head._forward_pre_hooks:
        return False
    seen: list[Tensor] = []
    hook = head.register_forward_hook(lambda _, __, logits: seen.append(logits.clone()))
    try:
        tokens = torch.arange(8)[None] % text_config(model).vocab_size
        read = ("input_ids", "decoder_input_ids") if model.config.is_encoder_decoder else ("input_ids",)
        return torch.equal(logits_of(model, dict.fromkeys(read, tokens)), seen[0])
    finally:
        hook.remove()


def text_config(model: Any) -> Any:
    """Return the configuration of the part that reads and writes text, in most models their own."""
    config = model.config
    return config if config.is_encoder_decoder else config.get_text_config(decoder=True)


def logits_of(model: Any, inputs: dict[str, Tensor], *, gradients: bool = False) -> Tensor:
    """Give the logits of inputs without dropout or a cache, and leave the model as it was."""
    import torch

    training, config = model.training, text_config(model)
    cache = config.use_cache
    model.eval()
    config.use_cache = False
    try:
        with torch.set_grad_enabled(gradients):
            device = next(model.parameters()).device
            found: Tensor = model(**{name: value.to(device) for name, value in inputs.items()}).logits
    finally:
        model.train(training)
        config.use_cache = cache
    return found


def summed_loss(hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor) -> Tensor:
    """Give the summed cross entropy of `hidden @ weight.T + bias` (labels, vocabulary) against `targets` (labels)."""
    result: Tensor = _functions()[0].apply(*_cast(hidden, weight, bias), targets)
    return result


def label_logps(hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor) -> Tensor:
    """Give the log-probability of each of `targets` (labels) under `hidden @ weight.T + bias` (labels, vocabulary)."""
    result: Tensor = _functions()[1].apply(*_cast(hidden, weight, bias), targets)
    return result


def _cast(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
    """Give the parts of a product in the precision that automatic casting would take for it."""
    import torch

    kind = hidden.device.type
    if not torch.is_autocast_enabled(kind):
        return hidden, weight, bias
    dtype = torch.get_autocast_dtype(kind)
    return hidden.to(dtype), weight.to(dtype), None if bias is None else bias.to(dtype)


def _fill(rows: Tensor) -> Tensor:
    """Add rows of zeros up to a multiple of `MULTIPLE`."""
    import torch

    return torch.cat([rows, rows.new_zeros(-len(rows) % MULTIPLE, *rows.shape[1:])])


def _chunks(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor
) -> Iterator[tuple[slice, Tensor, Tensor, Tensor, Tensor]]:
    """Give chunk by chunk its place, targets (chunk, 1), their logits, the logits' exponentials and their sums.

    Logits are taken above the largest of their row.
    """
    import torch

    for begin in range(0, len(targets), CHUNK):
        place = slice(begin, begin + CHUNK)
        goal = targets[place, None]
        logits = torch.nn.functional.linear(hidden[place], weight, bias).float()
        logits -= logits.amax(1, keepdim=True)
        said = logits.gather(1, goal)
        powers = logits.exp_()
        yield place, goal, said, powers, powers.sum(1, keepdim=True)


def _slope(powers: Tensor, mass: Tensor, goal: Tensor) -> Tensor:
    """Give the gradient of the cross entropy over a chunk's logits, in the memory of their exponentials."""
    import torch

    return powers.div_(mass).scatter_add_(1, goal, torch.full_like(mass, -1.0))


class _Slopes:
    """The gradients of hidden states, weight and bias, added up chunk by chunk."""

    def __init__(self, hidden: Tensor, weight: Tensor, bias: Tensor | None, wanted: Sequence[bool], known: int) -> None:
        """Take the parts of the product, which of them want a gradient, and how many rows do not just fill up."""
        import torch

        self.hidden, self.weight, self.known = hidden, weight, known
        self.shift = torch.empty_like(hidden) if wanted[0] else None
        self.turn, self.lift = (
            torch.zeros_like(each, dtype=torch.float32) if each is not None and wants else None
            for each, wants in zip((weight, bias), wanted[1:3], strict=True)
        )

    def add(self, place: slice, slope: Tensor) -> None:
        """Take in the gradient of a chunk's logits."""
        slope[max(0, self.known - place.start) :] = 0
        if self.shift is not None:
            self.shift[place] = slope @ self.weight
        if self.turn is not None:
            self.turn += slope.t() @ self.hidden[place]
        if self.lift is not None:
            self.lift += slope.sum(0)

    def all(self) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """Give them, None where none is wanted."""
        return None if self.shift is None else self.shift[: self.known], self.turn, self.lift


@cache
def _functions() -> tuple[Any, Any]:
    """Make the differentiable functions; torch is imported only when training."""
    import torch

    class Loss(torch.autograd.Function):
        """Works gradients out along with the loss, so that no logits are kept for the backward pass."""

        @staticmethod
        def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor) -> Tensor:
            total, known = hidden.new_zeros((), dtype=torch.float32), len(targets)
            hidden, targets = _fill(hidden), _fill(targets)
            slopes = _Slopes(hidden, weight, bias, ctx.needs_input_grad, known)
            for place, goal, said, powers, mass in _chunks(hidden, weight, bias, targets):
                total += (mass.log() - said)[: known - place.start].sum()
                slopes.add(place, _slope(powers, mass, goal).to(hidden.dtype))
            ctx.save_for_backward(*slopes.all())
            return total

        @staticmethod
        def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:
            return (*(None if each is None else each * scale.to(each.dtype) for each in ctx.saved_tensors), None)

    class Logps(torch.autograd.Function):
        """Makes the logits again in the backward pass, because what each label's share of the loss is comes later."""

        @staticmethod
        def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor) -> Tensor:
            ctx.save_for_backward(hidden, weight, bias, targets)
            parts = _chunks(_fill(hidden), weight, bias, _fill(targets))
            found = [said - mass.log() for _, _, said, _, mass in parts]
            return torch.cat([*found, hidden.new_zeros((0, 1), dtype=torch.float32)])[: len(targets), 0]

        @staticmethod
        def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:
            hidden, weight, bias, targets = ctx.saved_tensors
            known, shares = len(targets), _fill(-scale[:, None])
            hidden, targets = _fill(hidden), _fill(targets)
            slopes = _Slopes(hidden, weight, bias, ctx.needs_input_grad, known)
            for place, goal, _, powers, mass in _chunks(hidden, weight, bias, targets):
                slopes.add(place, _slope(powers, mass, goal).mul_(shares[place]).to(hidden.dtype))
            return (*slopes.all(), None)

    return Loss, Logps
