"""Hold a model in shards while it trains: every process has a part of the weights, gradients and optimizer state."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.training.settings import world_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor, nn

    from llmreg.schema import Training


def refuse_unshardable(model: nn.Module, training: Training) -> None:
    """Raise `LlmregError` where weights or the optimizer cannot be cut into shards."""
    packed = [name for name, value in model.named_parameters() if not value.is_floating_point()]
    if packed:
        raise LlmregError(
            f"{packed[0]} is packed into {model.get_parameter(packed[0]).dtype} beside constants that its shards would "
            "not have; leave out --shard: each process then holds the whole model, which is small where it is packed"
        )
    if "bnb" in str(training.optimizer) or "paged" in str(training.optimizer):
        raise LlmregError(
            f"training.optimizer {training.optimizer} is bitsandbytes', which takes whole tensors and no shards; "
            "set training.optimizer=adamw, whose state is shared out, or leave out --shard"
        )


@contextmanager
def sharded(model: nn.Module) -> Iterator[nn.Module]:
    """Give a twin of the model that holds its weights in shards (torch's FSDP2); the model itself is empty meanwhile.

    At the end every process has the twin's weights in the model, whole; after an error the model stays empty, because
    shards come together only where all processes take part.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    from torch.nn import Parameter

    own = list(model.parameters())
    kept: dict[int, Any] = {id(value): Parameter(value.detach(), value.requires_grad) for value in own}
    twin = deepcopy(model, kept | {id(value): value for value in model.buffers()})
    mesh = init_device_mesh(own[0].device.type, (world_size(),))
    for block in _blocks(twin):
        fully_shard(block, mesh=mesh)
    fully_shard(twin, mesh=mesh)
    for value in own:
        value.data = value.new_empty(0)
    kept.clear()
    yield twin
    for value, shard in zip(own, twin.parameters(), strict=True):
        value.data = _whole(shard)


def gathered(tensors: Mapping[str, Tensor], *, keep: bool) -> dict[str, Tensor]:
    """Put tensors together on the CPU, all processes taking part; give them to those that `keep` them."""
    found = {}
    for name, value in tensors.items():
        content = _whole(value)
        if keep:
            found[name] = content.cpu().contiguous()
    return found


def dealt(content: Tensor, like: Tensor) -> Tensor:
    """Give a whole tensor as shards where `like`, of the same shape, lies in shards, else as it is."""
    from torch.distributed.tensor import DTensor, distribute_tensor

    if isinstance(like, DTensor) and content.shape == like.shape:
        return distribute_tensor(content, like.device_mesh, like.placements)
    return content


def _whole(value: Tensor) -> Tensor:
    from torch.distributed.tensor import DTensor

    value = value.detach()
    return value.full_tensor() if isinstance(value, DTensor) else value


def _blocks(model: Any) -> list[nn.Module]:
    """List the blocks of which the model is a stack, as transformers names their class."""
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    names = getattr(plain, "_no_split_modules", None) or ()
    return [part for part in model.modules() if type(part).__name__ in names]
