"""Turn a dataset's recipe into makers, with every setting filled and the record of how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, UsageError, did_you_mean
from llmreg.reproduce.recipe import set_value
from llmreg.schema import Dataset, DatasetRecipe, Strict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmreg.catalog import Catalog
    from llmreg.maker import Maker
    from llmreg.plugins import Plugins

SEED = 42
"""What a recipe is made with where nobody published a seed."""


class ResolvedStep(Strict):
    """A step with every setting."""

    maker: str
    settings: dict[str, Any]
    of: tuple[str, ...]


class ResolvedMaking(Strict):
    """A dataset's recipe with every gap filled, and the record of how each was filled."""

    id: str
    steps: tuple[ResolvedStep, ...]
    seed: int
    assumed: dict[str, Any]
    """Settings that nobody published, with the values taken for them."""
    overridden: dict[str, Any]
    """Settings that the user changed with `--set`."""


def recipe_of(catalog: Catalog, entry: Dataset) -> DatasetRecipe:
    """Return the dataset's recipe; raise `LlmregError` that says why nobody can make it, where it has none."""
    if entry.recipe is not None:
        return entry.recipe
    raise LlmregError(f"{entry.id} has no recipe in the catalog, so it cannot be made again: {_why(catalog, entry)}")


def _why(catalog: Catalog, entry: Dataset) -> str:
    """Say what is known of how a dataset without a recipe was made, and what can be done in place of it."""
    parents = {edge.of: edge.relation for edge in entry.made_from}
    made = [f"{relation} {name}" for name, relation in parents.items()]
    known = f"it is {', '.join(made)}, and how was not published or is not written down" if made else (
        "it was collected or written by people, and no steps of that are published"
    )  # fmt: skip
    users = [
        model_id
        for model_id in catalog.file_ids(Dataset)
        if any(
            edge.of == entry.id and edge.relation in ("derived-from", "mixture-of")
            for edge in catalog[model_id].edges()
        )
        and getattr(catalog[model_id], "recipe", None)
    ]
    where = f"; its rows are at {entry.hub_id} on the Hub" if entry.hub_id else ""
    return f"{known}{where}{f'; {users[0]} can be made from it' if users else ''}"


def resolve(
    catalog: Catalog, entry: Dataset, plugins: Plugins, overrides: Mapping[str, str] | None = None
) -> tuple[ResolvedMaking, list[Maker]]:
    """Build the maker of each step, and keep a list of the settings that the recipe leaves open.

    Raises `LlmregError` for a maker that no plugin offers or settings that it refuses, `UsageError` for a wrong
    override.
    """
    recipe = recipe_of(catalog, entry)
    known = [list(type(plugins.maker(step.maker, step.settings)).model_fields) for step in recipe.steps]
    changed = _overridden(known, overrides or {})
    steps, makers, assumed = [], list["Maker"](), dict[str, Any]()
    for number, step in enumerate(recipe.steps, start=1):
        own = {key.partition(".")[2]: value for key, value in changed.items() if key.startswith(f"{number}.")}
        maker = plugins.maker(step.maker, {**step.settings, **own})
        settings = maker.model_dump(mode="json")
        assumed |= {
            f"{number}.{name}": value
            for name, value in settings.items()
            if name not in step.settings and name not in own and (maker.asks or f"{number}.{name}" in recipe.unknown)
        }
        steps.append(ResolvedStep(maker=step.maker, settings=settings, of=step.of))
        makers.append(maker)
    seed = changed.get("seed", recipe.seed)
    if seed is None and _draws(makers):
        assumed["seed"] = SEED
    if not isinstance(seed, int | None) or (isinstance(seed, int) and not 0 <= seed < 2**32):
        raise UsageError(f"--set seed: takes a whole number from 0 to {2**32 - 1}, not {seed!r}")
    resolved = ResolvedMaking(
        id=entry.id, steps=tuple(steps), seed=SEED if seed is None else seed, assumed=assumed, overridden=changed
    )
    return resolved, makers


def _draws(makers: Sequence[Maker]) -> bool:
    """Tell whether any step hangs on chance."""
    return any(maker.asks or "shuffle" in type(maker).model_fields for maker in makers)


def _overridden(known: list[list[str]], overrides: Mapping[str, str]) -> dict[str, Any]:
    """Read `--set STEP.SETTING=VALUE`; a setting that only one step has needs no number, and `seed` has none."""
    changed: dict[str, Any] = {}
    for key, text in overrides.items():
        number, dot, name = key.rpartition(".")
        homes = [
            at for at, settings in enumerate(known, start=1) if name in settings and (not dot or number == str(at))
        ]
        if key == "seed":
            changed["seed"] = set_value(key, text)
        elif len(homes) == 1:
            changed[f"{homes[0]}.{name}"] = set_value(key, text)
        else:
            names = [f"{at}.{each}" for at, settings in enumerate(known, start=1) for each in settings]
            raise UsageError(
                f"--set {key}: no such setting{did_you_mean(key, names)}; there are seed, {', '.join(names)}"
                if not homes
                else f"--set {key}: several steps have it; write {' or '.join(f'{at}.{name}' for at in homes)}"
            )
    return changed


def refuse_assumptions(resolved: ResolvedMaking) -> None:
    """Stop a full run whose recipe leaves settings open; raise `LlmregError` with each of them."""
    if resolved.assumed:
        gaps = "\n".join(f"  {name} (would be {value})" for name, value in resolved.assumed.items())
        raise LlmregError(
            f"the recipe of {resolved.id} leaves settings open that nobody published:\n{gaps}\n"
            "give them with --set STEP.SETTING=VALUE, or accept the values above with --assume"
        )
