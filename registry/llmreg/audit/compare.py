"""Two entries side by side: fields, licenses, parents, recipes, results and verdicts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args

from llmreg.catalog.tiers import tier_of
from llmreg.licensing import DEFAULT_POLICY, Checker
from llmreg.lineage import edges_of
from llmreg.schema import Dataset, License, Model, Service, Software
from llmreg.tables.values import plain
from llmreg.uses import Use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.catalog import Catalog
    from llmreg.catalog.tiers import Tier
    from llmreg.licensing import Answer
    from llmreg.schema import Entry

Value = str | tuple[str, ...] | None
_APART = ("id", "sources", "source", "evidence", "made_from", "notes", "disagreements", "file_of", "component")
"""Fields that are compared apart, or say why and not what."""
_BY_NAME = ("licenses", "recipe", "results", "duties")
"""Fields whose parts have names of their own."""


@dataclass(frozen=True)
class Difference:
    """A field with the value of each entry: text, what a list has that the other's lacks, or None for nothing."""

    field: str
    a: Value
    b: Value


@dataclass(frozen=True)
class Judged:
    """The verdicts of both entries for one use; None for an entry that no verdict speaks of."""

    use: Use
    a: Answer | None
    b: Answer | None


@dataclass(frozen=True)
class Comparison:
    """How two entries differ, and in what they are alike."""

    a: str
    b: str
    kinds: tuple[str, str]
    differences: tuple[Difference, ...]
    same: tuple[str, ...]
    """Fields that both state alike."""
    parents_of_a: tuple[str, ...]
    """What only A is made from, with the relation."""
    parents_of_b: tuple[str, ...]
    parents_of_both: tuple[str, ...]
    verdicts: tuple[Judged, ...]
    policy: str
    tiers: tuple[Tier, Tier]
    """The evidence behind each."""

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg diff --json` prints."""
        return asdict(self)


def compare(catalog: Catalog, a: str, b: str, *, policy: str = DEFAULT_POLICY) -> Comparison:
    """Put two entries side by side; raise `UnknownIdError` for a wrong id."""
    one, other = catalog[a], catalog[b]
    mine, theirs = dict(_flat(one)), dict(_flat(other))
    fields = _in_order([*mine, *theirs])
    parents, others = dict.fromkeys(_parents(catalog, a)), dict.fromkeys(_parents(catalog, b))
    return Comparison(
        a=a,
        b=b,
        kinds=(one.kind, other.kind),
        differences=tuple(
            Difference(field, *_unlike(mine.get(field), theirs.get(field)))
            for field in fields
            if mine.get(field) != theirs.get(field)
        ),
        same=tuple(field for field in fields if mine.get(field) == theirs.get(field)),
        parents_of_a=tuple(parent for parent in parents if parent not in others),
        parents_of_b=tuple(parent for parent in others if parent not in parents),
        parents_of_both=tuple(parent for parent in parents if parent in others),
        verdicts=tuple(_verdicts(Checker(catalog), one, other, policy)),
        policy=policy,
        tiers=(tier_of(one), tier_of(other)),
    )


def _in_order(fields: list[str]) -> list[str]:
    """Give each field once, with its like: licenses, then the recipe, then what came out of it, at the end."""
    order = list(dict.fromkeys(field.partition(".")[0] for field in fields))
    order.sort(key=lambda group: _BY_NAME.index(group) if group in _BY_NAME else -1)
    return sorted(dict.fromkeys(fields), key=lambda field: order.index(field.partition(".")[0]))


def _unlike(mine: Value, theirs: Value) -> tuple[Value, Value]:
    """Leave out of two lists what both have; one of them may be left with nothing."""
    if isinstance(mine, tuple) and isinstance(theirs, tuple):
        return (
            tuple(each for each in mine if each not in theirs) or None,
            tuple(each for each in theirs if each not in mine) or None,
        )
    return mine, theirs


def _parents(catalog: Catalog, entry_id: str) -> Iterator[str]:
    for edge in edges_of(catalog, entry_id):
        yield f"{edge.relation} {edge.of}{f' ({edge.stage})' if edge.stage else ''}"


def _verdicts(checker: Checker, one: Entry, other: Entry, policy: str) -> Iterator[Judged]:
    checked = (Model, Dataset, Service, Software)
    if not isinstance(one, checked) and not isinstance(other, checked):
        return
    for use in get_args(Use):
        found = [
            checker.check(entry.id, use, policy).verdict if isinstance(entry, checked) else None
            for entry in (one, other)
        ]
        yield Judged(use, *found)


def _flat(entry: Entry) -> Iterator[tuple[str, Value]]:
    """Give the stated fields of an entry by dotted names, lists as tuples of text."""
    data = entry.model_dump(mode="json", exclude_unset=True)
    yield from _leaves("", {name: value for name, value in data.items() if name not in (*_APART, *_BY_NAME)})
    for component, claims in entry.license_claims().items():
        yield f"licenses.{component}", tuple(_claim(claim.id, claim.since, claim.until) for claim in claims)
    if isinstance(entry, Model):
        yield from _leaves("recipe", data.get("recipe"))
        for result in entry.results:
            yield f"results.{result.benchmark} {result.metric}", f"{result.value:g} {result.unit}"
    if isinstance(entry, License):
        for name in dict.fromkeys(duty.duty for duty in entry.duties):
            yield (
                f"duties.{name}",
                tuple(f"{duty.text} ({', '.join(duty.when)})" for duty in entry.duties if duty.duty == name),
            )


def _claim(license_id: str, since: str | None, until: str | None) -> str:
    return " ".join(filter(None, [license_id, f"from {since}" if since else "", f"until {until}" if until else ""]))


def _leaves(place: str, value: Any) -> Iterator[tuple[str, Value]]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in _APART:
                yield from _leaves(f"{place}.{name}" if place else name, item)
    elif isinstance(value, list) and value:
        yield place, tuple(_line(item) for item in value)
    elif value not in (None, "", [], {}):
        yield place, _line(value)


def _line(value: Any) -> str:
    """Write a value in one line, as an entry would."""
    if isinstance(value, dict) and "text" in value:
        return _line(value["text"])
    if isinstance(value, dict):
        parts = (f"{name}: {_line(item)}" for name, item in value.items() if item not in (None, [], "", False))
        return ", ".join(part for part in parts if not part.startswith("source:"))
    if isinstance(value, list):
        return ", ".join(map(_line, value))
    if isinstance(value, float):
        return plain(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
