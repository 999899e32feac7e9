"""What one license says of one use, for one licensee on one day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from llmreg.schema.terms import Condition, Permission, UseTerm

if TYPE_CHECKING:
    from llmreg.schema import License, Use
    from llmreg.schema.terms import Ground

SEVERITY: dict[str, int] = {"permitted": 0, "conditional": 1, "unclear": 2, "prohibited": 3}
EU = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "HR",
        "CY",
        "CZ",
        "DK",
        "EE",
        "FI",
        "FR",
        "DE",
        "GR",
        "HU",
        "IE",
        "IT",
        "LV",
        "LT",
        "LU",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SK",
        "SI",
        "ES",
        "SE",
    ]
)
"""ISO 3166-1 alpha-2 codes of the member states of the European Union."""


@dataclass(frozen=True)
class Licensee:
    """Who asks, and when: what is None was not said."""

    as_of: date
    territory: str | None = None
    """ISO 3166-1 alpha-2 code, or EU."""
    monthly_users: int | None = None
    annual_revenue: int | None = None
    """In US dollars."""


@dataclass(frozen=True)
class Term:
    """A license's answer for one use, with the reason and the place in its text."""

    permission: Permission
    text: str
    ground: Ground | None = None
    clause: str | None = None
    source: str | None = None


def term_for(license_: License, use: Use, licensee: Licensee) -> Term:
    """Give what the license says of the use, its conditions compared with the licensee's figures."""
    if use == "train-on-outputs":
        return outputs_term(license_, use) if license_.outputs.value != "silent" else _silent(license_)
    stated = license_.uses.get(use) or _research(license_)
    source = stated.source or license_.evidence.get("uses", license_.source)
    term = Term(stated.permission, stated.text, stated.ground, stated.clause, str(license_.sources[source or ""]))
    for condition in license_.conditions:
        if condition.uses and use not in condition.uses:
            continue
        met = _beyond(condition, licensee)
        if met:
            term = _worse(term, condition)
        elif met is None and term.permission == "permitted":
            term = replace(term, permission="conditional", ground="threshold", text=f"{term.text}; {condition.text}")
    return term


def outputs_term(license_: License, use: Use) -> Term:
    """Give what the license says of a model or dataset made with the outputs, for the use that is to be made of it."""
    outputs = license_.outputs
    permission, ground = _OUTPUTS[outputs.value]
    if outputs.value in ("noncommercial-only", "research-only", "forbidden-competing") and use not in _BUSINESS:
        permission = "conditional"
    source = outputs.source or license_.evidence.get("outputs", license_.source)
    text = outputs.text or f"training on the outputs: {outputs.value}"
    return Term(permission, text, ground, outputs.clause, str(license_.sources[source or ""]))


_BUSINESS = ("commercial", "hosting")
_OUTPUTS: dict[str, tuple[Permission, Ground | None]] = {
    "free": ("permitted", None),
    "not-applicable": ("permitted", None),
    "silent": ("unclear", "silent"),
    "unknown": ("unclear", "outputs"),
    "derivative-flowdown": ("conditional", "outputs"),
    "naming-required": ("conditional", "outputs"),
    "noncommercial-only": ("prohibited", "outputs"),
    "research-only": ("prohibited", "outputs"),
    "forbidden-other-llms": ("prohibited", "outputs"),
    "forbidden-foundation": ("prohibited", "outputs"),
    "forbidden-competing": ("prohibited", "service-terms"),
}


def _silent(license_: License) -> Term:
    """Read silence on outputs as leave to train on them: no term of the license forbids it."""
    source = license_.evidence.get("outputs", license_.source)
    return Term(
        "permitted", license_.outputs.text or "says nothing of outputs", None, None, str(license_.sources[source or ""])
    )


def _research(license_: License) -> UseTerm:
    """Derive `research` where a license does not name it.

    What is open to commerce is open to research on the same terms; what is closed to commerce only because it is
    commerce is open to non-commercial research; anything else stays as unclear as it is for commerce.
    """
    commercial = license_.uses["commercial"]
    if commercial.permission == "prohibited":
        if commercial.ground == "non-commercial":
            text = "research is open as long as it is non-commercial"
            return commercial.model_copy(update={"permission": "conditional", "text": text, "conditions": ()})
        return commercial.model_copy(update={"permission": "unclear"})
    return commercial


def _beyond(condition: Condition, licensee: Licensee) -> bool | None:
    """Tell whether the licensee is beyond the condition's bound; None where they did not say."""
    if condition.metric == "territory":
        return None if licensee.territory is None else _inside(licensee.territory.upper(), condition.territories)
    if condition.metric == "date":
        return condition.measured_on is not None and licensee.as_of.isoformat() >= condition.measured_on
    figure = {"monthly-users": licensee.monthly_users, "annual-revenue": licensee.annual_revenue}.get(condition.metric)
    return None if figure is None or condition.above is None else figure > condition.above


def _inside(territory: str, territories: tuple[str, ...]) -> bool:
    return territory in territories or ("EU" in territories and territory in EU)


def _worse(term: Term, condition: Condition) -> Term:
    if SEVERITY[condition.then] < SEVERITY[term.permission]:
        return term
    ground: Ground = "territory" if condition.metric == "territory" else "threshold"
    return replace(term, permission=condition.then, ground=ground, text=condition.text)
