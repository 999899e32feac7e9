"""Say whether a full run is within this machine's reach, and if not, what it would need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.reproduce.data import made_here, wanted
from llmreg.reproduce.environment import memory_at_hand
from llmreg.reproduce.fetch import base_on_hub
from llmreg.reproduce.plan import GIB, Plan
from llmreg.schema import Hardware, Model
from llmreg.tables.values import hours, machines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.hub.repository import Repository
    from llmreg.reproduce.data import Given

LONGEST = 7.0
"""Days that a training without a GPU may take for its weights to be fetched; with --base anything goes."""
_CPU = 1e12
"""Floating point operations a second of a machine without a GPU, more than most have."""


def check_reach(catalog: Catalog, plan: Plan, base: Path | None, given: Given) -> None:
    """Raise `LlmregError` with everything that is missing, in one paragraph that ends with the rehearsal."""
    files = list(_files(catalog, plan, base, given))
    missing = [f"{what}, to be given with {option}" for what, option, hub in files if not hub]
    memory, of_what = memory_at_hand()
    here = f"this machine has {memory / GIB:.1f} GiB of {of_what}"
    if plan.peak > memory:
        missing.append("memory")
    days = (plan.operations or 0) / _CPU / 86400
    if days > LONGEST and "no GPU" in of_what and any(hub and option == "--base" for _, option, hub in files):
        missing.append(f"a GPU (without one the training takes {days:,.0f} days or more)")
    if not missing:
        return
    unknown = dict.fromkeys([*plan.unknown, *plan.recipe.assumed])
    gaps = (
        f"Unknown: {', '.join(unknown)} (settings among them: give them with --set, or accept defaults with --assume)."
    )
    to_fetch = "; ".join(f"{what}, as {hub}" for what, _, hub in files if hub)
    raise LlmregError(
        f"{plan.id} cannot be made here as it was. Missing: {'; '.join(missing)}. "
        f"Training takes {plan.peak / GIB:.1f} GiB at its peak, and {here}. "
        f"{f'From the Hub would come: {to_fetch}. ' if to_fetch else ''}"
        f"Published: {published(plan.hardware)}. "
        f"{gaps if unknown else 'Every setting is known.'} "
        f"The whole recipe can be rehearsed at small scale on any machine: llmreg reproduce {plan.id} --rehearse"
    )


def _files(
    catalog: Catalog, plan: Plan, base: Path | None, given: Given
) -> Iterator[tuple[str, str, Repository | None]]:
    """Name the weights and data that are neither made by llmreg nor given: each with its option and its repository."""
    entry = catalog.get_as(Model, plan.id)
    if plan.base and not (base or made_here(catalog, plan.base)):
        size = f"{plan.counts.base:,} parameters, {plan.counts.base * 2 / 1e9:.0f} GB in 16 bits"
        yield f"the weights of {plan.base} ({size})", "--base", base_on_hub(catalog, plan.base)
    several = len(plan.datasets) > 1
    for name, hub in wanted(catalog, entry, given).items():
        what = name if plan.datasets else "the entry names none"
        yield f"the data ({what})", f"--data {name}=FILE" if several else "--data", hub


def published(hardware: Hardware | None) -> str:
    """Give what the publication says of hardware, hours and cost, in words."""
    if hardware is None:
        return "no hardware and no hours"
    note = f" ({hardware.note})" if hardware.gpu and hardware.note else ""
    words = [
        f"{machines(hardware)}{note}" if hardware.gpu or hardware.note else None,
        f"{hours(hardware)} hours" if hardware.hours else "hours unknown",
        f"{hardware.cost_usd:g} US dollars" if hardware.cost_usd else None,
    ]
    return ", ".join(word for word in words if word)
