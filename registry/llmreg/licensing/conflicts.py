"""Find terms along one lineage that cannot all be kept; they are told apart from the verdict and do not change it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, get_args

from llmreg.licensing.terms import SEVERITY, term_for
from llmreg.licensing.verdict import Conflict
from llmreg.licensing.walk import WEIGHT_WAYS, kind_of
from llmreg.schema import License
from llmreg.uses import Use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.licensing.check import Checker
    from llmreg.licensing.policy import Finding, Rules

_WHOLE = ("weights", "data")
"""Components whose license is stated for the entry and not for a file that goes into it."""
_SHARED_ALIKE = ("strong", "network", "adaptations")


def conflicts(checker: Checker, entry_id: str, rules: Rules) -> Iterator[Conflict]:
    """Find every conflict between the licenses whose terms bind the entry, and with what is stated for it."""
    judged = checker.judged(entry_id, "redistribution", rules)
    bound = [finding for finding, effect in judged if effect == "binds"]
    binding = _one_each(bound)
    joined = [finding for finding in binding if not finding.visit.way.startswith("outputs")]
    for one, other in combinations(joined, 2):
        yield from _between(one, other)
    yield from _names(binding)
    for finding in binding:
        yield from _added_restrictions(finding)
    yield from _outputs_into_others(checker, [finding for finding, _ in judged])
    yield from _stated_against_lineage(checker, entry_id, bound, joined)


def _one_each(findings: list[Finding]) -> list[Finding]:
    """Keep for each license the nearest ancestor that it comes from."""
    nearest: dict[str, Finding] = {}
    for finding in findings:
        if finding.license:
            nearest.setdefault(finding.license.id, finding)
    return list(nearest.values())


def _between(one: Finding, other: Finding) -> Iterator[Conflict]:
    first, second = _license(one), _license(other)
    if {first.id, *first.compatible_with} & {second.id, *second.compatible_with}:
        return
    alike = [license_ for license_ in (first, second) if license_.share_alike in _SHARED_ALIKE]
    if len(alike) == 2:
        text = f"{first.id} and {second.id} each ask that adaptations be shared under themselves"
        yield _conflict("share-alike", text, one, other)
        return
    for copyleft, restricted in ((first, second), (second, first)):
        if copyleft.share_alike in ("strong", "network") and _restricts(restricted):
            text = f"{copyleft.id} bars further restrictions, and {restricted.id} imposes some"
            yield _conflict("copyleft", text, one, other)


def _restricts(license_: License) -> bool:
    return license_.category in ("rail", "non-commercial", "community", "no-derivatives") or any(
        duty.duty == "use-restrictions" for duty in license_.duties
    )


def _names(binding: list[Finding]) -> Iterator[Conflict]:
    named = [finding for finding in binding if _license(finding).name_prefix]
    for one, other in combinations(named, 2):
        first, second = (_license(finding).name_prefix or "" for finding in (one, other))
        if not (first.startswith(second) or second.startswith(first)):
            text = f'a name cannot begin with both "{first}" and "{second}"'
            yield _conflict("names", text, one, other)


def _added_restrictions(finding: Finding) -> Iterator[Conflict]:
    license_ = _license(finding)
    if license_.adds_to:
        text = f"{license_.id} restricts further what {license_.adds_to} grants, and that bars further restrictions"
        yield _conflict("added-restrictions", text, finding)


def _outputs_into_others(checker: Checker, findings: list[Finding]) -> Iterator[Conflict]:
    """Find outputs that may train no other family of models, in a model of another family."""
    for finding in _one_each([each for each in findings if each.visit.way.startswith("outputs")]):
        license_ = _license(finding)
        if license_.outputs.value != "forbidden-other-llms":
            continue
        learner = _learner(finding)
        if learner and license_.id not in _family(checker, learner):
            text = f"{learner} is no derivative under {license_.id}, which bars training other models on outputs"
            yield _conflict("outputs", text, finding)


def _learner(finding: Finding) -> str | None:
    """Give the model on the path that learnt from the outputs, or None if the path ends in data."""
    steps = zip(finding.visit.relations, finding.visit.path, strict=False)
    return next((child for relation, child in steps if relation in ("trained-on", "distilled")), None)


def _family(checker: Checker, model_id: str) -> set[str]:
    """Give the licenses under which the model's own weights stand."""
    findings = checker.findings(model_id, "research", False)
    return {
        finding.license.id for finding in findings if finding.license and finding.visit.way in ("itself", *WEIGHT_WAYS)
    }


def _stated_against_lineage(
    checker: Checker, entry_id: str, binding: list[Finding], joined: list[Finding]
) -> Iterator[Conflict]:
    """Find uses that the entry's stated license opens and the license of what it was made from does not."""
    own = _one_each(
        [finding for finding in binding if finding.visit.path == (entry_id,) and finding.component in _WHOLE]
    )
    inherited = [
        finding for finding in joined if finding.visit.way in ("itself", *WEIGHT_WAYS) and len(finding.visit.path) > 1
    ]
    for stated in own:
        for parent in inherited:
            uses = [use for use in get_args(Use) if _opens(checker, stated, parent, use)]
            if not uses or _license(stated).id == _license(parent).id:
                continue
            relicensed = "commercial" in uses and _license(parent).category == "non-commercial"
            text = (
                f"{_license(stated).id} is stated and opens {' and '.join(uses)}, which {_license(parent).id} does not"
            )
            yield _conflict("relicensed" if relicensed else "stated-license", text, stated, parent)


def _opens(checker: Checker, stated: Finding, parent: Finding, use: Use) -> bool:
    mine = term_for(_license(stated), use, checker.licensee)
    theirs = checker.read(_license(parent), use, kind_of(parent.visit), multimodal=False)
    return mine.severity <= SEVERITY["conditional"] and theirs.severity > SEVERITY["unclear"]


def _license(finding: Finding) -> License:
    assert finding.license is not None  # noqa: S101
    return finding.license


def _conflict(kind: str, text: str, *findings: Finding) -> Conflict:
    licenses = tuple(_license(finding).id for finding in findings)
    return Conflict(kind, text, licenses, tuple(finding.visit.path for finding in findings))  # type: ignore[arg-type]
