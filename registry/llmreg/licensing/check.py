"""Reach a verdict: gather what each license along the lineage says, apply the policy, take the worst, add up duties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.catalog.expressions import parse
from llmreg.errors import LlmregError
from llmreg.licensing.terms import SEVERITY, Licensee, Term, outputs_term, term_for
from llmreg.licensing.verdict import ANSWERS, Obligation, Reason, Verdict, worst
from llmreg.licensing.walk import Visit, walk
from llmreg.schema import FILE_COMPONENTS, Dataset, Entry, License, LicenseClaim, Model, Policy, Service, Software

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llmreg.catalog import Catalog
    from llmreg.licensing.verdict import Answer
    from llmreg.schema import Use
    from llmreg.schema.terms import Effect

DEFAULT_POLICY = "standard"

_SWITCHES: dict[str, str] = {
    "attribution": "share_alike_data",
    "share-alike": "share_alike_data",
    "non-commercial": "non_commercial_data",
    "no-derivatives": "no_derivatives_data",
    "service-terms": "service_terms",
    "silent": "silent_outputs",
}
"""Which switch of a policy rules a ground that reaches weights through data; any other ground is a restriction."""


@dataclass(frozen=True)
class _Finding:
    """A license's term at one ancestor, before the policy has spoken."""

    visit: Visit
    term: Term
    license: License | None


def check(
    catalog: Catalog, entry_id: str, use: Use, *, policy: str = DEFAULT_POLICY, licensee: Licensee | None = None
) -> Verdict:
    """Say whether the entry may be used like this, and why.

    Raises `UnknownIdError` for a wrong id and `LlmregError` for a kind of entry that carries no license.
    """
    entry = catalog[entry_id]
    if not isinstance(entry, Model | Dataset | Service | Software):
        raise LlmregError(f"{entry_id!r} is a {entry.kind}: only models, datasets, services and software are checked")
    who = licensee or Licensee(as_of=catalog.manifest.date)
    rules = catalog.get_as(Policy, policy)
    file_binds = rules.switches.file_is_derivative == "binds"
    reasons: list[Reason] = []
    notes: list[Reason] = []
    duties: list[Obligation] = []
    for visit in walk(catalog, entry_id, file_binds=file_binds):
        for finding in _findings(catalog, visit, use, who):
            effect = _effect(finding, rules)
            answer = _answer(finding.term, effect)
            if effect in ("binds", "condition", "contested") and (
                answer != "allowed" or visit.way in ("itself", "weights")
            ):
                reasons.append(_reason(finding, answer))
            elif effect == "noted" and finding.term.permission != "permitted":
                notes.append(_reason(finding, "allowed"))
            if effect == "binds":
                duties += _duties(finding, use)
    return Verdict(
        id=entry_id,
        use=use,
        policy=policy,
        as_of=who.as_of,
        verdict=worst([reason.verdict for reason in reasons]),
        reasons=tuple(sorted(dict.fromkeys(reasons), key=_order)),
        obligations=tuple(dict.fromkeys(duties)),
        notes=tuple(sorted(dict.fromkeys(notes), key=_order)),
        unknowns=tuple(dict.fromkeys(_unknowns(catalog, entry, reasons))),
        catalog_date=catalog.manifest.date,
    )


def _findings(catalog: Catalog, visit: Visit, use: Use, who: Licensee) -> Iterator[_Finding]:
    """Give what each license claimed for the visited entry says of the use; a missing license is a finding too."""
    claims = _claims(catalog, visit.id, who.as_of)
    if not claims:
        yield _Finding(visit, Term("unclear", f"no license is recorded for {visit.id}", "unstated"), None)
    for claim, source in claims:
        if claim.id in ("unknown", "custom"):
            what = "is unknown" if claim.id == "unknown" else "has terms of its own that are not in the catalog"
            yield _Finding(visit, Term("unclear", f"the license of {visit.id} {what}", "unstated", None, source), None)
        else:
            yield from _expression(catalog, parse(claim.id), visit, use, who)


def _expression(catalog: Catalog, tree: Any, visit: Visit, use: Use, who: Licensee) -> list[_Finding]:
    """Read `AND` as all of its parts and `OR` as its best branch."""
    if not getattr(tree, "args", ()):
        license_ = catalog.get_as(License, tree.key)
        term = outputs_term(license_, use) if visit.way.startswith("outputs") else term_for(license_, use, who)
        return [_Finding(visit, term, license_)]
    branches = [_expression(catalog, part, visit, use, who) for part in tree.args]
    if type(tree).__name__ == "OR":
        return min(branches, key=lambda found: max(SEVERITY[finding.term.permission] for finding in found))
    return [finding for branch in branches for finding in branch]


def _claims(catalog: Catalog, entry_id: str, as_of: date) -> list[tuple[LicenseClaim, str]]:
    """Give the claims that decide for this entry on this day, each with its source written out.

    A model answers for its weights and for the files that make them, a dataset for its data and contents, a service
    for its outputs, software for its code; a file answers for itself. The code's license never stands for weights.
    """
    entry = catalog[entry_id]
    stated_in: Entry = entry
    components: tuple[str, ...] = _DECISIVE[entry.kind]
    if isinstance(entry, Model) and entry.file_of:
        stated_in, components = catalog[entry.file_of], (entry.component or "",)
    day = as_of.isoformat()
    return [
        (claim, str(stated_in.sources[claim.source]))
        for component, claims in stated_in.license_claims().items()
        if component in components
        for claim in claims
        if (claim.since or "") <= day and (claim.until is None or day < claim.until)
    ]


_DECISIVE: dict[str, tuple[str, ...]] = {
    "model": ("weights", *FILE_COMPONENTS),
    "dataset": ("data", "contents"),
    "service": ("outputs",),
    "software": ("code",),
    "benchmark": ("data",),
}


def _effect(finding: _Finding, policy: Policy) -> Effect:
    """Say what becomes of a term on its way: in full along weights, by the policy's switch through data."""
    way, ground = finding.visit.way, finding.term.ground
    switches = policy.switches
    if way in ("itself", "weights"):
        return "binds"
    if way == "base-of-file":
        return switches.file_is_derivative
    if (
        finding.license
        and not finding.license.reaches_models
        and way.endswith("-data")
        and not way.startswith("outputs")
    ):
        return "ignored"
    if ground is None or ground == "outputs":
        return "binds"
    if ground == "unstated":
        pretraining = way.endswith("pretraining-data")
        return switches.unlicensed_pretraining_data if pretraining else switches.unlicensed_finetuning_data
    effect: Effect = getattr(switches, _SWITCHES.get(ground, "restricted_data"))
    return effect


def _answer(term: Term, effect: Effect) -> Answer:
    answer = ANSWERS[SEVERITY[term.permission]]
    if effect == "contested" and answer == "forbidden":
        return "unclear"
    return "allowed-with-conditions" if effect == "condition" and answer != "allowed" else answer


def _reason(finding: _Finding, answer: Answer) -> Reason:
    return Reason(
        verdict=answer,
        license=finding.license.id if finding.license else None,
        clause=finding.term.clause,
        path=finding.visit.path,
        relations=finding.visit.relations,
        source=finding.term.source,
        text=finding.term.text,
    )


def _order(reason: Reason) -> tuple[int, int, tuple[str, ...], str]:
    return -ANSWERS.index(reason.verdict), len(reason.path), reason.path, reason.license or ""


def _duties(finding: _Finding, use: Use) -> Iterator[Obligation]:
    if finding.license is None or finding.visit.way.startswith("outputs"):
        return
    for duty in finding.license.duties:
        if use in duty.when:
            notice = f' "{finding.license.notice}"' if duty.duty == "notice" and finding.license.notice else ""
            yield Obligation(duty.duty, duty.text + notice, finding.license.id, duty.clause, finding.visit.path)


def _unknowns(catalog: Catalog, entry: Entry, reasons: list[Reason]) -> Iterator[str]:
    """List what is not known and bears on the verdict: what the entry says is unknown, and licenses nobody stated."""
    yield from (f"{entry.id}: {what}" for what in entry.unknown)
    for reason in reasons:
        if reason.license is None:
            yield f"{reason.path[-1]}: license"
            continue
        for point in catalog.get_as(License, reason.license).unsure:
            yield f"{reason.license}: {point}"
