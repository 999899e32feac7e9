"""Say whether a full run is within this machine's reach, and if not, what it would need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.reproduce.architecture import base_of
from llmreg.reproduce.data import datasets_of
from llmreg.reproduce.environment import memory_at_hand
from llmreg.reproduce.plan import GIB, Plan
from llmreg.schema import Dataset, Hardware, Model

if TYPE_CHECKING:
    from pathlib import Path

    from llmreg.catalog import Catalog


def made_here(catalog: Catalog, model_id: str) -> bool:
    """Tell whether a model can be made from nothing: all its data, and that of its bases, is llmreg's own."""
    entry = catalog.get_as(Model, model_id)
    data = datasets_of(entry)
    base = base_of(catalog, model_id)
    own = bool(data) and all(catalog.get_as(Dataset, name).maker for name in data) and entry.recipe is not None
    return own and (base is None or made_here(catalog, base))


def check_reach(catalog: Catalog, plan: Plan, base: Path | None, data: Path | None) -> None:
    """Raise `LlmregError` with everything that is missing, in one paragraph that ends with the rehearsal."""
    entry = catalog.get_as(Model, plan.id)
    missing = []
    if plan.base and base is None and not made_here(catalog, plan.base):
        starts = catalog.get_as(Model, plan.base)
        place = f", on the Hub as {starts.hub}" if starts.hub else ""
        size = f"{plan.counts.base * 2 / 1e9:.0f} GB in 16 bits"
        missing.append(f"the weights of {plan.base} ({plan.counts.base:,} parameters, {size}{place}): give their folder with --base")
    names = [name for name in datasets_of(entry) if not catalog.get_as(Dataset, name).maker]
    if data is None and (names or not datasets_of(entry)):
        missing.append(f"the data ({', '.join(names) or 'the entry names none'}): give a file with --data")
    memory, of_what = memory_at_hand()
    if plan.peak > memory:
        missing.append(f"memory: this machine has {memory / GIB:.1f} GiB of {of_what}")
    if not missing:
        return
    lines = [f"{plan.id} cannot be made here as it was. Missing: {'; '.join(missing)}."]
    lines += [f"It needs {plan.peak / GIB:.1f} GiB for weights, gradients and optimizer, before activations{published(plan.hardware)}."]
    if missing and not any(word.startswith("memory") for word in missing):
        lines += [f"This machine has {memory / GIB:.1f} GiB of {of_what}."]
    unknown = [*plan.unknown, *plan.recipe.assumed]
    lines += [f"Unknown, and to be given with --set or accepted with --assume: {', '.join(unknown)}." if unknown else "Every setting is known."]
    lines += [f"The whole recipe can be rehearsed at small scale on any machine: llmreg reproduce {plan.id} --rehearse"]
    raise LlmregError(" ".join(lines))


def published(hardware: Hardware | None) -> str:
    """Give what the publication says of hardware and hours, as the tail of a sentence."""
    if hardware is None:
        return "; no hardware was published"
    how = {"measured": "", "below": "less than ", "about": "about "}[hardware.hours_are]
    gpus = f"{hardware.gpus} x " if hardware.gpus and hardware.gpus > 1 else ""
    words = [f"{gpus}{hardware.gpu}" if hardware.gpu else "", f"{how}{hardware.hours:g} hours" if hardware.hours else ""]
    words += [f"{hardware.cost_usd:g} US dollars"] if hardware.cost_usd else []
    stated = ", ".join(word for word in words if word)
    return f" (published: {stated or hardware.note or 'nothing of use'}; hours {'unknown' if not hardware.hours else 'as given'})"
