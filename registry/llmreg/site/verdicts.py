"""The verdicts of an entry: every use under every policy, and in full under one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from llmreg.licensing import changes
from llmreg.licensing.words import WHEN, sentence
from llmreg.site.catalogue import CHECKED
from llmreg.site.view import Mark, Words, mark, web
from llmreg.uses import Use

if TYPE_CHECKING:
    from llmreg.licensing import Conflict, Obligation, Reason, Verdict
    from llmreg.schema import Entry
    from llmreg.site.catalogue import Catalogue


@dataclass(frozen=True)
class Step:
    """One step of a path: the entry, and the relation by which the one before it comes from there."""

    relation: str
    entry: Words


@dataclass(frozen=True)
class Why:
    """One term that bears on a verdict."""

    mark: Mark
    sentence: str
    path: tuple[Step, ...]
    text: str
    license: Words | None
    clause: str
    source: Words
    seen: str
    disputed: bool
    lineage: bool
    """It is no license, but what nobody says of the lineage."""
    evidence: str
    """On what the weakest statement on the path rests; empty where all were checked."""


@dataclass(frozen=True)
class Must:
    """One duty."""

    text: str
    license: Words
    clause: str
    entry: Words


@dataclass(frozen=True)
class Clash:
    """Terms that cannot all be kept, with the ways on which they come."""

    text: str
    paths: tuple[tuple[Words, ...], ...]


@dataclass(frozen=True)
class Answered:
    """One use under the policy that is explained."""

    use: str
    mark: Mark
    reasons: tuple[Why, ...]
    """The decisive one first."""
    when: str
    duties: tuple[Must, ...]
    changes: tuple[tuple[str, Mark], ...]
    """What would make the verdict better, and how it would then fall."""
    notes: tuple[Why, ...]
    unknowns: tuple[str, ...]
    evidence: str
    """On what the verdict rests."""


@dataclass(frozen=True)
class Verdicts:
    """Everything about the verdicts of one entry."""

    policies: tuple[Words, ...]
    rows: tuple[tuple[str, tuple[Mark, ...]], ...]
    """For each use its verdict under each policy."""
    policy: Words
    as_of: str
    answered: tuple[Answered, ...]
    conflicts: tuple[Clash, ...]


def verdicts(site: Catalogue, entry: Entry) -> Verdicts | None:
    """Give the verdicts of an entry; None for a kind that verdicts do not speak of."""
    if not isinstance(entry, CHECKED):
        return None
    uses = get_args(Use)
    asked = {use: site.checker.check(entry.id, use, site.policy) for use in uses}
    rows = [(use, tuple(mark(site.checker.answer(entry.id, use, policy)) for policy in site.policies)) for use in uses]
    first = asked[uses[0]]
    return Verdicts(
        policies=tuple(site.link(policy) for policy in site.policies),
        rows=tuple(rows),
        policy=site.link(site.policy),
        as_of=first.as_of.isoformat(),
        answered=tuple(_answered(site, verdict) for verdict in asked.values()),
        conflicts=tuple(_clash(site, conflict) for conflict in first.conflicts),
    )


def _answered(site: Catalogue, verdict: Verdict) -> Answered:
    found = changes(site.catalog, verdict, site.checker.licensee, site.checker)
    return Answered(
        use=verdict.use,
        mark=mark(verdict.verdict),
        reasons=tuple(why(site, reason) for reason in verdict.reasons),
        when=WHEN[verdict.use],
        duties=tuple(_must(site, duty) for duty in verdict.obligations),
        changes=tuple((change.text, mark(change.verdict)) for change in found),
        notes=tuple(why(site, note) for note in verdict.notes),
        unknowns=verdict.unknowns,
        evidence=verdict.evidence,
    )


def why(site: Catalogue, reason: Reason) -> Why:
    """Give a reason with links along its path."""
    steps = zip(("", *reason.relations), reason.path, strict=True)
    place, _, further = (reason.source or "").partition(" ")
    address = web(place)
    return Why(
        mark=mark(reason.verdict),
        sentence=sentence(reason),
        path=tuple(Step(relation, site.link(entry_id)) for relation, entry_id in steps),
        text=reason.text,
        license=site.link(reason.license) if reason.license else None,
        clause=reason.clause or "",
        source=Words(f"{place} {further}".strip(), address),
        seen=reason.seen.isoformat() if reason.seen else "",
        disputed=reason.disputed,
        lineage=reason.about == "lineage",
        evidence=reason.evidence if reason.tier != "curated" else "",
    )


def _must(site: Catalogue, duty: Obligation) -> Must:
    return Must(duty.text, site.link(duty.license), duty.clause or "", site.link(duty.path[-1]))


def _clash(site: Catalogue, conflict: Conflict) -> Clash:
    return Clash(conflict.text, tuple(tuple(site.link(step) for step in path) for path in conflict.paths))
