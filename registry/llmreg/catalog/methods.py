"""Names of ways to train, which trackers sometimes list as if they were models or data."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from llmreg.schema import Model

if TYPE_CHECKING:
    from llmreg.catalog import Catalog

TUNING = frozenset({"lora", "qlora", "llama-adapter-v2", "dpo", "ppo"})
"""Recipe methods that start from a model's weights; `full` may train from nothing, `pretrain` does."""

WRITTEN_DOWN: dict[str, tuple[str, ...]] = {
    "huggingface/peft@01f89be src/peft/utils/peft_types.py": (
        "prompt tuning", "multitask prompt tuning", "p-tuning", "prefix tuning", "lora", "adalora", "boft",
        "adaption prompt", "ia3", "loha", "lokr", "xlora", "ln tuning", "fourierft", "randlora",
        "vblora", "waveft",
    ),
    "huggingface/trl@01f38f8 docs/source/index.md": (
        "supervised fine-tuning", "sft", "group relative policy optimization", "grpo",
        "direct preference optimization", "dpo", "reward modeling", "reinforcement learning from human feedback",
        "rlhf",
    ),
}  # fmt: skip
"""Methods of two libraries, by the source that names them; names that mean other things too are left out."""


_OF_FILES = ("llmreg_makers", "llmreg_codecs")
"""llmreg's own plugins that make rows and files; `self-instruct` is a dataset's name too."""


def folded(name: str) -> str:
    """Leave case, blanks, dashes and underscores out of a name: `LLaMA-Adapter V2` is `llama-adapter-v2`."""
    return re.sub(r"[\s_-]+", "", name.casefold())


def method_names(catalog: Catalog) -> frozenset[str]:
    """Give the folded names of methods: of recipes, of plugins, which are not imported, and those written down."""
    models = (catalog.get_as(Model, model_id) for model_id in catalog.ids(Model))
    names = {step.method for model in models if model.recipe for step in model.recipe.steps.values()}
    names |= {point.name for point in entry_points(group="llmreg") if not point.value.startswith(_OF_FILES)}
    names |= {name for written in WRITTEN_DOWN.values() for name in written}
    return frozenset(map(folded, names))
