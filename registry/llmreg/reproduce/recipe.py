"""Resolve a recipe: what was published, what the user set, and what had to be assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llmreg.errors import LlmregError, UsageError, did_you_mean
from llmreg.schema import Dataset, Model, Portion, Recipe, RecipeData, StagedRecipe, Strict, Training
from llmreg.schema.values import resolve_scalars
from llmreg.training.sft import SFT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmreg.catalog import Catalog
    from llmreg.method import Method
    from llmreg.objective import Objective
    from llmreg.plugins import Plugins

REQUIRED: dict[str, Any] = {"learning_rate": 2e-5, "batch_size": 32, "epochs": 3.0}
"""Settings without which nothing can be trained, and what `--assume` takes for them."""
TEMPLATES = {"instruction": "alpaca-stanford", "conversation": "vicuna-v1.1"}
"""The template that `--assume` takes for rows of a format that have no text of their own."""

_PORTIONS = "data.datasets."
_HARMLESS = ("gradient_checkpointing", "packing")
"""Settings that change what a run costs and not what it computes; left out of a recipe they are off."""


class Resolved(Strict):
    """A recipe with every gap filled, and the record of how each was filled."""

    id: str
    method: str
    settings: dict[str, Any]
    objective: dict[str, Any] = {}
    """Its name and settings; nothing for sft, which has none."""
    training: Training
    data: RecipeData
    assumed: dict[str, Any]
    """Settings that nobody published, with the values taken for them."""
    overridden: dict[str, Any]
    """Settings that the user changed with `--set`."""


def recipe_of(entry: Model) -> Recipe:
    """Give the entry's recipe; raise `LlmregError` where it has none, or one of several stages."""
    if entry.recipe is None:
        hint = f"; it is the file that makes {entry.file_of!r}: reproduce that" if entry.file_of else ""
        raise LlmregError(f"{entry.id} has no recipe in the catalog, so there is nothing to reproduce{hint}")
    if isinstance(entry.recipe, StagedRecipe):
        stages = ", ".join(stage.name for stage in entry.recipe.stages)
        raise LlmregError(
            f"{entry.id}: its recipe has several stages ({stages}), and llmreg plans and runs recipes of one stage; "
            "write the stage that you want as the recipe of an entry of its own"
        )
    return entry.recipe


def datasets_of(catalog: Catalog, entry: Model) -> list[Dataset]:
    """Give the datasets that the entry's own recipe trains on, in its order: not those that only its base has seen."""
    names = dict.fromkeys(edge.of for edge in entry.made_from if edge.relation == "trained-on")
    return [catalog.get_as(Dataset, name) for name in names]


def resolve(
    entry: Model, plugins: Plugins, overrides: Mapping[str, Any] | None = None, datasets: Sequence[Dataset] = ()
) -> tuple[Resolved, Method]:
    """Build the method and fill every setting that is not given, keeping a list of those.

    `datasets` are those of the recipe; where they are several, how each is taken is filled in, too. Raises
    `LlmregError` for a method no plugin offers or settings it refuses, `UsageError` for a wrong override.
    """
    published = recipe_of(entry)
    offered = plugins.method(published.method)
    names = [dataset.id for dataset in datasets] if len(datasets) > 1 else []
    aims = list(type(objective_of(plugins, published.objective)).model_fields)
    recipe, changed = _override(published, overrides or {}, list(offered.model_fields), names, aims)
    _check_readers(recipe.data, plugins, changed)
    method = plugins.build(recipe.method, recipe.settings)
    objective = objective_of(plugins, recipe.objective)
    _check_format(recipe.data, objective)
    assumed = {f"settings.{name}": value for name, value in _defaults(method, recipe.settings).items()}
    assumed |= {f"objective.{name}": value for name, value in _defaults(objective, recipe.objective).items()}
    fill = _assumptions(recipe)
    assumed |= fill
    training = recipe.training.model_copy(
        update={k.removeprefix("training."): v for k, v in fill.items() if k.startswith("training.")}
    )
    data = recipe.data.model_copy(update={k.removeprefix("data."): v for k, v in fill.items() if k.startswith("data.")})
    if len(datasets) > 1:
        portions, open_ones = _portions(recipe.data, datasets, plugins)
        data, assumed = data.model_copy(update={"datasets": portions}), assumed | open_ones
    settings = method.model_dump(mode="json")
    return Resolved(
        id=entry.id,
        method=recipe.method,
        settings=settings,
        objective={} if objective == SFT else {"name": objective.name, **objective.model_dump(mode="json")},
        training=training,
        data=data,
        assumed=assumed,
        overridden=changed,
    ), method


def objective_of(plugins: Plugins, stated: Mapping[str, Any]) -> Objective:
    """Build the objective that a recipe states; sft where it states none."""
    settings = {name: value for name, value in stated.items() if name != "name"}
    return plugins.objective(stated.get("name", SFT.name), settings)


def _check_format(data: RecipeData, objective: Objective) -> None:
    if data.format not in objective.reads:
        formats = " or ".join(objective.reads)
        raise LlmregError(f"data.format {data.format}: the objective {objective.name!r} reads rows of {formats}")


def _defaults(method: Method | Objective, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings that the recipe leaves open, with the defaults of the method or objective."""
    return {name: value for name, value in method.model_dump(mode="json").items() if name not in given}


def _assumptions(recipe: Recipe) -> dict[str, Any]:
    """Give a value for each open setting that training needs."""
    from llmreg.training.settings import assumed

    training = recipe.training
    missing = [name for name in REQUIRED if getattr(training, name) is None]
    if training.steps is not None and "epochs" in missing:
        missing.remove("epochs")
    filled = {f"training.{name}": REQUIRED[name] for name in missing}
    filled |= {f"training.{name}": value for name, value in assumed(training).items() if name not in _HARMLESS}
    if recipe.data.loss_on is None:
        filled["data.loss_on"] = "all" if recipe.data.format == "text" else "response"
    if recipe.data.template is None and recipe.data.format in TEMPLATES:
        filled["data.template"] = TEMPLATES[recipe.data.format]
    return filled


def _check_readers(data: RecipeData, plugins: Plugins, changed: Mapping[str, Any]) -> None:
    """Raise `LlmregError` for a reader that no plugin offers, `UsageError` where `--set` names it."""
    portions = {f"{_PORTIONS}{name}.reader": each.reader for name, each in (data.datasets or {}).items()}
    for key, reader in {"data.reader": data.reader, **portions}.items():
        if not reader:
            continue
        try:
            plugins.reader(reader)
        except LlmregError as error:
            if key in changed:
                raise UsageError(f"--set {key}: {error}") from None
            raise


def _portions(
    data: RecipeData, datasets: Sequence[Dataset], plugins: Plugins
) -> tuple[dict[str, Portion], dict[str, Any]]:
    """Say how each of several datasets is taken, and what of that nobody published."""
    portions, assumed = {}, dict[str, Any]()
    for dataset in datasets:
        stated = (data.datasets or {}).get(dataset.id, Portion())
        fitting = [reader for reader in dataset.readers if data.format in plugins.reader(reader).gives]
        taken = Portion(reader=stated.reader or next(iter(fitting), None), fraction=stated.fraction or 1.0)
        portions[dataset.id] = taken
        if stated.reader is None and len(fitting) > 1:
            assumed[f"{_PORTIONS}{dataset.id}.reader"] = taken.reader
        if stated.fraction is None:
            assumed[f"{_PORTIONS}{dataset.id}.fraction"] = taken.fraction
    return portions, assumed


def _override(
    recipe: Recipe, overrides: Mapping[str, Any], settings: list[str], datasets: list[str], aims: list[str]
) -> tuple[Recipe, dict[str, Any]]:
    """Lay `--set` over the recipe; keys are fields of training, data or settings, with or without that prefix.

    How one of several datasets is taken has the key `data.datasets.ID.FIELD`.
    """
    places = {"training": list(Training.model_fields), "data": list(RecipeData.model_fields), "settings": settings}
    if aims:
        places["objective"] = aims
    of_datasets = {f"{_PORTIONS}{name}": list(Portion.model_fields) for name in datasets}
    content = recipe.model_dump(exclude_unset=True)
    changed = {}
    for key, text in overrides.items():
        prefix, _, name = key.rpartition(".")
        near = places | of_datasets if prefix else places
        homes = [place for place, fields in near.items() if prefix in ("", place) and name in fields]
        if not homes:
            known = [field for place, fields in near.items() if prefix in ("", place) for field in fields]
            raise UsageError(
                f"--set {key}: no such setting{did_you_mean(name, known)}; there are {', '.join(sorted(known))}"
                if known
                else f"--set {key}: no such part of a recipe{did_you_mean(prefix, near)}; there are {', '.join(near)}"
            )
        part = content
        for step in homes[0].split(".", 2):
            part = part.setdefault(step, {})
        part[name] = changed[f"{homes[0]}.{name}"] = set_value(key, text)
    try:
        return Recipe.model_validate(content), changed
    except ValidationError as error:
        fault = error.errors()[0]
        raise UsageError(f"--set {'.'.join(map(str, fault['loc']))}: {fault['msg']}, not {fault['input']!r}") from None


def set_value(key: str, text: str) -> Any:
    """Read the value that `--set KEY=VALUE` gives; raise `UsageError` for a number out of range."""
    try:
        return resolve_scalars(text)
    except ValueError as error:
        raise UsageError(f"--set {key}: {error}") from None


def refuse_assumptions(resolved: Resolved) -> None:
    """Stop a full run whose recipe leaves settings open; raise `LlmregError` with each of them."""
    if resolved.assumed:
        gaps = "\n".join(f"  {name} (would be {value})" for name, value in resolved.assumed.items())
        raise LlmregError(
            f"the recipe of {resolved.id} leaves settings open that nobody published:\n{gaps}\n"
            "give them with --set KEY=VALUE, or accept the values above with --assume"
        )
