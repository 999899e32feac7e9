"""Checks of claims on which sources disagree: inside an entry, and between an entry and the records about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.audit.finding import Finding, Side
from llmreg.catalog.expressions import license_ids
from llmreg.catalog.names import license_named
from llmreg.errors import UnknownIdError
from llmreg.schema import WEIGHT_RELATIONS, Asset, Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmreg.audit.survey import Survey
    from llmreg.schema import Entry, LicenseClaim

_NO_ANSWER = frozenset({"unknown", "custom"})
"""Words in place of a license that contradict none."""


def written_down(survey: Survey) -> Iterator[Finding]:
    """Find the disagreements that entries record."""
    for entry_id in survey.catalog:
        entry = survey.catalog[entry_id]
        recipe = entry.recipe if isinstance(entry, Model) else None
        for disagreement in (*entry.disagreements, *(recipe.disagreements if recipe else ())):
            sides = (Side(entry_id, said.value, entry.sources[said.source]) for said in disagreement.says)
            yield Finding("disagreement", entry_id, disagreement.about, tuple(sides))


def between_entries(survey: Survey) -> Iterator[Finding]:
    """Find what a record says otherwise than every entry that it is about."""
    for record in survey.assets:
        others = [survey.catalog.get_as(Asset, name) for name in record.same_as if name in survey.catalog]
        for about, sides in _differences(survey, record, others) if others else ():
            yield Finding("disagreement", record.id, about, sides)


def _differences(survey: Survey, record: Asset, others: list[Asset]) -> Iterator[tuple[str, tuple[Side, ...]]]:
    questions: list[tuple[str, Callable[[Survey, Asset], Side | None], Callable[[Survey, Asset, Asset], bool]]] = [
        ("released", _released, _same_day),
        ("developers", _developers, _share_a_developer),
        ("base model", _base, _same_base),
    ]
    for about, answer, agree in questions:
        mine, theirs = answer(survey, record), [(other, answer(survey, other)) for other in others]
        said = [(other, side) for other, side in theirs if side]
        if mine and said and not any(agree(survey, record, other) for other, _ in said):
            yield about, (mine, *(side for _, side in said))
    for component in record.licenses:
        yield from _licenses(survey, record, others, component)


def _licenses(
    survey: Survey, record: Asset, others: list[Asset], component: str
) -> Iterator[tuple[str, tuple[Side, ...]]]:
    mine = record.license_claims()[component]
    theirs = [(other, other.license_claims().get(component, ())) for other in others]
    said = [(other, claims) for other, claims in theirs if _ids(survey, claims) - _NO_ANSWER]
    ids = _ids(survey, mine)
    if ids <= _NO_ANSWER or not said or any(ids & _ids(survey, claims) for _, claims in said):
        return
    stated = [(record, mine), *said]
    sides = (_claim_side(entry, claim) for entry, claims in stated for claim in claims)
    elsewhere = [
        Side(other.id, f"{name}: {claim.id}", other.sources[claim.source])
        for other, _ in said
        for name, claims in other.license_claims().items()
        for claim in claims
        if name != component and ids & _ids(survey, (claim,))
    ]
    yield f"license of the {component}", (*sides, *elsewhere)


def _claim_side(entry: Entry, claim: LicenseClaim) -> Side:
    until = f" until {claim.until}" if claim.until else ""
    return Side(entry.id, f"{claim.id}{until}", entry.sources[claim.source])


def _ids(survey: Survey, claims: tuple[LicenseClaim, ...]) -> frozenset[str]:
    """Give the licenses that claims name, by their ids in the catalog where it knows them."""
    return frozenset(_license_id(survey, name) for claim in claims for name in _names(claim.id))


def _names(expression: str) -> list[str]:
    try:
        return license_ids(expression)
    except ValueError:
        return [expression]


def _license_id(survey: Survey, name: str) -> str:
    try:
        return license_named(survey.catalog, name).id
    except UnknownIdError:
        return name


def _released(_: Survey, asset: Asset) -> Side | None:
    return Side(asset.id, asset.released, asset.source_of("released")) if asset.released else None


def _same_day(_: Survey, one: Asset, other: Asset) -> bool:
    """Tell whether two dates agree as far as the less exact one goes."""
    first, second = sorted((one.released or "", other.released or ""), key=len)
    return second.startswith(first)


def _developers(_: Survey, asset: Asset) -> Side | None:
    return Side(asset.id, ", ".join(asset.developers), asset.source_of("developers")) if asset.developers else None


def _share_a_developer(_: Survey, one: Asset, other: Asset) -> bool:
    """Tell whether a developer of one is one of the other, or part of its name, as Meta is of Meta AI.

    Case, blanks and signs do not matter; that AI2 is the Allen Institute nobody wrote down.
    """
    pairs = ((_words(a), _words(b)) for a in one.developers for b in other.developers)
    return any("".join(a) == "".join(b) or set(a) <= set(b) or set(b) <= set(a) for a, b in pairs)


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())


def _base(survey: Survey, asset: Asset) -> Side | None:
    """Give the bases whose entries in the catalog are known; a mere name agrees and disagrees with nothing."""
    edges = [edge for edge in survey.edges(asset.id) if edge.relation in WEIGHT_RELATIONS]
    known = [edge for edge in edges if _about(survey, edge.of)]
    if not known or (asset.imported and len(known) < len(edges)):
        return None
    return Side(asset.id, ", ".join(edge.of for edge in known), asset.sources[known[0].source])


def _same_base(survey: Survey, record: Asset, entry: Asset) -> bool:
    """Tell whether a base of the record is one of the entry's, through however many steps."""
    bases = {entry.id, *survey.bases(entry.id)}
    mine = [edge.of for edge in survey.edges(record.id) if edge.relation in WEIGHT_RELATIONS]
    return any(bases & _about(survey, of) for of in mine)


def _about(survey: Survey, entry_id: str) -> set[str]:
    """Give the entries of the catalog that an edge's end means: itself, or what that record is about."""
    asset = survey.catalog.get_as(Asset, entry_id)
    return set(asset.same_as) if asset.imported else {entry_id}
