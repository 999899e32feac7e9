"""Check a whole catalog: each entry by itself, then the references between them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmreg.catalog.expressions import license_ids
from llmreg.catalog.names import license_named, names_of, normal
from llmreg.catalog.nearest import nearest
from llmreg.catalog.yaml import read
from llmreg.errors import CatalogError, Problem, UnknownIdError, did_you_mean
from llmreg.schema import (
    RELATION_ENDS,
    WEIGHT_RELATIONS,
    AnyRecipe,
    Asset,
    Benchmark,
    Dataset,
    DatasetRecipe,
    Entry,
    License,
    Model,
    Recipe,
    RecipeData,
    Service,
    StagedRecipe,
    Step,
    Template,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmreg.catalog.load import Catalog

    Place = tuple[str | int, ...]

_HUB_ID = re.compile(r"(https?://huggingface\.co/(datasets/)?|hf://)?[\w-][\w.-]*/[\w-][\w.-]*(@[\w.-]+)?/?", re.ASCII)


def validate(catalog: Catalog) -> list[Problem]:
    """Give every fault of every file: of its YAML, its fields, its references, and cycles along weight edges."""
    problems: list[Problem] = []
    entries: list[Entry] = []
    for entry_id in catalog:
        try:
            entries.append(catalog[entry_id])
        except CatalogError as error:
            problems += error.problems
    curated = [entry for entry in entries if not entry.imported]
    assets: dict[str, Asset] = {
        normal(name): entry
        for entry in curated
        if isinstance(entry, Model | Dataset | Service)
        for name in (entry.id, *entry.hub, *entry.aliases)
        if name
    }
    for entry in entries:
        faults = (*_references(catalog, entry), *_aliases(curated, entry), *_hidden_assets(assets, entry))
        for place, message in faults:
            path = catalog.path_of(entry.id)
            problems.append(Problem(path, read(path).line(place), ".".join(map(str, place)), message))
    problems += _weight_cycles(catalog, entries)
    return sorted(problems)


def _references(catalog: Catalog, entry: Entry) -> Iterator[tuple[Place, str]]:
    """Find names in one entry that no other entry has, or that are of the wrong kind."""
    yield from _edge_faults(catalog, entry)
    for component, claims in entry.license_claims().items():
        for claim in claims:
            for message in _license_faults(catalog, claim.id):
                yield ("licenses", component), message
    if isinstance(entry, Asset):
        for index, other in enumerate(entry.same_as):
            yield from _needs(catalog, type(entry), other, ("same_as", index))
    if isinstance(entry, Model):
        yield from _model_references(catalog, entry)
    if isinstance(entry, Dataset) and entry.recipe:
        yield from _making_faults(catalog, entry)
    if isinstance(entry, Benchmark) and entry.dataset:
        yield from _needs(catalog, Dataset, entry.dataset, ("dataset",))


def _edge_faults(catalog: Catalog, entry: Entry) -> Iterator[tuple[Place, str]]:
    for index, edge in enumerate(entry.edges()):
        place = ("made_from", index, "of")
        children, parents = RELATION_ENDS[edge.relation]
        if entry.kind not in children:
            yield ("made_from", index, "relation"), f"a {entry.kind} has no relation {edge.relation!r}"
        if edge.of not in catalog:
            yield place, f"no entry has the id {edge.of!r}{nearest(edge.of, catalog.file_ids(Asset))}"
        elif catalog.kind_of(edge.of).kind not in parents:
            kind = catalog.kind_of(edge.of).kind
            yield place, f"{edge.of!r} is a {kind}, but {edge.relation!r} leads to a {' or '.join(sorted(parents))}"


def _model_references(catalog: Catalog, model: Model) -> Iterator[tuple[Place, str]]:
    if model.file_of:
        yield from _needs(catalog, Model, model.file_of, ("file_of",))
    if model.codec:
        yield from _needs(catalog, Model, model.codec.base, ("codec", "base"))
    for index, result in enumerate(model.results):
        yield from _needs(catalog, Benchmark, result.benchmark, ("results", index, "benchmark"))
    if isinstance(model.recipe, Recipe):
        yield from _step_faults(catalog, model, model.recipe, ("recipe",))
        yield from _portion_faults(model, model.recipe.data)
    if isinstance(model.recipe, StagedRecipe):
        yield from _staged_faults(catalog, model, model.recipe)
    if model.recipe and model.recipe.evaluation:
        yield from _needs(catalog, Benchmark, model.recipe.evaluation, ("recipe", "evaluation"))


def _step_faults(catalog: Catalog, model: Model, step: Step, place: Place) -> Iterator[tuple[Place, str]]:
    """Find references of one stage that lead nowhere, and datasets that the model is not trained on."""
    if step.data.template:
        yield from _needs(catalog, Template, step.data.template, (*place, "data", "template"))
    trained_on = {edge.of for edge in model.made_from if edge.relation == "trained-on"}
    for name in step.data.datasets or {}:
        if name not in trained_on:
            message = f"the model is not trained on {name!r}{did_you_mean(name, trained_on)}"
            yield (*place, "data", "datasets", name), message


def _staged_faults(catalog: Catalog, model: Model, recipe: StagedRecipe) -> Iterator[tuple[Place, str]]:
    """Find what a stage starts from, asks or reads that the lineage does not have, and data that no stage reads."""
    models = {edge.of for edge in model.made_from if edge.is_base or edge.role}
    earlier = list[str]()
    for index, stage in enumerate(recipe.stages):
        place: Place = ("recipe", "stages", index)
        yield from _step_faults(catalog, model, stage, place)
        asked = [(("consults", role), name) for role, name in stage.consults.items()]
        for field, name in ((("from",), stage.start), *asked):
            if name and name not in {*earlier, *models}:
                known = did_you_mean(name, [*earlier, *models])
                what = f"{name!r} is neither an earlier stage nor a model under `made_from` that has a `role`{known}"
                yield (*place, *field), what
        if stage.name in models:
            yield (*place, "name"), f"{stage.name!r} is a model under `made_from` too; call the stage something else"
        earlier.append(stage.name)
    read = {name for stage in recipe.stages for name in stage.data.datasets or {}}
    for index, edge in enumerate(model.made_from):
        if edge.relation == "trained-on" and edge.of not in read:
            yield (
                ("made_from", index, "of"),
                f"no stage of the recipe reads {edge.of!r}; name it in `data.datasets` of one",
            )


def _hidden_assets(assets: Mapping[str, Asset], entry: Entry) -> Iterator[tuple[Place, str]]:
    """Find models, data and services that only a setting names: neither lineage nor license gate would see them."""
    if not isinstance(entry, Model | Dataset) or not entry.recipe:
        return
    parents = {entry.id, *(edge.of for edge in entry.made_from)}
    for place, settings in _settings_of(entry.recipe):
        for field, text in _texts(settings, place):
            named = assets.get(normal(text))
            if named and named.id not in parents:
                what = f"names the {named.kind} {named.id!r}"
            elif not named and _HUB_ID.fullmatch(text):
                what = f"names {text!r}, as the Hub writes a model"
            else:
                continue
            yield field, f"{what}; write it under `made_from`, a reward model as `distilled` with `role: reward`"


def _settings_of(recipe: AnyRecipe | DatasetRecipe) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield the settings of each stage or step of a recipe, with their place."""
    if isinstance(recipe, DatasetRecipe):
        yield from ((("recipe", "steps", at), {"settings": step.settings}) for at, step in enumerate(recipe.steps))
        return
    staged = isinstance(recipe, StagedRecipe)
    for at, stage in enumerate(recipe.steps.values()):
        place: Place = ("recipe", "stages", at) if staged else ("recipe",)
        yield place, {"settings": stage.settings, "objective": stage.objective}


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Give every text inside of settings with its place, keys of mappings too."""
    if isinstance(value, str):
        yield place, value
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(key, str):
            yield (*place, key), key
        yield from _texts(item, (*place, key))


def _portion_faults(model: Model, data: RecipeData) -> Iterator[tuple[Place, str]]:
    """Find the field for several datasets where the recipe is trained on a single one."""
    trained_on = {edge.of for edge in model.made_from if edge.relation == "trained-on"}
    if data.datasets is not None and (data.reader or len(trained_on) == 1):
        place: Place = ("recipe", "data", "datasets")
        yield place, "is for several datasets, each with a reader of its own; one alone has `reader` beside `format`"


def _making_faults(catalog: Catalog, dataset: Dataset) -> Iterator[tuple[Place, str]]:
    """Find datasets that a recipe reads and the lineage does not name: the license gate would not see them."""
    parents = {edge.of for edge in dataset.made_from if edge.relation in ("derived-from", "mixture-of")}
    for number, step in enumerate(dataset.recipe.steps if dataset.recipe else ()):
        for index, name in enumerate(step.of):
            place: Place = ("recipe", "steps", number, "of", index)
            yield from _needs(catalog, Dataset, name, place)
            if name not in parents:
                known = did_you_mean(name, parents)
                yield place, f"the dataset is not derived from {name!r}, nor a mixture of it{known}"


def _needs(catalog: Catalog, kind: type[Entry], entry_id: str, place: Place) -> Iterator[tuple[Place, str]]:
    known = catalog.ids(kind)
    if entry_id not in known:
        yield place, f"no {kind.kind} has the id {entry_id!r}{nearest(entry_id, known)}"


def _license_faults(catalog: Catalog, expression: str) -> Iterator[str]:
    try:
        ids = license_ids(expression)
    except ValueError as error:
        yield str(error)
        return
    for license_id in ids:
        try:
            license_named(catalog, license_id)
        except UnknownIdError as error:
            yield str(error)


def _aliases(curated: list[Entry], entry: Entry) -> Iterator[tuple[Place, str]]:
    """Find aliases of one entry that another entry of its kind owns; what trackers call their records binds nobody."""
    mine = {normal(alias) for alias in entry.aliases}
    if not mine or entry.imported:
        return
    for other in curated:
        if other.kind == entry.kind and other.id != entry.id:
            theirs = names_of(other) if isinstance(other, License) else map(normal, (other.id, *other.aliases))
            for alias in sorted(mine.intersection(theirs)):
                yield ("aliases",), f"the alias {alias!r} belongs to {other.id!r} too"


def _weight_cycles(catalog: Catalog, entries: list[Entry]) -> Iterator[Problem]:
    """Find models whose weights would have to come from themselves."""
    from graphlib import CycleError, TopologicalSorter

    weights = {entry.id: [edge.of for edge in entry.edges() if edge.relation in WEIGHT_RELATIONS] for entry in entries}
    try:
        TopologicalSorter(weights).prepare()
    except CycleError as error:
        cycle = " -> ".join(reversed(error.args[1]))
        path = catalog.path_of(error.args[1][0])
        yield Problem(path, read(path).line(("made_from",)), "made_from", f"weights flow in a circle: {cycle}")
