"""The recipe of an entry, and its published figures beside the reader's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.schema import Model
from llmreg.site.facts import plain
from llmreg.site.methods import method_page
from llmreg.site.view import Fact, Words, note_numbers, prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.schema import AnyRecipe, Entry, Hardware, Step
    from llmreg.schema.recipe import Result
    from llmreg.site.catalogue import Catalogue

_SIGNS = {"percent": " %", "ratio": "", "count": ""}


@dataclass(frozen=True)
class Made:
    """How an entry was made, and what that needed."""

    method: Words
    groups: tuple[tuple[str, tuple[Fact, ...]], ...]
    """Settings by part: of the method, of the training, of the data, the hardware."""
    unknown: tuple[str, ...]
    notes: tuple[tuple[Words, ...], ...]


@dataclass(frozen=True)
class Own:
    """What one of the reader's own runs measured."""

    run: str
    day: str
    seed: str
    measured: str
    outcome: str


@dataclass(frozen=True)
class Published:
    """A published figure."""

    benchmark: Words
    metric: str
    value: str
    band: str
    """The tolerance, and where it comes from."""
    notes: tuple[int, ...]
    remark: str
    seeds: tuple[tuple[str, str], ...]
    own: tuple[Own, ...]


def made(site: Catalogue, entry: Entry) -> Made | None:
    """Give the recipe of an entry, if it has one."""
    recipe = entry.recipe if isinstance(entry, Model) else None
    if recipe is None:
        return None
    groups = [group for prefix, step in recipe.steps.items() for group in _groups(site, entry, recipe, prefix, step)]
    groups.append(("Hardware and cost", tuple(_hardware(entry, recipe))))
    return Made(
        method=Words(recipe.method, f"../{method_page(recipe.method)}"),
        groups=tuple((title, found) for title, found in groups if found),
        unknown=recipe.unknown,
        notes=tuple(map(prose, recipe.notes)),
    )


def _groups(
    site: Catalogue, entry: Entry, recipe: AnyRecipe, prefix: str, step: Step
) -> Iterator[tuple[str, tuple[Fact, ...]]]:
    """Give what one stage sets, by part; the stage is named where there are several."""
    parts: dict[str, tuple[str, dict[str, Any]]] = {
        "Settings of the method": ("settings", step.settings),
        "Training": ("training", step.training.model_dump(exclude_none=True)),
        "Data": ("data", step.data.model_dump(exclude_none=True)),
    }
    if prefix:
        named = {"method": step.method, **step.objective}
        what = tuple(
            Fact("objective" if name == "name" else name, (Words(plain(value)),)) for name, value in named.items()
        )
        yield f"Stage {prefix.rstrip('.')}", what
    for title, (part, values) in parts.items():
        shown = f"{title} ({prefix.rstrip('.')})" if prefix else title
        yield shown, tuple(_settings(site, entry, recipe, f"{prefix}{part}", values))


def _settings(site: Catalogue, entry: Entry, recipe: AnyRecipe, part: str, values: dict[str, Any]) -> Iterator[Fact]:
    """Give the settings of one part, those among them that nobody published."""
    for name, value in values.items():
        template = part.endswith("data") and name == "template"
        shown = site.link(value) if template else Words(plain(value))
        yield Fact(name, (shown,), _sources(entry, recipe, f"{part}.{name}"))
    for name in recipe.unknown:
        if name.startswith(f"{part}."):
            yield Fact(name.removeprefix(f"{part}."), (Words("unknown: nobody published it"),))


def _sources(entry: Entry, recipe: AnyRecipe, field: str) -> tuple[int, ...]:
    return note_numbers(entry, recipe.evidence.get(field, recipe.source))


def _hardware(entry: Entry, recipe: AnyRecipe) -> Iterator[Fact]:
    needed = recipe.hardware
    if needed:
        for label, text in _needs(needed):
            notes = note_numbers(entry, needed.source or recipe.evidence.get("hardware", recipe.source))
            yield Fact(label, (Words(text),), notes)
    if recipe.software:
        yield Fact("libraries", (Words(recipe.software),), _sources(entry, recipe, "software"))


def _needs(hardware: Hardware) -> Iterator[tuple[str, str]]:
    before = {"below": "less than ", "about": "about "}.get(hardware.hours_are, "")
    stated = {
        "GPU": hardware.gpu,
        "GPUs": plain(hardware.gpus) if hardware.gpus else None,
        "hours": f"{before}{plain(hardware.hours)}" if hardware.hours else None,
        "cost": f"{plain(hardware.cost_usd)} US dollars" if hardware.cost_usd else None,
        "note": hardware.note,
    }
    yield from ((label, text) for label, text in stated.items() if text)


def published(site: Catalogue, entry: Entry) -> tuple[Published, ...]:
    """Give each published figure of an entry with what the reader's own runs measured for it."""
    if not isinstance(entry, Model):
        return ()
    return tuple(
        Published(
            benchmark=site.link(result.benchmark, site.catalog[result.benchmark].name),
            metric=result.metric,
            value=figure(result.value, result.unit),
            band=_band(result),
            notes=note_numbers(entry, result.source),
            remark=result.note or "",
            seeds=tuple((seed, plain(value)) for seed, value in result.seeds.items()),
            own=tuple(_own(site, entry.id, result)),
        )
        for result in entry.results
    )


def figure(value: float, unit: str) -> str:
    """Write a figure with its unit."""
    return f"{value:g}{_SIGNS.get(unit, f' {unit}')}"


def _band(result: Result) -> str:
    if not result.tolerance:
        return ""
    where = {"seeds": "over seeds", "stated": "as published", "repeated-evaluation": "over repeated evaluation"}
    return f"± {result.tolerance:g}" + (f" {where[result.tolerance_source]}" if result.tolerance_source else "")


def _own(site: Catalogue, entry_id: str, result: Result) -> Iterator[Own]:
    for name, run in site.runs.get(entry_id, {}).items():
        for comparison in run.comparisons:
            if (comparison.benchmark, comparison.metric) == (result.benchmark, result.metric):
                measured = (
                    figure(comparison.measured, result.unit) if comparison.measured is not None else "not measured"
                )
                yield Own(name, run.started[:10], str(run.seed), measured, comparison.outcome)
