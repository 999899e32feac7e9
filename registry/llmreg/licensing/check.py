"""Reach a verdict: gather what each license along the lineage says, apply the policy, take the worst, add up duties."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmreg.catalog.accounts import deciding, differences, lineage_unstated
from llmreg.catalog.expressions import parse
from llmreg.catalog.names import license_named
from llmreg.catalog.tiers import evidence_for, tier_of
from llmreg.licensing.conditions import condition_of
from llmreg.licensing.conflicts import conflicts
from llmreg.licensing.evidence import decisive, with_evidence
from llmreg.licensing.licensee import Licensee
from llmreg.licensing.policy import Finding, Rules
from llmreg.licensing.terms import Term, as_made, term_for, through_data, trained_on_outputs
from llmreg.licensing.verdict import ANSWERS, Obligation, Reason, Verdict, worst
from llmreg.licensing.walk import WEIGHT_WAYS, Visit, frees_outputs, kind_of, walk
from llmreg.schema import FILE_COMPONENTS, WEIGHT_RELATIONS, Dataset, Entry, License, Model, Policy, Service, Software

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmreg.catalog import Catalog
    from llmreg.licensing.verdict import Answer, Conflict
    from llmreg.schema import LicenseClaim, Source, Use
    from llmreg.schema.terms import Duty, Effect

    _Stated = tuple[str, LicenseClaim, Source]
    Judged = tuple[Finding, Effect]

DEFAULT_POLICY = "standard"


def check(
    catalog: Catalog, entry_id: str, use: Use, *, policy: str = DEFAULT_POLICY, licensee: Licensee | None = None
) -> Verdict:
    """Say whether the entry may be used like this, and why.

    Raises `UnknownIdError` for a wrong id and `LlmregError` for a kind of entry that carries no license.
    """
    return Checker(catalog, licensee).check(entry_id, use, policy)


class Checker:
    """Checks many entries, uses and policies for one licensee, reading each walk and each term once."""

    def __init__(
        self,
        catalog: Catalog,
        licensee: Licensee | None = None,
        *,
        instead: Mapping[str, str | None] | None = None,
        acting: bool = False,
    ) -> None:
        """Check for this licensee; `instead` puts ancestors in the place of others, or leaves them out with None.

        `acting`: the licensee is about to make the entry, so the terms of the data bind them as those who train on it.
        """
        self.catalog = catalog
        self.licensee = licensee or Licensee(as_of=catalog.manifest.date)
        self.instead = instead or {}
        self.acting = acting
        self._visits: dict[tuple[str, bool], list[Visit]] = {}
        self._claims: dict[str, list[_Stated]] = {}
        self._terms: dict[tuple[Any, ...], Term | None] = {}
        self._findings: dict[tuple[str, Use, bool], list[Finding]] = {}
        self._conflicts: dict[tuple[str, str], tuple[Conflict, ...]] = {}

    def check(self, entry_id: str, use: Use, policy: str = DEFAULT_POLICY) -> Verdict:
        """Say whether the entry may be used like this under this policy, and why."""
        entry, rules = self._asked(entry_id, policy)
        judged = self.judged(entry_id, use, rules)
        reasons = with_evidence(self.catalog, _reasons(judged))
        verdict = worst([reason.verdict for reason in reasons])
        ways = ((finding.visit.path, finding.visit.relations) for finding, effect in judged if effect != "ignored")
        rests_on = decisive(self.catalog, verdict, reasons, ways)
        obligations = tuple(dict.fromkeys(self._obligations(judged, use)))
        deciding_terms = [finding.term for finding, effect in judged if answer_to(finding, effect) == verdict]
        return Verdict(
            id=entry_id,
            use=use,
            policy=policy,
            as_of=self.licensee.as_of,
            verdict=verdict,
            reasons=reasons,
            obligations=obligations,
            conflicts=self._conflicts_of(entry_id, policy, rules),
            notes=with_evidence(self.catalog, _notes(judged)),
            unknowns=tuple(dict.fromkeys(self._unknowns(entry, reasons))),
            catalog_date=self.catalog.manifest.date,
            tier=tier_of(rests_on),
            evidence=evidence_for(rests_on),
            differences=differences(self.catalog, self._stated_in(entry)),
            condition=condition_of(deciding_terms, obligations) if verdict == "allowed-with-conditions" else None,
        )

    def _stated_in(self, entry: Entry) -> Entry:
        """Return the entry that states licenses and lineage: for a file the model that it makes."""
        return self.catalog[entry.file_of] if isinstance(entry, Model) and entry.file_of else entry

    def answer(self, entry_id: str, use: Use, policy: str = DEFAULT_POLICY) -> Answer:
        """Say whether the entry may be used like this, as `check` does, and leave out why and what is owed."""
        _, rules = self._asked(entry_id, policy)
        answers = (answer_to(finding, effect) for finding, effect in self.judged(entry_id, use, rules))
        return worst([answer for answer in answers if answer])

    def _asked(self, entry_id: str, policy: str) -> tuple[Entry, Rules]:
        """Give the entry if verdicts speak of its kind, and the rules under which it is judged."""
        why = "only models, datasets, services and software are checked"
        entry = self.catalog.among((Model, Dataset, Service, Software), entry_id, why)
        return entry, Rules(self.catalog.get_as(Policy, policy).switches, self.acting, self.licensee.generated)

    def judged(self, entry_id: str, use: Use, rules: Rules) -> list[Judged]:
        """Give what each license along the lineage says of the use, with what the policy makes of it."""
        file_binds = self._file_binds(self.catalog[entry_id], rules)
        return [(finding, rules.effect(finding)) for finding in self.findings(entry_id, use, file_binds)]

    def findings(self, entry_id: str, use: Use, file_binds: bool) -> list[Finding]:
        """Give what each license stated along the lineage says of the use; a missing license is a finding too."""
        key = (entry_id, use, file_binds)
        if key not in self._findings:
            visits = self.visits(entry_id, file_binds)
            self._findings[key] = [
                finding
                for visit in visits
                if not frees_outputs(self.catalog, visit, use)
                for finding in self.findings_of(self.catalog[visit.id], visit, use)
            ]
        return self._findings[key]

    def visits(self, entry_id: str, file_binds: bool) -> list[Visit]:
        """Give the walk from the entry up its lineage."""
        key = (entry_id, file_binds)
        if key not in self._visits:
            self._visits[key] = list(walk(self.catalog, entry_id, file_binds=file_binds, instead=self.instead))
        return self._visits[key]

    def _file_binds(self, entry: Entry, rules: Rules) -> bool:
        if not isinstance(entry, Model) or entry.component is None:
            return False
        switches = rules.switches
        is_adapter = entry.component == "adapter"
        return (switches.adapter_is_derivative if is_adapter else switches.delta_is_derivative) == "binds"

    def findings_of(self, entry: Entry, visit: Visit, use: Use) -> Iterator[Finding]:
        """Give what the licenses stated for an entry say of the use, as they come on a visit to it."""
        stated = self._stated(entry)
        if stated and visit.way in ("itself", *WEIGHT_WAYS) and lineage_unstated(entry):
            text = f"nobody checked what {visit.id} was made from"
            yield Finding(visit, Term("unclear", text, "unstated-lineage"), None, use)
        if all(component == "contents" for component, _, _ in stated):
            yield Finding(visit, Term("unclear", f"no license is recorded for {visit.id}", "unstated"), None, use)
        by_component: dict[str, list[list[Finding]]] = {}
        for component, claim, source in stated:
            inside = replace(visit, way="contents") if component == "contents" and visit.way == "itself" else visit
            found = [
                _as_claimed(finding, claim, source) for finding in self._expression(parse(claim.id), entry, inside, use)
            ]
            by_component.setdefault(component, []).append(found)
        for component, claims in by_component.items():
            best = min(_severity(found) for found in claims)
            for found in claims:
                disputed = _severity(found) > best
                yield from (replace(finding, component=component, disputed=disputed) for finding in found)

    def _expression(self, tree: Any, entry: Entry, visit: Visit, use: Use) -> list[Finding]:
        """Read `AND` as all of its parts and `OR` as its best branch."""
        if not getattr(tree, "args", ()):
            license_ = license_named(self.catalog, tree.key)
            return [Finding(visit, self._term(license_, entry, visit, use), license_, use)]
        branches = [self._expression(part, entry, visit, use) for part in tree.args]
        if type(tree).__name__ == "OR":
            return min(branches, key=_severity)
        return [finding for branch in branches for finding in branch]

    def _term(self, license_: License, entry: Entry, visit: Visit, use: Use) -> Term:
        grant = self.licensee.grant_for(license_.id, use, visit.id)
        key = (license_.id, use, kind_of(visit), multimodal(entry))
        if key not in self._terms:
            self._terms[key] = self.read(license_, use, key[2], multimodal=key[3])
        term = self._terms[key]
        assert term is not None  # noqa: S101
        if grant and term.permission != "permitted":
            return replace(
                term, permission="permitted", ground=None, text=f"{grant} lifts this: {term.text}", grant=grant
            )
        return term

    def read(self, license_: License, use: Use, kind: str, *, multimodal: bool | None) -> Term:
        """Return what a license says of the use of a work that is of this kind to the one it is stated for."""
        if kind == "outputs":
            return trained_on_outputs(license_, use, self.licensee)
        term = term_for(license_, use, self.licensee, multimodal=multimodal)
        worse = as_made(license_, use, term, kind) if kind != "itself" else term
        return through_data(worse, use) if kind == "data" else worse

    def _stated(self, entry: Entry) -> list[_Stated]:
        day = self.licensee.as_of.isoformat()
        if entry.id not in self.catalog:
            return list(stated_licenses(self.catalog, entry, day))
        if entry.id not in self._claims:
            self._claims[entry.id] = list(stated_licenses(self.catalog, entry, day))
        return self._claims[entry.id]

    def _conflicts_of(self, entry_id: str, policy: str, rules: Rules) -> tuple[Conflict, ...]:
        key = (entry_id, policy)
        if key not in self._conflicts:
            self._conflicts[key] = tuple(conflicts(self, entry_id, rules))
        return self._conflicts[key]

    def _obligations(self, judged: list[Judged], use: Use) -> Iterator[Obligation]:
        """List the duties of every license that binds, each once, with the shortest path to it."""
        seen = set()
        for finding, effect in judged:
            for duty in _duties(finding, effect, use):
                license_ = finding.license
                assert license_ is not None  # noqa: S101
                if self.licensee.grant_for(license_.id, duty.duty, finding.visit.id) or not self._concerned(
                    duty, finding
                ):
                    continue
                notice = f' "{license_.notice}"' if duty.duty == "notice" and license_.notice else ""
                said = (license_.id, duty.text)
                if said not in seen:
                    seen.add(said)
                    yield Obligation(duty.duty, duty.text + notice, license_.id, duty.clause, finding.visit.path)

    def _concerned(self, duty: Duty, finding: Finding) -> bool:
        """Tell whether the licensee is, or for all that they said may be, beyond one of the duty's bounds."""
        more_than_text = multimodal(self.catalog[finding.visit.id])
        beyond = [self.licensee.beyond(bound, multimodal=more_than_text) for bound in duty.beyond]
        return not beyond or any(answer is not False for answer in beyond)

    def _unknowns(self, entry: Entry, reasons: tuple[Reason, ...]) -> Iterator[str]:
        """List what is not known and bears on the verdict: of the entry itself, of licenses, and of their terms."""
        yield from (f"{entry.id}: {what}" for what in entry.unknown)
        if lineage_unstated(entry) and not deciding(self.catalog, entry):
            yield f"{entry.id}: what it was made from, which its tracker does not say"
        for reason in reasons:
            if reason.about == "lineage":
                continue
            license_ = license_named(self.catalog, reason.license) if reason.license else None
            if license_ is None or license_.category in ("none", "label"):
                yield f"{reason.path[-1]}: license"
            else:
                yield from (f"{license_.id}: {point}" for point in license_.unsure)


_DECISIVE: dict[str, tuple[str, ...]] = {
    "model": ("weights", *FILE_COMPONENTS),
    "dataset": ("data", "contents"),
    "service": ("outputs",),
    "software": ("code",),
    "benchmark": ("data",),
}


def multimodal(entry: Entry) -> bool | None:
    """Tell whether a model takes or gives more than text; None where the catalog does not say."""
    if not isinstance(entry, Model):
        return False
    return entry.modality != ("text",) if entry.modality else None


def stated_licenses(catalog: Catalog, entry: Entry, day: str) -> Iterator[_Stated]:
    """Give the licenses that decide for this entry on this day, each with the component and the source of the claim.

    A model answers for its weights and for the files that make them, a dataset for its data and contents, a service
    for its outputs, software for its code; a file answers for itself. The code's license never stands for weights.
    """
    components = components_of(entry)
    stated_in = catalog[entry.file_of] if isinstance(entry, Model) and entry.file_of else entry
    for component, claims in stated_in.license_claims().items():
        for claim in claims:
            if component in components and (claim.since or "") <= day and (claim.until is None or day < claim.until):
                yield component, claim, stated_in.sources[claim.source]


def components_of(entry: Entry) -> tuple[str, ...]:
    """Give the components whose licenses are those of the entry itself; a file is one of its model's."""
    return (entry.component,) if isinstance(entry, Model) and entry.component else _DECISIVE[entry.kind]


def _as_claimed(finding: Finding, claim: LicenseClaim, source: Source) -> Finding:
    """Let a word or sentence in place of a license be explained by the claim: its words, link, note and source."""
    license_ = finding.license
    if license_ is None or not (license_.by_statement or license_.category in ("none", "label")):
        return finding
    said = "; ".join(filter(None, [claim.words, claim.note, claim.link]))
    text = f"{finding.term.text}: {said}" if said else finding.term.text
    return replace(finding, term=replace(finding.term, text=text, source=str(source), seen=source.seen))


def _severity(findings: list[Finding]) -> int:
    return max(finding.term.severity for finding in findings)


def answer_to(finding: Finding, effect: Effect) -> Answer | None:
    """Say what a finding answers under the effect that the policy gives it; None where it does not count."""
    if effect in ("noted", "ignored"):
        return None
    answer = ANSWERS[finding.term.severity]
    if effect == "contested" and answer == "forbidden":
        return "unclear"
    return "allowed-with-conditions" if effect == "condition" and answer != "allowed" else answer


def _reasons(judged: list[Judged]) -> tuple[Reason, ...]:
    reasons = []
    for finding, effect in judged:
        answer = answer_to(finding, effect)
        speaks = answer != "allowed" or finding.visit.way in ("itself", *WEIGHT_WAYS) or finding.term.grant
        if answer and speaks:
            reasons.append(_reason(finding, answer))
    return _in_order(reasons)


def _notes(judged: list[Judged]) -> tuple[Reason, ...]:
    noted = [finding for finding, effect in judged if effect == "noted" and finding.term.permission != "permitted"]
    return _in_order([_reason(finding, "allowed") for finding in noted])


def _reason(finding: Finding, answer: Answer) -> Reason:
    term = finding.term
    return Reason(
        verdict=answer,
        license=finding.license.id if finding.license else None,
        clause=term.clause,
        path=finding.visit.path,
        relations=finding.visit.relations,
        source=term.source,
        seen=term.seen,
        text=term.text,
        component=finding.component or None,
        disputed=finding.disputed,
        grant=str(term.grant) if term.grant else None,
        about="lineage" if term.ground == "unstated-lineage" else "license",
    )


def _in_order(reasons: list[Reason]) -> tuple[Reason, ...]:
    """Sort worst first, then by the length of the path; of one term at one ancestor keep the shortest path.

    Among equals a grant comes first, and what a child restates after the ancestor that it has it from.
    """
    inherited = {
        (reason.verdict, reason.license, reason.path[:length])
        for reason in reasons
        if reason.license and set(reason.relations) <= set(WEIGHT_RELATIONS)
        for length in range(1, len(reason.path))
    }

    def restates(reason: Reason) -> bool:
        return (reason.verdict, reason.license, reason.path) in inherited

    order = sorted(
        reasons,
        key=lambda reason: (
            -ANSWERS.index(reason.verdict),
            reason.grant is None,
            restates(reason),
            len(reason.path),
            reason.path,
            reason.license or "",
        ),
    )
    first: dict[tuple[Any, ...], Reason] = {}
    for reason in order:
        first.setdefault((reason.verdict, reason.license, reason.clause, reason.text, reason.path[-1]), reason)
    return tuple(first.values())


def _duties(finding: Finding, effect: Effect, use: Use) -> Iterator[Duty]:
    """Give the duties that reach the user: of what binds, and those that a license sends after models itself."""
    license_, way = finding.license, finding.visit.way
    if license_ is None:
        return
    for duty in license_.duties:
        if use not in duty.when:
            continue
        if way.startswith("outputs"):
            follows = "trained-on-outputs" in duty.reaches or license_.outputs.value == "derivative-flowdown"
            reached = effect == "binds" and follows
        elif way.endswith("-data"):
            reached = effect == "binds" or "trained-on-data" in duty.reaches
        else:
            reached = effect == "binds"
        if reached:
            yield duty
