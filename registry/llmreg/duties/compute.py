"""The training compute of an entry and of its base: as claimed, or six operations a parameter and token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmreg.lineage import edges_of
from llmreg.schema import WEIGHT_RELATIONS, Model

if TYPE_CHECKING:
    from llmreg.catalog import Catalog


@dataclass(frozen=True)
class Compute:
    """Floating-point operations of a training, and what they rest on."""

    flop: float
    how: str
    of: str
    at_least: bool = False
    """Whether trainings between this model and the one asked about are not counted in it."""


def bases(catalog: Catalog, entry_id: str) -> list[str]:
    """Return the models whose weights went into an entry."""
    return list(dict.fromkeys(edge.of for edge in edges_of(catalog, entry_id) if edge.relation in WEIGHT_RELATIONS))


def claimed(catalog: Catalog, entry_id: str) -> Compute | None:
    """Return the compute that an entry's claims come to, its bases' included; nothing where they do not say."""
    entry = catalog.get_as(Model, entry_id)
    if entry.training_compute:
        return Compute(entry.training_compute, f"claimed: {_source(entry, 'training_compute')}", entry_id)
    if entry.parameters and entry.pretraining_tokens:
        flop = 6.0 * entry.parameters * entry.pretraining_tokens
        assumed = "every parameter is used for each token, and each token is seen once"
        how = f"6 x {entry.parameters:.4g} parameters x {entry.pretraining_tokens:.4g} tokens, assuming that {assumed}"
        return Compute(flop, f"{how}: {_source(entry, 'parameters')}; {_source(entry, 'pretraining_tokens')}", entry_id)
    return None


def of_base(catalog: Catalog, entry_id: str) -> Compute | None:
    """Return the compute of the nearest base that tells it; nothing where none does, or where there are several."""
    seen, at = {entry_id}, entry_id
    while len(parents := bases(catalog, at)) == 1 and parents[0] not in seen:
        skipped, at = at != entry_id, parents[0]
        seen.add(at)
        if found := claimed(catalog, at):
            return Compute(found.flop, found.how, found.of, at_least=skipped)
    return None


def _source(entry: Model, field: str) -> str:
    key = entry.evidence.get(field) or entry.source or ""
    source = entry.sources.get(key)
    return f"{field} from {source}" if source else f"{field} from the entry"
