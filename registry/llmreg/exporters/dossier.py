"""What every writer needs of an entry: its lineage, its verdicts, the licenses that are stated and those that bind."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from llmreg.catalog.expressions import parse
from llmreg.catalog.names import license_named
from llmreg.licensing import DEFAULT_POLICY, Checker
from llmreg.licensing.policy import Rules
from llmreg.lineage import links_of
from llmreg.schema import Asset, Benchmark, Model, Policy
from llmreg.uses import Use

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.licensing import Verdict
    from llmreg.licensing.check import Judged
    from llmreg.licensing.policy import Finding
    from llmreg.lineage import Link
    from llmreg.schema import Edge, Entry, License, LicenseClaim, Source

NOTHING = ("none", "label")
"""Categories of license entries that grant nothing: no license, or a word in place of one."""


@dataclass(frozen=True)
class Stated:
    """A license that somebody states for one component of an entry."""

    component: str
    claim: LicenseClaim
    source: Source

    def holds_on(self, day: str) -> bool:
        """Tell whether it is stated on this day, YYYY-MM-DD."""
        return (self.claim.since or "") <= day and (self.claim.until is None or day < self.claim.until)


@dataclass(frozen=True)
class Concluded:
    """The licenses that bind whoever passes copies of an entry on, its own and those that come along its lineage."""

    paths: dict[str, tuple[str, ...]]
    """For each license's id the shortest way to the entry that it comes from; nearest first."""
    missing: tuple[str, ...]
    """Ids of entries whose license would bind, and of which none is known."""


def dossier(catalog: Catalog, policy: str = DEFAULT_POLICY) -> Dossier:
    """Give the dossier of a catalog under a policy; made once, and anew when an entry is added to the catalog."""
    key = f"dossier {policy}"
    if key not in catalog.memo:
        catalog.memo[key] = Dossier(catalog, policy)
    found = catalog.memo[key]
    assert isinstance(found, Dossier)  # noqa: S101
    return found


class Dossier:
    """What the writers ask of a catalog under one policy, each answer worked out once."""

    def __init__(self, catalog: Catalog, policy: str) -> None:
        """Raise `UnknownIdError` for a policy that does not exist."""
        self.catalog, self.policy = catalog, policy
        self.day = catalog.manifest.date.isoformat()
        self.checker = Checker(catalog)
        self.parts: dict[tuple[str, str], Any] = {}
        """What a writer made of one entry and puts into several files, by the writer's word for it and the id."""
        self._rules = Rules(catalog.get_as(Policy, policy).switches)
        self._concluded: dict[str, Concluded] = {}

    def asset(self, entry_id: str) -> Asset:
        """Give the entry; raise `LlmregError` for one that is no part of a lineage."""
        why = "only models, datasets, services, software and benchmarks are exported"
        return self.catalog.among((Asset,), entry_id, why)

    def lineage(self, entry_id: str) -> list[str]:
        """Give in order the ids of everything that the entry was made from, over all steps, and its own."""
        found, ahead = {entry_id}, [entry_id]
        while ahead:
            further = {link.parent for link in links_of(self.catalog, ahead.pop())} - found
            found |= further
            ahead += further
        return sorted(found)

    def links(self, entry_id: str) -> list[Link]:
        """Give in order the typed edges to the entry's parents."""
        return sorted(
            links_of(self.catalog, entry_id),
            key=lambda link: (link.parent, link.relation, link.stage or "", link.how or "", link.evidence),
        )

    def edges(self, entry_id: str) -> list[tuple[Edge, Source]]:
        """Give the edges as they are stated, each with the source it rests on; for a file those of its model."""
        entry: Entry = self.catalog[entry_id]
        if isinstance(entry, Model) and entry.file_of:
            entry = self.catalog[entry.file_of]
        return [(edge, entry.sources[edge.source]) for edge in entry.edges()]

    def verdicts(self, entry_id: str) -> dict[str, Verdict]:
        """Give the verdict for each use; none for a benchmark, which is not checked."""
        if isinstance(self.asset(entry_id), Benchmark):
            return {}
        return {use: self.checker.check(entry_id, use, self.policy) for use in get_args(Use)}

    def stated(self, entry_id: str) -> list[Stated]:
        """Give every license that is or was stated for the entry; for a file those of its component."""
        entry: Entry = self.catalog[entry_id]
        component = None
        if isinstance(entry, Model) and entry.file_of:
            component, entry = entry.component, self.catalog[entry.file_of]
        return [
            Stated(name, claim, entry.sources[claim.source])
            for name, claims in entry.license_claims().items()
            if component in (None, name)
            for claim in claims
        ]

    def concluded(self, entry_id: str) -> Concluded:
        """Give the licenses that bind whoever passes copies on, under the policy; of `OR` the best branch counts."""
        if entry_id not in self._concluded:
            judged = self.judged(entry_id, "redistribution")
            binding = [finding for finding, effect in judged if effect == "binds"]
            paths: dict[str, tuple[str, ...]] = {}
            for finding in binding:
                if finding.license:
                    paths.setdefault(finding.license.id, finding.visit.path)
            missing = dict.fromkeys(finding.visit.id for finding in binding if _unlicensed(finding))
            self._concluded[entry_id] = Concluded(paths, tuple(missing))
        return self._concluded[entry_id]

    def judged(self, entry_id: str, use: Use) -> list[Judged]:
        """Give what each license along the lineage says of the use, with what the policy makes of it."""
        return self.checker.judged(entry_id, use, self._rules)

    def license(self, name: str) -> License:
        """Give the license that a claim names."""
        return license_named(self.catalog, name)

    def expression(self, claim: LicenseClaim) -> str:
        """Write a claim as an SPDX license expression: listed ids as they are, every other as a LicenseRef."""
        return self.written(parse(claim.id), claim)

    def written(self, tree: Any, claim: LicenseClaim | None = None, *, inner: bool = False) -> str:
        """Write a part of a claim so; `inner` puts what is joined into brackets."""
        if not getattr(tree, "args", ()):
            return license_ref(self.license(tree.key), claim)
        text = f" {tree.operator.strip()} ".join(self.written(part, claim, inner=True) for part in tree.args)
        return f"({text})" if inner else text


def _unlicensed(finding: Finding) -> bool:
    """Tell whether it is that no license is known; that no lineage is stated is another matter."""
    if finding.license is None:
        return finding.term.ground != "unstated-lineage"
    return finding.license.category in NOTHING


def states_terms(license_: License) -> bool:
    """Tell whether somebody states something by it, be it a mere label: not where none is stated or none is known."""
    return license_.category != "none" and license_.id != "unknown"


def license_ref(license_: License, claim: LicenseClaim | None = None) -> str:
    """Give a license's SPDX id, or the LicenseRef that stands for it where SPDX lists none.

    A word in place of a license stands for what its author wrote: for the SPDX id that is, or for these words alone.
    """
    if license_.spdx:
        return license_.spdx
    said = said_by(license_, claim)
    if said and said[0] and (listed := spdx_id(said[0])):
        return listed
    mark = f"-{uuid.uuid5(uuid.NAMESPACE_URL, repr(said)).hex[:8]}" if said else ""
    return f"LicenseRef-llmreg-{re.sub(r'[^A-Za-z0-9.-]', '-', license_.id)}{mark}"


def said_by(license_: License, claim: LicenseClaim | None) -> tuple[str | None, str | None] | None:
    """Give the author's own words and link for terms that no entry holds; nothing where neither is known."""
    if license_.category not in NOTHING or claim is None or not (claim.words or claim.link):
        return None
    return claim.words, claim.link


def spdx_id(text: str) -> str | None:
    """Give the id of SPDX's list that a text is, in the list's own letters."""
    from cyclonedx.spdx import fixup_id

    return fixup_id(text.strip())
