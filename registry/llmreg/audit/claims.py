"""The claims of an entry, each with the source on which it rests, and how well a catalog is covered by evidence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from llmreg.schema import FOLDERS, Dataset, License, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmreg.schema import AnyRecipe, DatasetRecipe, Entry, Source, Strict

Read = Literal["live", "stored-copy", "secondary"]
READ: tuple[Read, ...] = ("live", "stored-copy", "secondary")


@dataclass(frozen=True)
class Claim:
    """One fact that an entry states."""

    field: str
    source: Source


def claims_of(entry: Entry) -> Iterator[Claim]:
    """Give every claim of an entry: its fields, licenses, edges, terms, recipe and results."""
    for field, key in (*_fields(entry), *_terms(entry), *_making(entry)):
        yield Claim(field, entry.sources[key])


def _fields(entry: Entry) -> Iterator[tuple[str, str]]:
    in_parts = ("uses", "duties", "conditions", "derivatives", "outputs")
    for field in entry.claims:
        key = entry.evidence.get(field, entry.source)
        if key and getattr(entry, field) not in (None, (), {}) and field not in in_parts:
            yield field, key
    for component, claims in entry.license_claims().items():
        yield from ((f"licenses.{component}", claim.source) for claim in claims)
    yield from ((f"made_from.{edge.relation}", edge.source) for edge in entry.edges())


def _terms(entry: Entry) -> Iterator[tuple[str, str]]:
    """Give the terms of a license, each with its own source or that of its part."""
    if not isinstance(entry, License):
        return
    parts: list[tuple[str, str, Any]] = [("uses", use, term) for use, term in entry.uses.items()]
    parts += [("derivatives", "", entry.derivatives), ("outputs", "", entry.outputs)]
    parts += [("duties", duty.duty, duty) for duty in entry.duties]
    parts += [("conditions", bound.metric, bound) for bound in entry.conditions]
    for part, name, term in parts:
        key = term.source or entry.evidence.get(part, entry.source)
        if key:
            yield f"{part}.{name}" if name else part, key


def _making(entry: Entry) -> Iterator[tuple[str, str]]:
    if isinstance(entry, Dataset) and entry.recipe:
        for field, evidence in _making_fields(entry.recipe):
            yield f"recipe.{field}", entry.recipe.evidence.get(evidence, entry.recipe.source)
    if not isinstance(entry, Model):
        return
    if entry.codec:
        yield from ((field, entry.codec.source) for field in _given("codec", entry.codec))
    yield from ((f"results.{result.benchmark}", result.source) for result in entry.results)
    if entry.recipe:
        for field in _recipe_fields(entry.recipe):
            part = entry.recipe.hardware.source if field.startswith("hardware.") and entry.recipe.hardware else None
            yield f"recipe.{field}", entry.recipe.evidence.get(field) or part or entry.recipe.source


def _making_fields(recipe: DatasetRecipe) -> Iterator[tuple[str, str]]:
    """Name what the recipe of a dataset says, each as a field and as its evidence is named."""
    yield from ((name, name) for name in ("seed", "calls") if getattr(recipe, name) is not None)
    for number, step in enumerate(recipe.steps, start=1):
        yield f"{number}.maker", f"{number}"
        yield from ((f"{number}.{name}", f"{number}.{name}") for name in step.settings)


def _recipe_fields(recipe: AnyRecipe) -> Iterator[str]:
    for prefix, step in recipe.steps.items():
        yield f"{prefix}method"
        yield from (f"{prefix}settings.{name}" for name in step.settings)
        yield from (f"{prefix}{field}" for part in ("training", "data") for field in _given(part, getattr(step, part)))
    yield from _given("hardware", recipe.hardware)


def _given(part: str, fields: Strict | None) -> Iterator[str]:
    """Name the fields of one part that are given."""
    names = fields.model_dump(exclude_defaults=True) if fields else ()
    yield from (f"{part}.{name}" for name in names if name not in ("source", "note", "hours_are"))


@dataclass(frozen=True)
class Coverage:
    """How many claims the entries of one kind make, and how many rest on each way of reading."""

    kind: str
    entries: int
    claims: int
    read: dict[Read, int]

    def share(self, read: Read) -> float:
        """Give the share of claims that rest on sources read so; 0 where nothing is claimed."""
        return self.read[read] / self.claims if self.claims else 0.0

    def to_json(self) -> dict[str, Any]:
        """Give the coverage as `llmreg audit --json` prints it."""
        shares = {read: round(self.share(read), 4) for read in READ}
        return {"kind": self.kind, "entries": self.entries, "claims": self.claims, "read": self.read, "share": shares}


def coverage(entries: Iterable[Entry]) -> tuple[Coverage, ...]:
    """Count the claims of each kind of entry by how their sources were read, with the sum of all under `all`."""
    counted: Counter[str] = Counter()
    read: dict[str, Counter[str]] = {}
    for entry in entries:
        counted[entry.kind] += 1
        read.setdefault(entry.kind, Counter()).update(claim.source.read for claim in claims_of(entry))
    kinds = [kind.kind for kind in FOLDERS.values() if kind.kind in read]
    rows = [*((kind, read[kind]) for kind in kinds), ("all", sum(read.values(), Counter()))]
    counted["all"] = counted.total()
    return tuple(Coverage(kind, counted[kind], had.total(), {each: had[each] for each in READ}) for kind, had in rows)
