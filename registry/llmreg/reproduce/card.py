"""The model card of a run: Hub metadata, and in words what it is made of, what it owes and how it came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.catalog.names import license_named
from llmreg.exporters.card import base_models, front_matter, hub_name, license_fields, notes, table, text
from llmreg.licensing import DISCLAIMER
from llmreg.lineage import edges_of
from llmreg.schema import Dataset

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.reproduce.record import Run
    from llmreg.schema import Model


def card(catalog: Catalog, entry: Model, run: Run, licenses: list[str]) -> str:
    """Write the card as Markdown with YAML metadata that the Hub's parser reads.

    `licenses` are the ids that bind the weights. The metadata names a single one that the Hub knows, else `other`.
    """
    from huggingface_hub import ModelCardData

    data = [catalog[data.id] for data in run.data if data.id in catalog]
    languages = [language for one in data if isinstance(one, Dataset) for language in one.languages]
    metadata: dict[str, Any] = {
        "language": list(dict.fromkeys(languages)) or None,
        "library_name": "peft" if "adapter_config.json" in run.artifact_files else "transformers",
        "tags": ["llmreg", run.recipe.method],
        "datasets": [hub_name(catalog, one.id) for one in data] or None,
        **license_fields([license_named(catalog, name) for name in licenses]),
        **base_models(catalog, edges_of(catalog, entry.id)),
    }
    return front_matter(ModelCardData(**metadata)) + _body(entry, run)


def _body(entry: Model, run: Run) -> str:
    what = "A rehearsal" if run.kind == "rehearsal" else "A reproduction"
    lines = [
        f"# {text(entry.name)}",
        "",
        f"{what} of `{run.id}` by llmreg {run.environment['llmreg']}, started {run.started}.",
        "",
        "## License verdicts",
        "",
        *table(("use", "verdict"), run.verdicts.items()),
        f"Policy {run.verdict['policy']}, catalog of {run.verdict['catalog_date']}; {DISCLAIMER}.",
        "",
    ]
    if run.verdict["obligations"]:
        lines += ["Duties for the use that was asked for:", ""]
        lines += notes(f"{duty['text']} ({duty['license']})" for duty in run.verdict["obligations"])
    settings = {**run.recipe.settings, **run.recipe.training.model_dump(exclude_none=True)}
    lines += ["## Recipe", "", f"Method `{run.recipe.method}`, seed {run.seed}.", ""]
    lines += table(("setting", "value"), settings.items())
    if run.recipe.assumed:
        lines += [f"Assumed, because nobody published them: {', '.join(run.recipe.assumed)}.", ""]
    outcomes = [f"{one.benchmark}, {one.metric}: {_figures(one)}: {one.outcome}" for one in run.comparisons]
    outcomes += [f"{one.name}: {one.outcome} ({one.detail})" for one in run.checks]
    lines += ["## Outcome", "", *notes(outcomes)]
    return "\n".join([*lines, "Every input by hash is in `run.json` of the run.", ""])


def _figures(comparison: Any) -> str:
    band = f" ± {comparison.tolerance:g}" if comparison.tolerance else ""
    measured = "not measured" if comparison.measured is None else f"{comparison.measured:g}"
    return f"published {comparison.published:g}{band} {comparison.unit}, here {measured}"
