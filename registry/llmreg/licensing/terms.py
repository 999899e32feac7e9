"""What one license says of one use, for one licensee on one day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from llmreg.schema.terms import Condition, Permission, UseTerm

if TYPE_CHECKING:
    from datetime import date

    from llmreg.licensing.licensee import Grant, Licensee
    from llmreg.schema import License, Source, Use
    from llmreg.schema.terms import Ground

SEVERITY: dict[str, int] = {"permitted": 0, "conditional": 1, "unclear": 2, "prohibited": 3}


@dataclass(frozen=True)
class Term:
    """A license's answer for one use, with the reason and the place in its text."""

    permission: Permission
    text: str
    ground: Ground | Literal["unstated-lineage"] | None = None
    clause: str | None = None
    source: str | None = None
    seen: date | None = None
    """When the source was read."""
    bound: Condition | None = None
    """The bound that decided, where the licensee is beyond one."""
    grant: Grant | None = None
    """The grant that lifted what the license says."""

    @property
    def severity(self) -> int:
        """Give the place of the permission from best to worst."""
        return SEVERITY[self.permission]


def term_for(license_: License, use: Use, licensee: Licensee, *, multimodal: bool | None = False) -> Term:
    """Give what the license says of the use, its bounds compared with what the licensee said.

    `multimodal`: whether the model takes or gives more than text, which some bounds ask; None where nobody says.
    """
    if use == "train-on-outputs":
        term = _outputs_of(license_, licensee)
    else:
        term = _term(license_, license_.uses.get(use) or _research(license_), "uses")
    term = _for_purpose(term, licensee)
    for condition in license_.conditions:
        if condition.uses and use not in condition.uses:
            continue
        beyond = licensee.beyond(condition, multimodal=multimodal)
        if beyond and SEVERITY[condition.then] >= term.severity:
            term = _beyond(term, condition, license_, licensee.doubts(condition, multimodal=multimodal))
        elif beyond is None and SEVERITY[condition.then] > term.severity:
            term = _unsaid(term, condition)
    return term


def as_made(license_: License, use: Use, term: Term, way: str) -> Term:
    """Return the license's term for a work that was made from the licensed one in this way."""
    derived = _derivative_term(license_, use)
    conversion = license_.conversion
    if derived is None or derived.severity <= term.severity:
        return term
    if conversion is None or derived.ground != "no-derivatives" or way not in ("converted", "quantized"):
        return derived
    said = _term(license_, conversion, "conversion")
    if way == "converted":
        return replace(term, text=f"{term.text}; {said.text} ({said.clause})")
    text = f"whether quantized weights are adapted material is open: {said.text}, but {derived.text}"
    return replace(said, permission="unclear", ground="no-derivatives", text=text)


def _derivative_term(license_: License, use: Use) -> Term | None:
    """Give what the license says of a work made from the licensed one, where that decides by itself."""
    derivatives = license_.derivatives
    if derivatives.permission in ("prohibited", "unclear"):
        return _term(license_, derivatives, "derivatives")
    if derivatives.ground == "no-derivatives" and use == "redistribution":
        return replace(_term(license_, derivatives, "derivatives"), permission="prohibited")
    return None


def through_data(term: Term, use: Use) -> Term:
    """Return a dataset's term as it bears on a model trained on it.

    Terms of service speak of doing business alone, and who says nothing of passing on rows says nothing of models.
    """
    if term.ground in ("service-terms", "silent") and use not in _BUSINESS and term.severity > SEVERITY["conditional"]:
        return replace(term, permission="conditional")
    return term


def trained_on_outputs(license_: License, use: Use, licensee: Licensee) -> Term:
    """Give what the license says of using a model so that was trained on outputs of what it covers."""
    value = license_.outputs.value
    term = _outputs(license_)
    if value in _SPARE_RESEARCH and use not in _BUSINESS:
        term = replace(term, permission="conditional")
    term = _for_purpose(term, licensee)
    if value == "derivative-flowdown":
        whole = term_for(license_, use, licensee)
        return max(term, whole, key=lambda answer: answer.severity)
    return term


_BUSINESS = ("commercial", "hosting")
_SPARE_RESEARCH = ("noncommercial-only", "research-only", "forbidden-competing")
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


def _outputs(license_: License) -> Term:
    permission, ground = _OUTPUTS[license_.outputs.value]
    if license_.category in ("none", "label"):
        ground = "unstated"
    outputs = license_.outputs
    text = outputs.text or f"training on the outputs: {outputs.value}"
    stated = UseTerm(permission=permission, ground=ground, text=text, clause=outputs.clause, source=outputs.source)
    return _term(license_, stated, "outputs")


def _outputs_of(license_: License, licensee: Licensee) -> Term:
    """Read `train-on-outputs` of the work itself.

    Silence on outputs forbids nothing, and what is kept to research or to non-commercial purposes is open to those. To
    draw outputs one must run the model, so a bar on running it counts too, even where the license frees the outputs by
    name; duties that come only with copies do not.
    """
    term = _outputs(license_)
    if license_.outputs.value in _SPARE_RESEARCH:
        term = replace(term, permission="conditional")
    elif license_.outputs.value == "silent":
        term = replace(term, permission="permitted", ground=None)
    running = term_for(license_, "research", licensee)
    if running.severity <= term.severity or running.ground in ("attribution", "share-alike"):
        return term
    if license_.outputs.value == "free":
        return replace(running, text=f"{term.text}; but to draw them is to run the model: {running.text}")
    return running


def _research(license_: License) -> UseTerm:
    """Derive `research` where a license does not name it.

    What is open to commerce is open to research on the same terms; what is closed to commerce only because it is
    commerce is open to non-commercial research; anything else stays as unclear as it is for commerce.
    """
    commercial = license_.uses["commercial"]
    if commercial.permission == "prohibited":
        if commercial.ground == "non-commercial":
            text = "research is open as long as it is non-commercial"
            return commercial.model_copy(update={"permission": "conditional", "text": text})
        return commercial.model_copy(update={"permission": "unclear"})
    return commercial


def _for_purpose(term: Term, licensee: Licensee) -> Term:
    """Close what is open to non-commercial purposes alone to a licensee whose purpose is commerce."""
    closed = term.permission == "conditional" and term.ground in ("non-commercial", "purpose")
    if licensee.purpose == "commercial" and closed:
        return replace(term, permission="prohibited", text=f"{term.text}; your purpose is commercial")
    return term


def _unsaid(term: Term, condition: Condition) -> Term:
    """Make what the licensee did not say a condition, told with the others."""
    ground = term.ground if term.permission == "conditional" else "threshold"
    permission = term.permission if term.severity else "conditional"
    return replace(term, permission=permission, ground=ground, text=f"{term.text}; {condition.text}")


def _beyond(term: Term, condition: Condition, license_: License, doubts: list[str]) -> Term:
    grounds: dict[str, Ground] = {"territory": "territory", "purpose": "purpose", "business": "purpose"}
    ground = grounds.get(condition.metric, "threshold")
    source = _source(license_, condition.source, "conditions")
    then, text = condition.then, "; ".join([condition.text, *doubts])
    if doubts:
        then = min(then, "unclear", key=SEVERITY.__getitem__)
    return Term(then, text, ground, condition.clause or term.clause, str(source), source.seen, condition)


def _term(license_: License, stated: UseTerm, field: str) -> Term:
    source = _source(license_, stated.source, field)
    return Term(stated.permission, stated.text, stated.ground, stated.clause, str(source), source.seen)


def _source(license_: License, key: str | None, field: str) -> Source:
    return license_.sources[key or license_.evidence.get(field, license_.source) or ""]
