"""What an entry states of itself: its claims and licenses with their sources, and what nobody says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.catalog.accounts import differences
from llmreg.exporters.places import hub_page
from llmreg.schema import Asset, Entry, Model
from llmreg.site.view import Fact, Words, note_numbers, web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.catalog.accounts import Said
    from llmreg.site.catalogue import Catalogue

_LABELS = {
    "hub": "On the Hub",
    "repository": "Repository",
    "homepage": "Home page",
    "parameters": "Parameters",
    "sha256": "SHA-256 of the rows",
    "maker": "Made by llmreg's maker",
    "dataset": "Questions from",
}
_BLANK = {"hub": "page on the Hub", "homepage": "home page", "sha256": "hash"}
_COMPONENTS = {"wdiff": "weight difference", "xor": "XOR file", "contents": "works it collects"}


def label_of(field: str) -> str:
    """Give the name of a field as a reader would say it."""
    words = field.replace("_", " ")
    return _LABELS.get(field, words[:1].upper() + words[1:])


def facts(site: Catalogue, entry: Entry) -> tuple[Fact, ...]:
    """Give each claim of an entry, its licenses among them, with the sources it rests on."""
    return (*_claims(site, entry), *_licenses(site, entry))


def _claims(site: Catalogue, entry: Entry) -> Iterator[Fact]:
    for field in entry.claims:
        value = getattr(entry, field)
        if value not in (None, (), {}):
            notes = note_numbers(entry, entry.evidence.get(field, entry.source))
            pinned = isinstance(entry, Asset) and field == "hub" and entry.revision
            remark = f"at revision {pinned}" if pinned else ""
            yield Fact(label_of(field), _value(site, entry, field, value), notes, remark)
    if isinstance(entry, Model) and entry.file_of:
        yield Fact("File of", (site.link(entry.file_of), Words(f" (the {entry.component})")))
    if isinstance(entry, Asset) and entry.same_as:
        yield Fact("Another's record of", _listed([site.link(other) for other in entry.same_as]))


def _value(site: Catalogue, entry: Entry, field: str, value: Any) -> tuple[Words, ...]:
    """Write a value as text, with a link where it is an address or an entry."""
    if field == "hub" and isinstance(entry, Asset):
        return (Words(value[0], hub_page(entry)), *(Words(f", {each}") for each in value[1:]))
    if field == "repository":
        return (Words(value, f"https://github.com/{value}"),)
    if field == "homepage":
        return (Words(value, web(value)),)
    if field == "dataset":
        return (site.link(value),)
    return (Words(plain(value)),)


def plain(value: Any) -> str:
    """Write a value of the catalog as a reader would: thousands apart, words for yes and no, lists with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain(item)}" for key, item in value.items())
    return str(value)


def _listed(found: list[Words]) -> tuple[Words, ...]:
    apart = [piece for words in found for piece in (Words(", "), words)]
    return tuple(apart[1:])


def _licenses(site: Catalogue, entry: Entry) -> Iterator[Fact]:
    """Give each stated license: several for one part that overlap in time are a disagreement, and told as one."""
    for component, claims in entry.license_claims().items():
        for claim in claims:
            times = [f"since {claim.since}" if claim.since else "", f"until {claim.until}" if claim.until else ""]
            other = "another statement differs" if len(claims) > 1 and not any(times) else ""
            remark = "; ".join(filter(None, [*times, claim.note, other]))
            label = f"License of the {_COMPONENTS.get(component, component)}"
            yield Fact(label, site.licenses(claim.id), note_numbers(entry, claim.source), remark)


def not_recorded(entry: Entry) -> tuple[str, ...]:
    """Name the claims that an entry leaves blank: nobody looked, which is another thing than that nobody knows."""
    blank = [
        _BLANK.get(field, field.replace("_", " ")) for field in entry.claims if getattr(entry, field) in (None, (), {})
    ]
    stated_elsewhere = isinstance(entry, Model) and entry.file_of
    if isinstance(entry, Asset) and not entry.license_claims() and not stated_elsewhere:
        blank.append("license")
    return tuple(blank)


@dataclass(frozen=True)
class Account:
    """What one account of an entry says, with its evidence."""

    entry: Words
    value: str
    evidence: str
    source: Words


def differing(site: Catalogue, entry: Entry) -> tuple[tuple[str, tuple[Account, ...]], ...]:
    """Give the questions on which the accounts of an entry differ; the one that decides speaks first."""
    return tuple(
        (each.about, tuple(_account(site, said) for said in each.says)) for each in differences(site.catalog, entry)
    )


def _account(site: Catalogue, said: Said) -> Account:
    source = said.source or ""
    return Account(site.link(said.entry), said.value, said.evidence, Words(source, web(source.partition(" ")[0])))


def badges(site: Catalogue, entry: Entry) -> tuple[tuple[str, tuple[Words, ...]], ...]:
    """Give for each part of an entry the license that is stated last."""
    stated_in = site.catalog[entry.file_of] if isinstance(entry, Model) and entry.file_of else entry
    parts = list(stated_in.license_claims().items())
    if isinstance(entry, Model) and entry.component:
        parts = [(component, claims) for component, claims in parts if component == entry.component]
    return tuple((_COMPONENTS.get(part, part), site.licenses(claims[-1].id)) for part, claims in parts)
