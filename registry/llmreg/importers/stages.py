"""Say when a model saw data of which its tracker names no stage."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmreg.schema.base import Stage

_TUNED = re.compile(
    r"fine[-_ ]?tun|instruct(ion)?[-_ ]?(tun|follow)"
    r"|(?<![a-z])(instruct|chat|sft|dpo|orpo|kto|ppo|grpo|rlhf|q?lora|peft|adapters?)(?![a-z])",
    re.IGNORECASE,
)
"""Words in a model's name or tags that tell of tuning."""


def read_as(stage: Stage) -> str:
    """Say what data of a stage that nobody names is taken for."""
    return f"read as {'tuning' if stage == 'sft' else 'pretraining'} data"


def stage_of_data(*names: str, has_base: bool) -> Stage:
    """Return the stage at which a model saw its data, from its base and from what its name and tags tell.

    A model that has a base, named or not, or that is told to be tuned saw the data in tuning. The data of any other
    is what it was pre-trained on.
    """
    return "sft" if has_base or any(map(_TUNED.search, names)) else "pretrain"
