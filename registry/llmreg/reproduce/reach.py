"""Say whether a full run is within this machine's reach, and if not, what it would need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.reproduce.data import data_on_hub, datasets_of, made_here
from llmreg.reproduce.environment import memory_at_hand
from llmreg.reproduce.fetch import base_on_hub
from llmreg.reproduce.plan import GIB, Plan
from llmreg.schema import Dataset, Hardware, Model
from llmreg.tables.values import hours, machines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.catalog import Catalog


def check_reach(catalog: Catalog, plan: Plan, base: Path | None, data: Path | None) -> None:
    """Raise `LlmregError` with everything that is missing, in one paragraph that ends with the rehearsal."""
    missing = list(_missing_files(catalog, plan, base, data))
    memory, of_what = memory_at_hand()
    here = f"this machine has {memory / GIB:.1f} GiB of {of_what}"
    if plan.peak > memory:
        missing.append("memory")
    if not missing:
        return
    unknown = dict.fromkeys([*plan.unknown, *plan.recipe.assumed])
    gaps = (
        f"Unknown: {', '.join(unknown)} (settings among them: give them with --set, or accept defaults with --assume)."
    )
    raise LlmregError(
        f"{plan.id} cannot be made here as it was. Missing: {'; '.join(missing)}. "
        f"Weights, gradients and optimizer take {plan.peak / GIB:.1f} GiB before activations, and {here}. "
        f"Published: {published(plan.hardware)}. "
        f"{gaps if unknown else 'Every setting is known.'} "
        f"The whole recipe can be rehearsed at small scale on any machine: llmreg reproduce {plan.id} --rehearse"
    )


def _missing_files(catalog: Catalog, plan: Plan, base: Path | None, data: Path | None) -> Iterator[str]:
    """Name the weights and data that are neither made by llmreg nor on the Hub nor given."""
    entry = catalog.get_as(Model, plan.id)
    if plan.base and not (base or made_here(catalog, plan.base) or base_on_hub(catalog, plan.base)):
        size = f"{plan.counts.base:,} parameters, {plan.counts.base * 2 / 1e9:.0f} GB in 16 bits"
        yield f"the weights of {plan.base} ({size}), to be given with --base"
    names = [name for name in datasets_of(entry) if not catalog.get_as(Dataset, name).maker]
    if not (data or data_on_hub(catalog, entry)) and (names or not datasets_of(entry)):
        yield f"the data ({', '.join(names) or 'the entry names none'}), to be given with --data"


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
