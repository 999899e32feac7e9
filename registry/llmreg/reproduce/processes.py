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


def check(out: object) -> None:
    """Refuse several processes without one run folder, and sharded weights; raise `LlmregError`."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return
    if out is None:
        raise LlmregError("several processes need one run folder that all of them see: give it with --out DIR")
    if os.environ.get("ACCELERATE_USE_FSDP", "false").lower() == "true":
        raise LlmregError(
            "ACCELERATE_USE_FSDP is set, and llmreg does not gather sharded weights for its artifact and its checks; "
            "unset it (each process then holds the whole model); `llmreg plan ID --fit GPU` proposes settings that fit"
        )
