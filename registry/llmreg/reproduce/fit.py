"""Find settings with which a training fits into a memory, changing the recipe as little as it takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmreg.catalog.gpus import require_gpu
from llmreg.errors import UsageError
from llmreg.reproduce.plan import Plan, make_plan
from llmreg.schema import Strict
from llmreg.training.settings import micro_batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmreg.catalog import Catalog
    from llmreg.plugins import Plugins
    from llmreg.schema import Use

SHORTEST = 128
"""Tokens below which samples are not cut further."""
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*Gi?B", re.IGNORECASE)


class Change(Strict):
    """A setting that differs from the recipe."""

    setting: str
    was: Any
    now: Any
    effect: str
    same_result: bool
    """Whether the run computes what the recipe does, to rounding."""


class Proposal(Strict):
    """Settings that fit, or the smallest that were found."""

    memory: float
    """What there is, in bytes."""
    fits: bool
    """Whether all of the peak is known, and no more than the memory."""
    changes: tuple[Change, ...]
    before: float
    """The predicted peak of the recipe as it is, in bytes."""
    plan: Plan
    """With the changes."""

    @property
    def missing(self) -> float:
        """Give the bytes that are still missing of those that are counted; 0 where it fits."""
        return max(0.0, self.plan.peak - self.memory)


def memory_named(catalog: Catalog, text: str) -> float:
    """Read `24GB`, 24 times 2^30 bytes as with GPUs, or a GPU's name; raise `LlmregError` for anything else."""
    if found := _SIZE.fullmatch(text.strip()):
        return float(found[1]) * 2**30
    if re.fullmatch(r"[\d.]+\s*\w{0,3}", text.strip()):
        raise UsageError(f"--fit {text}: write a size as 24GB, or name a GPU")
    return require_gpu(catalog, text).memory * 2**30


def fit(
    catalog: Catalog, plugins: Plugins, entry_id: str, use: Use, overrides: Mapping[str, Any], memory: float
) -> Proposal:
    """Change one setting after another, those first that leave the result as it is, until the peak fits.

    A change that turns out not to be needed, because a later one does more, is taken back. Where the peak is not known
    whole, nothing is changed.
    """

    def planned(changes: list[Change]) -> Plan:
        settings = {change.setting: str(change.now).lower() for change in changes}
        return make_plan(catalog, plugins, entry_id, use, {**overrides, **settings})

    plan = planned([])
    before, changes = plan.peak, list[Change]()
    for change in () if plan.uncounted else _steps(plan):
        if plan.peak <= memory:
            break
        tried = [*(each for each in changes if each.setting != change.setting), change]
        smaller = planned(tried)
        if smaller.peak < plan.peak:
            changes, plan = tried, smaller
    for change in [each for each in changes if plan.peak <= memory]:
        without = [each for each in changes if each is not change]
        larger = planned(without)
        if larger.peak <= memory:
            changes, plan = without, larger
    fits = plan.peak <= memory and not plan.uncounted
    return Proposal(memory=memory, fits=fits, changes=tuple(changes), before=before, plan=plan)


def _steps(plan: Plan) -> Iterator[Change]:
    """Give the changes to try, in order; a later one of the same setting takes the place of an earlier one."""
    training, settings = plan.recipe.training, plan.recipe.settings
    micro = micro_batch(training)
    batch = training.batch_size or micro
    for size in sorted((size for size in range(1, micro) if batch % size == 0), reverse=True):
        yield Change(
            setting="training.micro_batch_size",
            was=micro,
            now=size,
            effect="more passes to a step, with the same samples in it",
            same_result=True,
        )
    if not training.gradient_checkpointing:
        yield Change(
            setting="training.gradient_checkpointing",
            was=bool(training.gradient_checkpointing),
            now=True,
            effect="activations are worked out twice: about a third slower",
            same_result=True,
        )
    if training.optimizer not in ("sgd", "adamw_bnb_8bit", "paged_adamw_8bit"):
        yield Change(
            setting="training.optimizer",
            was=training.optimizer or "adamw",
            now="paged_adamw_8bit",
            effect="the optimizer's moments are kept in 8 bits, and go to main memory when room is short",
            same_result=False,
        )
    if settings.get("base_quant") == "none":
        yield Change(
            setting="settings.base_quant",
            was="none",
            now="int8",
            effect="frozen linear layers are kept in 8 bits",
            same_result=False,
        )
    for field in ("sequence_length", "target_max_length"):
        length = was = getattr(training, field)
        while length and length // 2 >= SHORTEST:
            length //= 2
            yield Change(
                setting=f"training.{field}",
                was=was,
                now=length,
                effect="longer samples are cut off and what is cut off is not learnt",
                same_result=False,
            )
