"""What would change a verdict: each answer is reached by checking again with one thing otherwise."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from llmreg.catalog.names import license_named
from llmreg.licensing.check import Checker
from llmreg.licensing.licensee import Grant, Licensee, named
from llmreg.licensing.territories import outside
from llmreg.licensing.verdict import ANSWERS, EXIT_CODES
from llmreg.schema import Model, Policy
from llmreg.schema.terms import Condition
from llmreg.uses import Use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.catalog import Catalog
    from llmreg.licensing.verdict import Answer, Reason, Verdict


@dataclass(frozen=True)
class Change:
    """Something that, were it otherwise, would make the verdict better."""

    kind: Literal["date", "bound", "base", "data", "grant", "use", "policy"]
    text: str
    verdict: Answer

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg check --json` prints."""
        return asdict(self)


def changes(
    catalog: Catalog, verdict: Verdict, licensee: Licensee, checker: Checker | None = None
) -> tuple[Change, ...]:
    """List what would make the verdict better: another day, figure, base, data, grant, use or policy.

    `checker` is one that has checked for this licensee before, where there is one.
    """
    if verdict.verdict in ("allowed", "allowed-with-conditions"):
        return ()
    asked = _Asked(catalog, verdict, licensee, checker)
    found = [*_days(asked), *_bounds(asked), *_materials(asked), *_grants(asked), *_uses(asked), *_policies(asked)]
    return tuple(dict.fromkeys(found))


class _Asked:
    """The question, ready to be asked again with something otherwise."""

    def __init__(self, catalog: Catalog, verdict: Verdict, licensee: Licensee, checker: Checker | None) -> None:
        self.catalog, self.verdict, self.licensee = catalog, verdict, licensee
        self.checker = checker or Checker(catalog, licensee)

    @property
    def blocking(self) -> list[Reason]:
        """Give the reasons that by themselves keep the verdict where it is."""
        return [reason for reason in self.verdict.reasons if reason.verdict == self.verdict.verdict]

    def with_licensee(self, **otherwise: Any) -> Answer:
        fields = {name: getattr(self.licensee, name) for name in Licensee.model_fields}
        return self.again(Licensee(**{**fields, **otherwise}))

    def again(self, licensee: Licensee, instead: dict[str, str | None] | None = None) -> Answer:
        checker = Checker(self.catalog, licensee, instead=instead)
        return checker.answer(self.verdict.id, self.verdict.use, self.verdict.policy)

    def better(self, kind: Any, text: str, answer: Answer) -> Iterator[Change]:
        """Give the change if its answer is better than the verdict."""
        if ANSWERS.index(answer) < ANSWERS.index(self.verdict.verdict):
            yield Change(kind, text, answer)

    def good(self, kind: Any, text: str, answer: Answer) -> Iterator[Change]:
        """Give the change if its answer leaves nothing open."""
        if EXIT_CODES[answer] == 0:
            yield Change(kind, text, answer)


def _days(asked: _Asked) -> Iterator[Change]:
    """Try the days around each on which a license that counts here began or ended, or on which a grant will begin.

    The nearest on each side is told. What a lapsed grant opened in its time is no matter of the day; see `_renewals`.
    """
    today = asked.licensee.as_of
    days = {day for entry_id in _on_paths(asked.verdict) for day in _boundaries(asked.catalog, entry_id)}
    begins = {grant.since: grant for grant in asked.licensee.grants if grant.since and grant.since > today}
    for day in sorted(day for day in {*days, *begins} if day > today):
        why = f", when {_named(begins[day])} begins" if day in begins else ""
        later = list(asked.better("date", f"as of {day} or later{why}", asked.with_licensee(as_of=day)))
        if later:
            yield later[0]
            break
    held = tuple(grant for grant in asked.licensee.grants if grant not in _lapsed(asked))
    for day in sorted((day for day in days if day <= today), reverse=True):
        answer = asked.with_licensee(as_of=day - timedelta(days=1), grants=held)
        earlier = list(asked.better("date", f"as of a day before {day}", answer))
        if earlier:
            yield earlier[0]
            break


def _on_paths(verdict: Verdict) -> set[str]:
    return {entry_id for reason in verdict.reasons for entry_id in reason.path}


def _boundaries(catalog: Catalog, entry_id: str) -> Iterator[date]:
    for claims in catalog[entry_id].license_claims().values():
        for claim in claims:
            for partial in filter(None, (claim.since, claim.until)):
                year, month, day = [*map(int, partial.split("-")), 1, 1][:3]
                yield date(year, month, day)


def _bounds(asked: _Asked) -> Iterator[Change]:
    """Try the licensee on the other side of each bound that they are beyond."""
    for bound in dict.fromkeys(_exceeded(asked)):
        field = bound.metric.replace("-", "_")
        if bound.metric == "territory":
            answer = asked.with_licensee(territory=outside(bound.territories))
            yield from asked.better("bound", f"outside {', '.join(bound.territories)}", answer)
        elif bound.above is not None:
            day = f" on {bound.measured_on}" if bound.measured_on else ""
            text = f"with {bound.metric.replace('-', ' ')} of at most {bound.above:,}{day}"
            yield from asked.better("bound", text, asked.with_licensee(**{field: bound.above}))
        yield from _besides(asked, bound)
    if asked.licensee.purpose == "commercial":
        yield from asked.better("bound", "for a non-commercial purpose", asked.with_licensee(purpose="non-commercial"))


def _besides(asked: _Asked, bound: Condition) -> Iterator[Change]:
    """Try the licensee without what a bound asks for besides its figure."""
    if bound.businesses:
        text = f"if you offered neither {' nor '.join(map(named, bound.businesses))}"
        one = f"if you did not offer {named(bound.businesses[0])}"
        answer = asked.with_licensee(businesses=())
        yield from asked.better("bound", text if len(bound.businesses) > 1 else one, answer)
    if bound.spares_internal_use and asked.licensee.internal_use is None:
        text = "if nothing of it reached others"
        yield from asked.better("bound", text, asked.with_licensee(internal_use=True))
    if bound.purposes and asked.licensee.purpose is None:
        yield from asked.better("bound", "for a non-commercial purpose", asked.with_licensee(purpose="non-commercial"))


def _exceeded(asked: _Asked) -> Iterator[Condition]:
    for reason in asked.blocking:
        license_ = license_named(asked.catalog, reason.license) if reason.license else None
        for bound in license_.conditions if license_ else ():
            if bound.metric not in ("date", "purpose") and asked.licensee.beyond(bound, multimodal=True):
                yield bound


def _materials(asked: _Asked) -> Iterator[Change]:
    """Try other bases of the same architecture, and the making without the data that stands in the way."""
    bases = dict.fromkeys(_first(reason, _WEIGHTS) for reason in asked.blocking)
    data = dict.fromkeys(_first(reason, ("trained-on",)) for reason in asked.blocking)
    stands_in = [(base, other) for base in bases if base for other in _built_alike(asked.catalog, base)]
    without: dict[str, str | None] = {of: None for of in data if of}
    before = len(stands_in) + len(without)
    for base, other in stands_in:
        instead: dict[str, str | None] = {base: other}
        yield from asked.better(
            "base", f"if the base were {other} in place of {base}", asked.again(asked.licensee, instead)
        )
    for of in without:
        yield from asked.better("data", f"if it were not trained on {of}", asked.again(asked.licensee, {of: None}))
    if before > 1 and without:
        names = " and ".join(without)
        for base, other in stands_in:
            text = f"if the base were {other} in place of {base} and it were not trained on {names}"
            yield from asked.better("base", text, asked.again(asked.licensee, {**without, base: other}))
        if len(without) > 1:
            yield from asked.better("data", f"if it were not trained on {names}", asked.again(asked.licensee, without))


_WEIGHTS = ("finetune", "adapter", "delta", "merge", "quantized", "converted", "component")


def _first(reason: Reason, relations: tuple[str, ...]) -> str | None:
    """Give the last ancestor that is reached by one of these relations before the path leaves the weights."""
    reached = None
    for relation, parent in zip(reason.relations, reason.path[1:], strict=True):
        if relation in relations:
            reached = parent
        if relation not in _WEIGHTS:
            break
    return reached


def _built_alike(catalog: Catalog, base: str) -> Iterator[str]:
    """Find models that were built to the architecture of this one and trained anew."""
    for entry_id in catalog.naming(base, Model, "architecture"):
        if any(edge.relation == "architecture" and edge.of == base for edge in catalog[entry_id].edges()):
            yield entry_id


def _grants(asked: _Asked) -> Iterator[Change]:
    """Try to renew the grants that lapsed; else a grant by the licensor of the one license that stands in the way."""
    renewed = list(_renewals(asked))
    yield from renewed or _new_grant(asked)


def _renewals(asked: _Asked) -> Iterator[Change]:
    """Try each grant that lapsed as if it held still, and all of them together where no one is enough."""
    lapsed = _lapsed(asked)
    alone = [change for grant in lapsed for change in _renewed(asked, [grant])]
    yield from alone or _renewed(asked, lapsed)


def _renewed(asked: _Asked, lapsed: list[Grant]) -> Iterator[Change]:
    grants = tuple(
        grant.model_copy(update={"until": None}) if grant in lapsed else grant for grant in asked.licensee.grants
    )
    text = ", and ".join(f"with {_named(grant)} renewed, which lapsed on {grant.until}" for grant in lapsed)
    yield from asked.better("grant", text, asked.with_licensee(grants=grants))


def _lapsed(asked: _Asked) -> list[Grant]:
    return [grant for grant in asked.licensee.grants if grant.until and grant.until <= asked.licensee.as_of]


def _named(grant: Grant) -> str:
    return f"the grant from {grant.by} ({grant.evidence})"


def _new_grant(asked: _Asked) -> Iterator[Change]:
    licenses = {reason.license for reason in asked.blocking}
    if len(licenses) != 1:
        return
    (license_id,) = licenses
    if license_id is None or license_named(asked.catalog, license_id).category in ("none", "label"):
        return
    grant = Grant.model_validate(
        {"license": license_id, "from": "its licensor", "evidence": "to be had", "lifts": [asked.verdict.use]}
    )
    answer = asked.with_licensee(grants=(*asked.licensee.grants, grant))
    yield from asked.better("grant", f"with a grant for {asked.verdict.use} from the licensor of {license_id}", answer)


def _uses(asked: _Asked) -> Iterator[Change]:
    for use in get_args(Use):
        answer = asked.checker.answer(asked.verdict.id, use, asked.verdict.policy)
        yield from asked.good("use", f"for {use}", answer)


def _policies(asked: _Asked) -> Iterator[Change]:
    for policy in asked.catalog.ids(Policy):
        answer = asked.checker.answer(asked.verdict.id, asked.verdict.use, policy)
        yield from asked.good("policy", f"under the {policy} policy", answer)
