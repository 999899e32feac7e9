"""The rows of a comparison: for each group, what one entry has to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from llmreg.catalog.tiers import remark, tier_of
from llmreg.licensing import Checker
from llmreg.licensing.words import sentence
from llmreg.lineage import edges_of
from llmreg.schema import WEIGHT_RELATIONS, Asset, Benchmark, Dataset, Model, Service, Software
from llmreg.schema.base import Component, Stage
from llmreg.tables.cells import Cell, Evidence, Fact, evidence_of
from llmreg.tables.unknown import Unknown
from llmreg.tables.values import figure, hours, machines, plain, rounded
from llmreg.uses import Use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmreg.catalog import Catalog
    from llmreg.schema import AnyRecipe, Edge, LicenseClaim, Step

    Said = Iterator[tuple[str, str, Cell]]
    """Key, label and cell of each row that an entry has something to say in."""

_SAME_SIZE = ("finetune", "adapter", "delta", "quantized", "converted")
"""Relations to a base of which a model keeps the number of weights; what an adapter adds is small beside them."""
_MADE_FROM = (*WEIGHT_RELATIONS, "distilled", "derived-from", "mixture-of", "generated-by")
_TRAINING = (
    "learning_rate", "schedule", "steps", "epochs", "batch_size", "sequence_length", "source_max_length",
    "target_max_length", "optimizer", "precision",
)  # fmt: skip
_DATA = ("template", "loss_on")


@dataclass
class Asked:
    """An entry of which rows are asked, with what its rows share."""

    checker: Checker
    policy: str
    asset: Asset
    unknown: Unknown = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing told of what is unknown."""
        self.unknown = Unknown(self.asset)

    @property
    def catalog(self) -> Catalog:
        """Give the catalog that holds the entry."""
        return self.checker.catalog

    @property
    def stated_in(self) -> Asset:
        """Give the entry that states licenses and lineage: for a file the model that it makes."""
        file_of = self.asset.file_of if isinstance(self.asset, Model) else None
        return self.catalog.get_as(Model, file_of) if file_of else self.asset

    @property
    def recipe(self) -> AnyRecipe | None:
        """Give the recipe, if the entry has one."""
        return self.asset.recipe if isinstance(self.asset, Model) else None

    def row(self, key: str, label: str, name: str, *facts: Fact) -> Said:
        """Give the row if something is stated in it, or known under this name to be unknown."""
        if facts:
            yield key, label, Cell("stated", facts)
        elif (words := self.unknown.about(name)) is not None:
            note = words if words != name and not name.endswith(f".{words}") else None
            yield key, label, Cell("unknown", (Fact("unknown", note=note),))

    def in_recipe(self, name: str) -> tuple[Evidence, ...]:
        """Give where a field of the recipe was read, or the nearest part of it that names a source of its own."""
        assert self.recipe is not None  # noqa: S101
        key = self.recipe.evidence.get(name) or self.recipe.evidence.get(name.partition(".")[0]) or self.recipe.source
        return evidence_of(self.asset.sources[key])


def _kind(asked: Asked) -> Said:
    yield "kind", "kind", Cell("stated", (Fact(asked.asset.kind),))


def _evidence(asked: Asked) -> Said:
    yield "evidence", "evidence", Cell("concluded", (Fact(tier_of(asked.asset), note=remark(asked.asset) or None),))


def _size(asked: Asked) -> Said:
    asset = asked.asset
    if isinstance(asset, Model):
        yield from _parameters(asked, asset)
    for kind, name in ((Dataset, "rows"), (Dataset, "tokens"), (Benchmark, "items")):
        if isinstance(asset, kind):
            count = getattr(asset, name)
            text = rounded(count) if name == "tokens" and count else f"{count:,}" if count else ""
            facts = [Fact(text, value=count, evidence=evidence_of(asset.source_of(name)))] if count else []
            yield from asked.row(name, name, name, *facts)


def _parameters(asked: Asked, model: Model) -> Said:
    """Give the published number of weights, or that of the nearest base which has as many; a file has its own."""
    base = _sized(asked.catalog, model, set())
    if base is None or not base.parameters:
        yield from asked.row("size", "parameters", "parameters")
        return
    note = f"as stated of its base {base.id}" if base.id != model.id else None
    evidence = evidence_of(base.source_of("parameters"))
    text = f"{rounded(base.parameters)}{' (of its base)' if note else ''}"
    fact = Fact(text, value=base.parameters, note=note, evidence=evidence)
    yield "size", "parameters", Cell("concluded" if note else "stated", (fact,))


def _sized(catalog: Catalog, model: Model, seen: set[str]) -> Model | None:
    if model.parameters or model.file_of:
        return model
    for edge in edges_of(catalog, model.id):
        if edge.relation in _SAME_SIZE and edge.of not in seen and edge.of in catalog:
            seen.add(edge.of)
            if found := _sized(catalog, catalog.get_as(Model, edge.of), seen):
                return found
    return None


def _released(asked: Asked) -> Said:
    asset = asked.asset
    facts = [Fact(asset.released, evidence=evidence_of(asset.source_of("released")))] if asset.released else []
    yield from asked.row("released", "released", "released", *facts)


def _base(asked: Asked) -> Said:
    edges = [edge for edge in edges_of(asked.catalog, asked.asset.id) if edge.relation in _MADE_FROM]
    facts = [_edge(asked, edge, edge.relation) for edge in edges]
    if facts or not isinstance(asked.asset, Model):
        yield from asked.row("base", "made from", "made_from", *facts)
    elif asked.recipe and asked.recipe.method == "pretrain":
        yield "base", "made from", Cell("concluded", (Fact("random weights"),))


def _data(asked: Asked) -> Said:
    order = get_args(Stage)
    edges = [edge for edge in edges_of(asked.catalog, asked.asset.id) if edge.relation == "trained-on"]
    edges.sort(key=lambda edge: order.index(edge.stage or order[0]))
    yield from asked.row("data", "data", "training data", *(_edge(asked, edge, edge.stage) for edge in edges))


def _edge(asked: Asked, edge: Edge, label: str | None) -> Fact:
    return Fact(edge.of, label=label, note=edge.how, evidence=evidence_of(asked.stated_in.sources[edge.source]))


def _license(asked: Asked) -> Said:
    claims = asked.stated_in.license_claims()
    file = asked.asset.component if isinstance(asked.asset, Model) else None
    for component in get_args(Component):
        if component in claims and file in (None, component):
            facts = tuple(_claim(asked, claim) for claim in claims[component])
            state: Any = "unknown" if all(claim.id == "unknown" for claim in claims[component]) else "stated"
            yield f"license.{component}", f"license, {component}", Cell(state, facts)


def _claim(asked: Asked, claim: LicenseClaim) -> Fact:
    day = asked.checker.licensee.as_of.isoformat()
    holds = (claim.since or "") <= day and (claim.until is None or day < claim.until)
    times = [f"from {claim.since}" if claim.since else "", f"until {claim.until}" if claim.until else ""]
    text = " ".join(filter(None, [claim.id, *times]))
    return Fact(text, note=claim.note, evidence=evidence_of(asked.stated_in.sources[claim.source]), past=not holds)


def _verdict(asked: Asked) -> Said:
    if not isinstance(asked.asset, Model | Dataset | Service | Software):
        return
    for use in get_args(Use):
        verdict = asked.checker.check(asked.asset.id, use, asked.policy)
        because = verdict.reasons[0]
        evidence = (Evidence(because.source, seen=because.seen),) if because.source else ()
        rests = f"; evidence: {verdict.evidence}" if verdict.tier != "curated" else ""
        note = f"{sentence(because)}: {because.text}{rests}"
        fact = Fact(verdict.verdict, note=note, evidence=evidence, answer=verdict.verdict)
        yield use, f"{use} use", Cell("concluded", (fact,))


def _method(asked: Asked) -> Said:
    steps = asked.recipe.steps if asked.recipe else {}
    facts = [
        Fact(step.method, label=prefix.rstrip(".") or None, evidence=asked.in_recipe(f"{prefix}method"))
        for prefix, step in steps.items()
    ]
    yield from asked.row("method", "method", "recipe.method", *facts)


def _settings(asked: Asked) -> Said:
    recipe = asked.recipe
    for prefix, step in recipe.steps.items() if recipe else ():
        yield from _settings_of(asked, prefix, step)


def _settings_of(asked: Asked, prefix: str, step: Step) -> Said:
    """Give what one stage sets, and what of that nobody published."""
    before = f"{prefix}settings."
    unknown = asked.recipe.unknown if asked.recipe else ()
    unset = [text.removeprefix(before) for text in unknown if text.startswith(before)]
    parts: list[tuple[str, Any, tuple[str, ...]]] = [
        ("settings", step.settings.get, (*step.settings, *(name for name in unset if name not in step.settings))),
        ("training", lambda name: getattr(step.training, name), _TRAINING),
        ("data", lambda name: getattr(step.data, name), _DATA),
    ]
    for part, get, names in parts:
        for name in names:
            key, value = f"{prefix}{part}.{name}", get(name)
            number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
            facts = [] if value is None else [Fact(plain(value), value=number, evidence=asked.in_recipe(key))]
            label = f"{prefix.replace('.', ': ')}{name.replace('_', ' ')}"
            yield from asked.row(key, label, f"recipe.{key}", *facts)


def _hardware(asked: Asked) -> Said:
    hardware = asked.recipe.hardware if asked.recipe else None
    facts = []
    if hardware and (text := machines(hardware)):
        facts = [Fact(text, note=hardware.note if hardware.note != text else None, evidence=_measured(asked))]
    yield from asked.row("hardware", "hardware", "recipe.hardware.gpu", *facts)


def _hours(asked: Asked) -> Said:
    hardware = asked.recipe.hardware if asked.recipe else None
    text = hours(hardware) if hardware else None
    exact = hardware.hours if hardware and hardware.hours_are == "measured" else None
    facts = [Fact(text, value=exact, evidence=_measured(asked))] if text else []
    yield from asked.row("hours", "hours", "recipe.hardware.hours", *facts)


def _cost(asked: Asked) -> Said:
    cost = asked.recipe.hardware.cost_usd if asked.recipe and asked.recipe.hardware else None
    facts = [Fact(f"{cost:,g} USD", value=cost, evidence=_measured(asked))] if cost else []
    yield from asked.row("cost", "cost", "recipe.hardware.cost_usd", *facts)


def _measured(asked: Asked) -> tuple[Evidence, ...]:
    source = asked.recipe.hardware.source if asked.recipe and asked.recipe.hardware else None
    return evidence_of(asked.asset.sources[source]) if source else asked.in_recipe("hardware")


def _results(asked: Asked) -> Said:
    results = asked.asset.results if isinstance(asked.asset, Model) else ()
    for name in dict.fromkeys(f"{result.benchmark} {result.metric}" for result in results):
        facts = tuple(
            Fact(
                figure(result),
                value=result.value,
                note=result.note,
                evidence=evidence_of(asked.asset.sources[result.source]),
            )
            for result in results
            if f"{result.benchmark} {result.metric}" == name
        )
        yield f"results.{name}", name, Cell("stated", facts)


def _disagreements(asked: Asked) -> Said:
    told = [
        Fact(
            plain(each.about),
            note=" / ".join(plain(said.value) for said in each.says),
            evidence=evidence_of(*(asked.asset.sources[said.source] for said in each.says)),
        )
        for each in (*asked.asset.disagreements, *(asked.recipe.disagreements if asked.recipe else ()))
    ]
    if told:
        yield "disagreements", "sources disagree on", Cell("stated", tuple(told))


def _unpublished(asked: Asked) -> Said:
    if rest := asked.unknown.rest():
        yield "unpublished", "not published", Cell("stated", tuple(Fact(plain(each)) for each in rest))


GROUPS: dict[str, Callable[[Asked], Said]] = {
    "kind": _kind,
    "evidence": _evidence,
    "size": _size,
    "released": _released,
    "base": _base,
    "data": _data,
    "license": _license,
    "verdict": _verdict,
    "method": _method,
    "settings": _settings,
    "hardware": _hardware,
    "hours": _hours,
    "cost": _cost,
    "results": _results,
    "disagreements": _disagreements,
    "unpublished": _unpublished,
}
"""The groups in their order. `unpublished` comes last: it tells what none before it has told."""
