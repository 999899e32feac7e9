"""What hangs on an entry or a license: everything downstream, and the verdicts that would fall otherwise."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, get_args

from llmreg.audit.suppose import relicensed, replaced, states
from llmreg.catalog.tiers import tier_of
from llmreg.errors import LlmregError
from llmreg.licensing import DEFAULT_POLICY, Checker, Licensee
from llmreg.lineage import edges_of
from llmreg.schema import WEIGHT_RELATIONS, Asset, Dataset, License, Model, Service, Software
from llmreg.uses import Use

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llmreg.catalog import Catalog
    from llmreg.catalog.tiers import Tier
    from llmreg.licensing import Answer, Reason, Verdict
    from llmreg.licensing.walk import Way

CHECKED = (Model, Dataset, Service, Software)
"""The kinds of which verdicts speak."""


@dataclass(frozen=True)
class Descendant:
    """One entry downstream, and how it got there."""

    id: str
    kind: str
    way: Way | None
    """How the ancestor's terms come; None where none come along these edges."""
    path: tuple[str, ...]
    """Ids from the descendant up to the ancestor, by the shortest way."""
    relations: tuple[str, ...]
    needs_it: bool
    """Its recipe reads the ancestor, as data or as the weights to begin with."""


@dataclass(frozen=True)
class Rests:
    """One verdict that a license bears on."""

    id: str
    use: Use
    verdict: Answer
    reason: Reason
    """The worst that the license says."""

    @property
    def decides(self) -> bool:
        """Tell whether the license by itself keeps the verdict from being better."""
        return self.verdict != "allowed" and self.reason.verdict == self.verdict


@dataclass(frozen=True)
class Changed:
    """One verdict that would fall otherwise."""

    id: str
    use: Use
    before: Answer
    after: Answer
    because: Reason | None
    """What decides it then."""


@dataclass(frozen=True)
class Impact:
    """What hangs on an entry or a license."""

    id: str
    kind: str
    supposed: str | None
    """What is supposed: that it is withdrawn, or under which license it stands."""
    policy: str
    as_of: str
    downstream: tuple[Descendant, ...] = ()
    rests: tuple[Rests, ...] = ()
    changes: tuple[Changed, ...] = ()
    compared: int = 0
    """How many verdicts were reached twice."""
    tiers: Mapping[str, Tier] = field(default_factory=dict)
    """The evidence behind the entry and each other that is named."""

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg impact --json` prints."""
        return {
            "id": self.id,
            "kind": self.kind,
            "supposed": self.supposed,
            "policy": self.policy,
            "as_of": self.as_of,
            "downstream": [asdict(each) for each in self.downstream],
            "rests": [_with_reason(asdict(each), each.reason) | {"decides": each.decides} for each in self.rests],
            "changes": [_with_reason(asdict(each), each.because, "because") for each in self.changes],
            "compared": self.compared,
            "tiers": dict(self.tiers),
        }


def _with_reason(data: dict[str, Any], reason: Reason | None, name: str = "reason") -> dict[str, Any]:
    data[name] = {**asdict(reason), "seen": str(reason.seen) if reason.seen else None} if reason else None
    return data


def impact(
    catalog: Catalog,
    entry_id: str,
    *,
    withdrawn: bool = False,
    license_id: str | None = None,
    uses: Sequence[Use] = get_args(Use),
    policy: str = DEFAULT_POLICY,
    licensee: Licensee | None = None,
) -> Impact:
    """Say what hangs on an entry or a license, and what changes if it is withdrawn or stands under another license.

    Withdrawn means left out of everything that was made from it. For a license, `license_id` is the one that takes its
    place wherever it is stated. Raises `UnknownIdError` for a wrong id and `LlmregError` for what nothing is made from.
    """
    who = licensee or Licensee(as_of=catalog.manifest.date)
    question = _Question(Checker(catalog, who), uses, policy)
    entry = catalog.among((Asset, License), entry_id, "nothing is made from it, and no license covers it")
    if isinstance(entry, License):
        found = _of_license(question, entry, withdrawn, license_id)
    else:
        found = _of_asset(question, catalog.get_as(Asset, entry.id), withdrawn, license_id)
    parts: tuple[Sequence[Descendant | Rests | Changed], ...] = (found.downstream, found.rests, found.changes)
    named = (entry.id, *(each.id for part in parts for each in part))
    return replace(found, tiers={each: tier_of(catalog[each]) for each in named})


@dataclass(frozen=True)
class _Question:
    """Which verdicts are asked for, and the checker that reaches them as things are."""

    checker: Checker
    uses: Sequence[Use]
    policy: str

    def verdicts(self, ids: Sequence[str]) -> Iterator[Verdict]:
        for entry_id in ids:
            if isinstance(self.checker.catalog[entry_id], CHECKED):
                yield from (self.checker.check(entry_id, use, self.policy) for use in self.uses)

    def changes(self, ids: Sequence[str], supposed: Checker) -> tuple[tuple[Changed, ...], int]:
        """Give the verdicts that differ, and how many were compared."""
        before = list(self.verdicts(ids))
        after = [supposed.check(verdict.id, verdict.use, self.policy) for verdict in before]
        changed = (
            Changed(was.id, was.use, was.verdict, then.verdict, then.reasons[0] if then.reasons else None)
            for was, then in zip(before, after, strict=True)
            if was.verdict != then.verdict
        )
        return tuple(changed), len(before)


def _of_asset(question: _Question, asset: Asset, withdrawn: bool, license_id: str | None) -> Impact:
    checker = question.checker
    catalog, who = checker.catalog, checker.licensee
    below = tuple(downstream(checker, asset.id))
    ids = [each.id for each in below]
    changes: tuple[Changed, ...] = ()
    supposed, compared = None, 0
    if withdrawn:
        supposed = "withdrawn"
        changes, compared = question.changes(ids, Checker(catalog, who, instead={asset.id: None}))
    elif license_id:
        supposed = license_id
        stated_in = asset.file_of if isinstance(asset, Model) and asset.file_of else asset.id
        files = [each for each in catalog.naming(stated_in, Model) if _is_file_of(catalog, each, stated_in)]
        ids += [each.id for each in downstream(checker, stated_in)]
        then = Checker(relicensed(catalog, asset.id, license_id), who)
        changes, compared = question.changes(list(dict.fromkeys([stated_in, *files, *ids])), then)
    as_of = who.as_of.isoformat()
    return Impact(asset.id, asset.kind, supposed, question.policy, as_of, below, (), changes, compared)


def _is_file_of(catalog: Catalog, entry_id: str, model_id: str) -> bool:
    return catalog.get_as(Model, entry_id).file_of == model_id


def _of_license(question: _Question, license_: License, withdrawn: bool, license_id: str | None) -> Impact:
    if withdrawn:
        raise LlmregError(
            f"{license_.id!r} is a license: say with --relicensed which one takes its place, such as no-licence"
        )
    checker = question.checker
    catalog, who = checker.catalog, checker.licensee
    stating = {entry_id for entry_id in catalog.ids(Asset) if states(catalog, entry_id, license_.id)}
    concerned = [
        entry_id
        for kind in CHECKED
        for entry_id in catalog.ids(kind)
        if any(visit.id in stating for visit in checker.visits(entry_id, False))
    ]
    found = [(verdict, _first(verdict, license_.id)) for verdict in question.verdicts(concerned)]
    rests = tuple(Rests(verdict.id, verdict.use, verdict.verdict, reason) for verdict, reason in found if reason)
    changes: tuple[Changed, ...] = ()
    compared = 0
    if license_id:
        found_then, compared = question.changes(concerned, Checker(replaced(catalog, license_.id, license_id), who))
        changes = tuple(_under_its_name(change, license_.id, license_id) for change in found_then)
    as_of = who.as_of.isoformat()
    return Impact(license_.id, license_.kind, license_id, question.policy, as_of, (), rests, changes, compared)


def _under_its_name(change: Changed, license_id: str, by: str) -> Changed:
    """Name the license whose terms were read, where they stood under the replaced one's id."""
    if change.because is None or change.because.license != license_id:
        return change
    return replace(change, because=replace(change.because, license=by))


def _first(verdict: Verdict, license_id: str) -> Reason | None:
    return next((reason for reason in verdict.reasons if reason.license == license_id), None)


def downstream(checker: Checker, entry_id: str) -> Iterator[Descendant]:
    """Give every entry that is made from this one, nearest first, with the way in which its terms come."""
    children = _Children(checker.catalog)
    queue: deque[tuple[tuple[str, ...], tuple[str, ...]]] = deque([((entry_id,), ())])
    seen = {entry_id}
    while queue:
        path, relations = queue.popleft()
        for child, relation in children.of(path[0]):
            if child in seen:
                continue
            seen.add(child)
            further = (child, *path), (relation, *relations)
            queue.append(further)
            yield _descendant(checker, entry_id, *further)


def _descendant(checker: Checker, of: str, path: tuple[str, ...], relations: tuple[str, ...]) -> Descendant:
    """Describe a descendant by the shortest way on which terms come, or by this one where none do."""
    entry = checker.catalog[path[0]]
    visit = next((visit for visit in checker.visits(entry.id, False) if visit.id == of), None)
    recipe = isinstance(entry, Model) and entry.recipe is not None
    read = (*WEIGHT_RELATIONS, "trained-on")
    needs_it = recipe and any(edge.of == of and edge.relation in read for edge in entry.edges())
    if visit:
        return Descendant(entry.id, entry.kind, visit.way, visit.path, visit.relations, needs_it)
    return Descendant(entry.id, entry.kind, None, path, relations, needs_it)


class _Children:
    """The children of each entry with the relation of each edge: of files all at once, of an index when asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._in_files: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        for child in catalog.file_ids(Asset):
            for edge in edges_of(catalog, child):
                self._in_files[edge.of].add((child, edge.relation))

    def of(self, entry_id: str) -> list[tuple[str, str]]:
        """Give the children in order of their ids."""
        found = set(self._in_files.get(entry_id, ()))
        for index in self._catalog.indexes:
            for child in index.children(entry_id):
                found |= {(child, edge.relation) for edge in edges_of(self._catalog, child) if edge.of == entry_id}
        return sorted(found)
