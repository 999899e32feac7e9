"""The model card of a run: Hub metadata, and in words what it is made of, what it owes and how it came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.licensing import DISCLAIMER

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.reproduce.record import Run
    from llmreg.schema import Model

_HUB_RELATIONS = {"finetune": "finetune", "adapter": "adapter", "merge": "merge", "quantized": "quantized"}


def card(catalog: Catalog, entry: Model, run: Run, licenses: list[str]) -> str:
    """Write the card as Markdown with YAML metadata that the Hub's parser reads.

    `licenses` are the ids that bind the weights. The metadata names a single one that the Hub knows, else `other`.
    """
    from huggingface_hub import ModelCardData

    single = licenses[0] if len(licenses) == 1 else None
    hub_license = _hub_license(catalog, single)
    metadata: dict[str, Any] = {
        "language": "en",
        "library_name": "peft" if "adapter_config.json" in run.artifact_files else "transformers",
        "license": hub_license,
        "tags": ["llmreg", run.recipe.method],
    }
    if hub_license == "other":
        metadata["license_name"] = " and ".join(licenses) or "unknown"
    bases = [edge for edge in entry.made_from if edge.relation in _HUB_RELATIONS]
    if bases:
        base = catalog[bases[0].of]
        metadata["base_model"] = getattr(base, "hub", None) or base.id
        metadata["base_model_relation"] = _HUB_RELATIONS[bases[0].relation]
    if run.data:
        metadata["datasets"] = [
            getattr(catalog[data.id], "hub", None) or data.id for data in run.data if data.id in catalog
        ]
    return f"---\n{ModelCardData(**metadata).to_yaml()}\n---\n\n{_body(entry, run)}"


def _body(entry: Model, run: Run) -> str:
    what = "A rehearsal" if run.kind == "rehearsal" else "A reproduction"
    lines = [
        f"# {entry.name}",
        "",
        f"{what} of `{run.id}` by llmreg {run.environment['llmreg']}, started {run.started}.",
        "",
    ]
    lines += ["## License verdicts", "", "| use | verdict |", "|---|---|"]
    lines += [f"| {use} | {verdict} |" for use, verdict in run.verdicts.items()]
    lines += ["", f"Policy {run.verdict['policy']}, catalog of {run.verdict['catalog_date']}; {DISCLAIMER}.", ""]
    if run.verdict["obligations"]:
        lines += ["Duties for the use that was asked for:", ""]
        lines += [f"- {duty['text']} ({duty['license']})" for duty in run.verdict["obligations"]] + [""]
    lines += [
        "## Recipe",
        "",
        f"Method `{run.recipe.method}`, seed {run.seed}.",
        "",
        "| setting | value |",
        "|---|---|",
    ]
    settings = {**run.recipe.settings, **run.recipe.training.model_dump(exclude_none=True)}
    lines += [f"| {name} | {value} |" for name, value in settings.items()]
    if run.recipe.assumed:
        lines += ["", f"Assumed, because nobody published them: {', '.join(run.recipe.assumed)}."]
    lines += ["", "## Outcome", ""]
    for comparison in run.comparisons:
        lines.append(f"- {comparison.benchmark}, {comparison.metric}: {_figures(comparison)}: {comparison.outcome}")
    lines += [f"- {check.name}: {'held' if check.passed else 'FAILED'} ({check.detail})" for check in run.checks]
    return "\n".join([*lines, "", "Every input by hash is in `run.json` of the run.", ""])


def _figures(comparison: Any) -> str:
    band = f" ± {comparison.tolerance:g}" if comparison.tolerance else ""
    measured = "not measured" if comparison.measured is None else f"{comparison.measured:g}"
    return f"published {comparison.published:g}{band} {comparison.unit}, here {measured}"


def _hub_license(catalog: Catalog, license_id: str | None) -> str:
    """Give the Hub's id of a license, or `other`."""
    if license_id is None:
        return "other"
    aliases = [alias.removeprefix("hf:") for alias in catalog[license_id].aliases if alias.startswith("hf:")]
    return aliases[0] if aliases else "other"
