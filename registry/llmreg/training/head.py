"""Take the loss where there are labels: no logits elsewhere, and only `CHUNK` rows of logits at a time."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from llmreg.training.encode import IGNORED
from llmreg.training.matmul import MULTIPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    head: Any = model.get_output_embeddings()  # type: ignore[operator]
    ahead = labels.roll(-1, dims=1)
    ahead[:, -1] = IGNORED
    wanted = ahead != IGNORED
    targets = ahead[wanted]
    own = head.forward

    def forward(hidden: Tensor) -> Tensor:
        chosen = hidden[wanted]
        return summed_loss(chosen, head.weight, head.bias, targets) if bare else own(chosen)

    def loss(outputs: Any) -> Tensor:
        from torch.nn.functional import cross_entropy

        found: Tensor = outputs.logits
        return found if found.dim() == 0 else cross_entropy(found.float(), targets, reduction="sum")

    head.forward = forward
    try:
        yield loss
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
    import torch

    kind = hidden.device.type
    if torch.is_autocast_enabled(kind):
        dtype = torch.get_autocast_dtype(kind)
        hidden, weight, bias = hidden.to(dtype), weight.to(dtype), None if bias is None else bias.to(dtype)
    result: Tensor = _function().apply(hidden, weight, bias, targets)
    return result


@cache
def _function() -> Any:
    """Make the differentiable function; torch is imported only when training."""
    import torch

    def fill(rows: Tensor) -> Tensor:
        """Add rows of zeros up to a multiple of `MULTIPLE`."""
        return torch.cat([rows, rows.new_zeros(-len(rows) % MULTIPLE, *rows.shape[1:])])

    class Loss(torch.autograd.Function):
        """Works gradients out along with the loss, chunk by chunk, so that no logits are kept for the backward pass."""

        @staticmethod
        def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor) -> Tensor:
            total = hidden.new_zeros((), dtype=torch.float32)
            wants, known = ctx.needs_input_grad, len(targets)
            hidden, targets = fill(hidden), fill(targets)
            shift = torch.empty_like(hidden) if wants[0] else None
            turn, lift = (
                torch.zeros_like(each, dtype=torch.float32) if each is not None and wanted else None
                for each, wanted in zip((weight, bias), wants[1:3], strict=True)
            )
            for begin in range(0, len(targets), CHUNK):
                part, goal = hidden[begin : begin + CHUNK], targets[begin : begin + CHUNK, None]
                logits = torch.nn.functional.linear(part, weight, bias).float()
                logits -= logits.amax(1, keepdim=True)
                said = logits.gather(1, goal)
                mass = logits.exp_().sum(1, keepdim=True)
                total += (mass.log() - said)[: known - begin].sum()
                slope = logits.div_(mass).scatter_add_(1, goal, torch.full_like(said, -1.0)).to(hidden.dtype)
                slope[known - begin :] = 0
                if shift is not None:
                    shift[begin : begin + CHUNK] = slope @ weight
                if turn is not None:
                    turn += slope.t() @ part
                if lift is not None:
                    lift += slope.sum(0)
            ctx.save_for_backward(None if shift is None else shift[:known], turn, lift)
            return total

        @staticmethod
        def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:
            return (*(None if each is None else each * scale.to(each.dtype) for each in ctx.saved_tensors), None)

    return Loss
