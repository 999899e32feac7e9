"""Which of several processes this one is, where torchrun or accelerate started more than one."""

from __future__ import annotations

import os

from llmreg.errors import LlmregError


def first() -> bool:
    """Tell whether this process keeps the record; the others only take part in training."""
    return os.environ.get("RANK", "0") == "0"


def local() -> int:
    """Give the number of this process on its machine, which is the number of its GPU."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def check(out: object, *, shard: bool = False) -> None:
    """Refuse several processes without one run folder, shards for one alone, and shards that are not ours.

    Raises `LlmregError`.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        if shard:
            raise LlmregError("--shard shares a model out over several processes, and this is one: start with torchrun")
        return
    if out is None:
        raise LlmregError("several processes need one run folder that all of them see: give it with --out DIR")
    if os.environ.get("ACCELERATE_USE_FSDP", "false").lower() == "true":
        raise LlmregError(
            "ACCELERATE_USE_FSDP is set, and llmreg shares a model out itself, to put it together for checkpoints, "
            "artifact and checks: unset it and give --shard"
        )
