"""The model card of a run, from what was done: Hub metadata, and in words what it is made of, owes and came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.catalog.names import license_named
from llmreg.escaping import markdown as text
from llmreg.escaping import markdown_code as code
from llmreg.exporters.card import base_models, front_matter, hub_names, license_fields, notes, table
from llmreg.licensing import DISCLAIMER
from llmreg.lineage import edges_of
from llmreg.schema import Dataset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.catalog import Catalog
    from llmreg.reproduce.record import Data, Run
    from llmreg.schema import Model


def card(catalog: Catalog, entry: Model, run: Run, licenses: list[str]) -> str:
    """Write the card as Markdown with YAML metadata that the Hub's parser reads, from what was done.

    `licenses` are the ids that bind the weights. The metadata names a single one that the Hub knows, else `other`.
    A rehearsal has neither base, data nor license: its weights were drawn, and its rows made, here.
    """
    from huggingface_hub import ModelCardData

    rehearsal = run.kind == "rehearsal"
    metadata: dict[str, Any] = {
        "library_name": "peft" if "adapter_config.json" in run.artifact_files else "transformers",
        "tags": ["llmreg", *(["rehearsal"] if rehearsal else []), run.recipe.method],
    }
    if not rehearsal:
        metadata = {**_origins(catalog, entry, run, licenses), **metadata}
    return front_matter(ModelCardData(**metadata)) + "\n".join(_body(entry, run))


def _origins(catalog: Catalog, entry: Model, run: Run, licenses: list[str]) -> dict[str, Any]:
    """Give the metadata on what a reproduction is made of."""
    data = [catalog[data.id] for data in run.data if data.id in catalog]
    languages = [language for one in data if isinstance(one, Dataset) for language in one.languages]
    return {
        "language": list(dict.fromkeys(languages)) or None,
        "datasets": hub_names(catalog, (one.id for one in data)) or None,
        **license_fields([license_named(catalog, name) for name in licenses]),
        **base_models(catalog, edges_of(catalog, entry.id)),
    }


def _body(entry: Model, run: Run) -> Iterator[str]:
    by = f"of {code(run.id)} by llmreg {run.environment['llmreg']}, started {run.started}."
    if run.kind == "rehearsal":
        yield from [f"# {text(entry.name)}, rehearsed", "", f"A rehearsal {by}", ""]
        yield "This is a rehearsal: random weights, scaled down. It is not the model of that name. It has no weights"
        yield from ["and no data of that model or of its base in it, so none of their licenses binds it.", ""]
    else:
        yield from [f"# {text(entry.name)}", "", f"A reproduction {by}", ""]
        yield from _verdicts(run)
    yield from _start(run)
    yield from _data(run)
    yield from _recipe(run)
    yield from _outcome(run)
    yield from ["Every input by hash is in `run.json` of the run.", ""]


def _verdicts(run: Run) -> Iterator[str]:
    yield from ["## License verdicts", ""]
    yield from table(("use", "verdict"), run.verdicts.items())
    evidence = run.verdict.get("evidence", "not recorded by the version that ran it")
    yield f"Policy {run.verdict['policy']}, catalog of {run.verdict['catalog_date']}, evidence {text(evidence)};"
    yield from [f"{DISCLAIMER}.", ""]
    if run.verdict["obligations"]:
        yield from ["Duties for the use that was asked for:", ""]
        yield from notes(f"{duty['text']} ({duty['license']})" for duty in run.verdict["obligations"])


def _start(run: Run) -> Iterator[str]:
    """Tell which weights training began with."""
    base = run.base
    yield from ["## Starting weights", ""]
    if "scaled" in base:
        yield from [f"Random weights of a small {text(base['of']['model_type'])} model:", ""]
        yield from table(("dimension", "here", "in the recipe's model"), _dimensions(base["scaled"], base["of"]))
        return
    sealed = f"SHA-256 {code(str(base.get('sha256')))}"
    if "folder" in base:
        yield f"A local folder, given with `--base` in place of {code(str(base['id']))}, {sealed}. Its architecture is"
        yield "the one that the catalog has; whether its weights are those of that name was not checked."
    elif "hub" in base:
        yield f"{code(base['hub'])} at the commit {code(base['revision'])}, {sealed}."
    elif "run" in base:
        yield f"The artifact of a run of {code(str(base['id']))}, {sealed}."
    else:
        yield "Random weights."
    yield ""


def _dimensions(small: dict[str, Any], full: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name, value in small.items():
        if type(value) is int and not name.endswith("_token_id"):
            yield name, value, full.get(name)


def _data(run: Run) -> Iterator[str]:
    yield from ["## Data", ""]
    if run.data:
        rows = ((one.id, one.rows, one.held_out, _source(one), one.sha256) for one in run.data)
        yield from table(("dataset", "rows", "held out", "read from", "SHA-256"), rows)
    else:
        yield from ["Rows that llmreg made, in the format of the recipe's data.", ""]


def _source(data: Data) -> str:
    """Say where rows came from, without the places of files on the machine."""
    from llmreg.reproduce.data import MADE_HERE

    return data.source if data.source == MADE_HERE or data.source.startswith("hub:") else "a file given with --data"


def _recipe(run: Run) -> Iterator[str]:
    aim = f", objective {code(run.recipe.objective['name'])}" if run.recipe.objective else ""
    template = f", template {code(run.recipe.data.template)}" if run.recipe.data.template else ""
    yield from ["## Recipe", "", f"Method {code(run.recipe.method)}{aim}{template}, seed {run.seed}.", ""]
    yield from table(("setting", "value", "note"), ((name, value, _note(run, name)) for name, value in run.ran.items()))
    others = {name: value for name, value in run.recipe.overridden.items() if name.startswith("data.")}
    if others:
        changed = ", ".join(f"{name} = {value}" for name, value in others.items())
        yield from [f"Changed with `--set`: {text(changed)}.", ""]
    if run.recipe.assumed:
        yield from [f"Assumed, because nobody published them: {', '.join(run.recipe.assumed)}.", ""]


def _note(run: Run, name: str) -> str:
    """Say in what a setting is not the recipe's."""
    said = []
    for key in (f"settings.{name}", name):
        if key in run.scaled:
            published = run.scaled[key][0]
            said.append("scaled; the recipe leaves it open" if published is None else f"scaled from {published}")
    if {f"settings.{name}", f"training.{name}"} & run.recipe.overridden.keys():
        said.append("changed with --set")
    return ", ".join(said)


def _outcome(run: Run) -> Iterator[str]:
    yield from ["## Outcome", "", f"{run.steps or 0:,} steps, {run.tokens or 0:,} tokens.", ""]
    outcomes = [f"{one.name}: {one.outcome} ({one.detail})" for one in run.checks]
    if run.kind == "reproduction":
        figures = [f"{one.benchmark}, {one.metric}: {_figures(one)}: {one.outcome}" for one in run.comparisons]
        outcomes = figures + outcomes
    else:
        outcomes.append("no published figure can be compared with those of a rehearsal")
    yield from notes(outcomes)


def _figures(comparison: Any) -> str:
    band = f" ± {comparison.tolerance:g}" if comparison.tolerance else ""
    measured = "not measured" if comparison.measured is None else f"{comparison.measured:g}"
    return f"published {comparison.published:g}{band} {comparison.unit}, here {measured}"
