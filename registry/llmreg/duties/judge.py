"""Whether who made an entry becomes a provider of a general-purpose model, with the figure that decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmreg.duties.compute import Compute, bases, claimed, of_base
from llmreg.duties.regime import Regime, regime
from llmreg.schema import Model

if TYPE_CHECKING:
    from llmreg.catalog import Catalog

Answer = Literal["provider", "not a provider", "unknown"]


@dataclass(frozen=True)
class Duties:
    """What a regime says of an entry by its compute."""

    id: str
    regime: Regime
    answer: Answer
    why: str
    own: Compute | None
    base: Compute | None

    @property
    def ratio(self) -> float | None:
        """Return the entry's own compute as a share of its base's."""
        return self.own.flop / self.base.flop if self.own and self.base else None


def duties(catalog: Catalog, entry_id: str, *, name: str = "eu-gpai", own: Compute | None = None) -> Duties:
    """Judge an entry under a regime; `own` is the compute of its last training, such as a plan counts it."""
    law = regime(name)
    model = catalog.get_as(Model, entry_id)
    parents = bases(catalog, entry_id)
    if not parents:
        own = own or claimed(catalog, entry_id)
        return Duties(entry_id, law, *_original(law, own, model), own, None)
    base = of_base(catalog, entry_id)
    if same := _same_makers(catalog, model, [*parents, *([base.of] if base else [])]):
        why = f"{same} made its base too: the rule on modifications is for others, and a provider's own are one model"
        return Duties(entry_id, law, "unknown", why, own, base)
    return Duties(entry_id, law, *_modified(law, own, base), own, base)


def _same_makers(catalog: Catalog, model: Model, parents: list[str]) -> str:
    """Return who made both a model and what it was made from."""
    others = {name for each in parents for name in catalog.get_as(Model, each).developers}
    return ", ".join(name for name in model.developers if name in others)


def _original(law: Regime, own: Compute | None, model: Model) -> tuple[Answer, str]:
    rule = law.rules["general-purpose"]
    if model.modality and "text" not in model.modality:
        return "unknown", f"whether it generates language is not stated, which the line asks for too ({rule.point})"
    line = rule.flop or 0.0
    if own is None:
        return "unknown", f"its compute is unknown; the line is {line:.2g} operations ({rule.point})"
    if own.flop > line:
        return "provider", f"{own.flop:.2g} operations are more than {line:.2g} ({rule.point})"
    return "not a provider", f"{own.flop:.2g} operations are not more than {line:.2g} ({rule.point})"


def _modified(law: Regime, own: Compute | None, base: Compute | None) -> tuple[Answer, str]:
    if own is None:
        return "unknown", "the compute of the modification is unknown; state it with --compute"
    if base is None:
        return _fallback(law, own)
    rule, general = law.rules["share"], law.rules["general-purpose"]
    ratio, line = own.flop / base.flop, rule.share or 0.0
    said = f"{ratio:.2g} of the compute of {base.of}"
    if ratio <= line:
        return "not a provider", f"the modification is {said}, not more than one third ({rule.point})"
    if base.at_least:
        return "unknown", f"the modification is at most {said}: trainings between the two are not counted"
    if base.flop <= (general.flop or 0.0):
        return "unknown", f"{base.of} is below the line of a general-purpose model itself ({general.point})"
    return "provider", f"the modification is {said}, more than one third ({rule.point})"


def _fallback(law: Regime, own: Compute) -> tuple[Answer, str]:
    """Judge where the base's compute is unknown: of a base with systemic risk the line would be higher."""
    rule = law.rules["fallback"]
    share = rule.share or 0.0
    low, high = (share * (law.rules[name].flop or 0.0) for name in ("general-purpose", "systemic"))
    said = f"the base's compute is unknown, and {own.flop:.2g} operations are"
    if own.flop <= low:
        return "not a provider", f"{said} not more than {low:.2g}, a third of {3 * low:.2g} ({rule.point})"
    if own.flop > high:
        return "provider", f"{said} more than {high:.2g}, a third of {3 * high:.2g} ({rule.point})"
    return (
        "unknown",
        f"{said} between {low:.2g} and {high:.2g}: whether the base has systemic risk decides ({rule.point})",
    )
