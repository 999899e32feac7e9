"""The pages of licenses: the terms of each use with clause and source, duties, names, and who is under them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmreg.licensing.licensee import named
from llmreg.licensing.terms import SEVERITY, term_for
from llmreg.licensing.verdict import ANSWERS
from llmreg.schema import License
from llmreg.site.catalogue import FOLDER_OF
from llmreg.site.facts import plain
from llmreg.site.view import Mark, Words, mark, note_numbers

if TYPE_CHECKING:
    from llmreg.schema import UseTerm
    from llmreg.schema.terms import Bound, Permission
    from llmreg.site.catalogue import Catalogue

CATEGORIES = {
    "permissive": "permissive",
    "copyleft": "copyleft",
    "share-alike": "share-alike",
    "non-commercial": "non-commercial",
    "no-derivatives": "no derivatives",
    "community": "community license with conditions",
    "rail": "responsible AI license (RAIL)",
    "terms-of-service": "terms of service",
    "unread": "a license whose text was not read",
    "none": "no license: nothing is granted",
    "label": "a label, not a license",
}
_VERIFIED = {
    "text": "in the license's own text",
    "standard": "against standard tables of license data",
    "statement": "from a statement of the licensor",
    "secondary": "from another's account of it only",
}
_APPLIES = {"model": "models", "service-output": "outputs of services"}
_ALIASES = {"hf": "On the Hub", "hf-name": "Hub's license name", "scancode": "ScanCode key"}


@dataclass(frozen=True)
class TermRow:
    """What a license says of one use."""

    use: str
    mark: Mark
    ground: str
    text: str
    clause: str
    notes: tuple[int, ...]


@dataclass(frozen=True)
class DutyRow:
    """A duty, and when it falls due."""

    duty: str
    text: str
    when: str
    reaches: str
    clause: str
    notes: tuple[int, ...]


@dataclass(frozen=True)
class BoundRow:
    """What holds for whoever is beyond a bound."""

    who: str
    uses: str
    mark: Mark
    text: str
    clause: str
    notes: tuple[int, ...]


@dataclass(frozen=True)
class LicensePage:
    """The terms of a license."""

    category: str
    verified: str
    applies_to: str
    names: tuple[tuple[str, str], ...]
    """Ids and spellings by the list they come from."""
    terms: tuple[TermRow, ...]
    duties: tuple[DutyRow, ...]
    bounds: tuple[BoundRow, ...]
    further: tuple[tuple[str, tuple[Words, ...]], ...]
    under: tuple[tuple[str, tuple[tuple[Words, str, str], ...]], ...]
    """By kind the entries that state it, each with its name and the parts it is stated for."""


def license_page(site: Catalogue, license_: License) -> LicensePage:
    """Give what the page of a license shows."""
    return LicensePage(
        category=CATEGORIES[license_.category],
        verified=_VERIFIED[license_.verified],
        applies_to=", ".join(_APPLIES.get(word, word) for word in license_.applies_to),
        names=tuple(_names(license_)),
        terms=tuple(_terms(site, license_)),
        duties=tuple(_duties(license_)),
        bounds=tuple(_bounds(license_)),
        further=tuple(_further(site, license_)),
        under=tuple(_under(site, license_)),
    )


def permission(stated: Permission) -> Mark:
    """Give the mark of what a license says of a use."""
    answer = ANSWERS[SEVERITY[stated]]
    return Mark(answer, mark(answer).sign, stated)


def _terms(site: Catalogue, license_: License) -> list[TermRow]:
    """Give what is stated of each use and of derivatives; research may be left out and follow from the others."""
    rows = []
    for use in ("research", "commercial", "redistribution", "hosting"):
        stated = license_.uses.get(use)
        if stated:
            rows.append(_term(license_, use, "uses", stated))
        else:
            term = term_for(license_, use, site.checker.licensee)
            text = f"not stated by itself; follows from commercial use: {term.text}"
            key = license_.evidence.get("uses", license_.source)
            mark_ = permission(term.permission)
            rows.append(TermRow(use, mark_, term.ground or "", text, term.clause or "", note_numbers(license_, key)))
    outputs = license_.outputs
    said = permission(term_for(license_, "train-on-outputs", site.checker.licensee).permission)
    key = outputs.source or license_.evidence.get("outputs", license_.source)
    notes = note_numbers(license_, key)
    value = outputs.value.replace("-", " ")
    rows.append(TermRow("train-on-outputs", said, value, outputs.text or "", outputs.clause or "", notes))
    return [*rows, _term(license_, "derivatives", "derivatives", license_.derivatives)]


def _term(license_: License, use: str, field: str, stated: UseTerm) -> TermRow:
    notes = note_numbers(license_, stated.source or license_.evidence.get(field, license_.source))
    return TermRow(use, permission(stated.permission), stated.ground or "", stated.text, stated.clause or "", notes)


def _duties(license_: License) -> list[DutyRow]:
    rows = []
    for duty in license_.duties:
        reach = {"trained-on-outputs": "models trained on its outputs", "trained-on-data": "models trained on the data"}
        only = " or ".join(map(_who, duty.beyond))
        text = f"{duty.text} (only {only})" if only else duty.text
        key = duty.source or license_.evidence.get("duties", license_.source)
        reaches = " and ".join(reach[word] for word in duty.reaches)
        rows.append(
            DutyRow(duty.duty, text, ", ".join(duty.when), reaches, duty.clause or "", note_numbers(license_, key))
        )
    return rows


def _bounds(license_: License) -> list[BoundRow]:
    rows = []
    for bound in license_.conditions:
        key = bound.source or license_.evidence.get("conditions", license_.source)
        uses = ", ".join(bound.uses) or "all uses"
        rows.append(
            BoundRow(
                _who(bound), uses, permission(bound.then), bound.text, bound.clause or "", note_numbers(license_, key)
            )
        )
    return rows


def _who(bound: Bound) -> str:
    """Say whom a bound concerns."""
    metric = bound.metric.replace("-", " ")
    who = {
        "territory": f"in {', '.join(bound.territories)}",
        "purpose": f"for {' or '.join(bound.purposes)} purposes",
        "business": f"offering {' or '.join(map(named, bound.businesses))}",
        "date": f"from {bound.measured_on}",
    }.get(bound.metric)
    day = f" on {bound.measured_on}" if bound.measured_on and bound.metric != "date" else ""
    models = ", for models that are not of text alone" if bound.multimodal else ""
    return (who or f"with more than {plain(bound.above)} {metric}{day}") + models + _besides(bound)


def _besides(bound: Bound) -> str:
    """Say what must hold besides the figure for a bound to concern somebody."""
    said = []
    if bound.businesses and bound.metric != "business":
        said.append(f"offering {' or '.join(map(named, bound.businesses))}")
    if bound.purposes and bound.metric != "purpose":
        said.append(f"for {' or '.join(bound.purposes)} purposes")
    if bound.spares_internal_use:
        said.append("other than for internal use")
    return "".join(f", {each}" for each in said)


def _names(license_: License) -> list[tuple[str, str]]:
    names: dict[str, list[str]] = {"SPDX": [license_.spdx] if license_.spdx else []}
    for alias in license_.aliases:
        prefix, colon, name = alias.partition(":")
        known = _ALIASES.get(prefix) if colon else None
        names.setdefault(known or "Also written", []).append(name if known else alias)
    return [(label, ", ".join(found)) for label, found in names.items() if found]


def _further(site: Catalogue, license_: License) -> list[tuple[str, tuple[Words, ...]]]:
    revocable = {True: "yes", False: "no", None: "not recorded"}[license_.revocable]
    rows: list[tuple[str, tuple[Words, ...]]] = [
        ("Share-alike", (Words(license_.share_alike.replace("-", " ")),)),
        ("Revocable", (Words(revocable),)),
    ]
    if not license_.reaches_models:
        rows.append(("Reach", (Words("frees models trained on the data"),)))
    if license_.by_statement:
        rows.append(("Form", (Words("a statement of the authors, which each claim quotes"),)))
    if license_.name_prefix:
        rows.append(("Names of derivatives begin with", (Words(license_.name_prefix),)))
    if license_.adds_to:
        rows.append(("Adds restrictions to", (site.link(license_.adds_to),)))
    rows += [("Adaptations may be shared under", (site.link(other),)) for other in license_.compatible_with]
    return rows


def _under(site: Catalogue, license_: License) -> list[tuple[str, tuple[tuple[Words, str, str], ...]]]:
    by_kind: dict[str, dict[str, list[str]]] = {}
    for each in site.under.get(license_.id, ()):
        part = f"{each.component} ({each.stated})" if each.stated else each.component
        by_kind.setdefault(FOLDER_OF[site.catalog.kind_of(each.id).kind], {}).setdefault(each.id, []).append(part)
    return [
        (
            folder,
            tuple(
                (site.link(one), site.catalog[one].name, ", ".join(dict.fromkeys(parts)))
                for one, parts in found.items()
            ),
        )
        for folder, found in sorted(by_kind.items())
    ]
