"""The model card and the data of CycloneDX components, which its Python library does not model (as of 11.12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.exporters.places import download, ref
from llmreg.lineage import edges_of
from llmreg.lineage.families import root_of
from llmreg.schema import Dataset, Model

if TYPE_CHECKING:
    from llmreg.exporters.dossier import Dossier
    from llmreg.schema import Asset, Result

_APPROACH = {
    "pretrain": "self-supervised",
    "sft": "supervised",
    "reward": "supervised",
    "rl": "reinforcement-learning",
}  # fmt: skip
"""How a stage of training learns, for the stages of which that is plain."""


def model_card(file: Dossier, model: Model) -> dict[str, Any]:
    """Give the `modelCard` of a model's component; a part of which nothing is known is left out."""
    parts = {
        "modelParameters": _parameters(file, model),
        "quantitativeAnalysis": _analysis(file, model),
        "considerations": _considerations(model),
    }
    return {"bom-ref": f"{ref(model.id)}#model-card", **{name: part for name, part in parts.items() if part}}


def _parameters(file: Dossier, model: Model) -> dict[str, Any]:
    edges = edges_of(file.catalog, model.id)
    root = file.catalog[root_of(file.catalog, model.id)]
    architecture = model.architecture or (root.architecture if isinstance(root, Model) else {})
    stages = {edge.stage for edge in edges if edge.relation == "trained-on" and edge.stage}
    approaches = {_APPROACH.get(stage) for stage in stages}
    datasets = {edge.of for edge in edges if edge.relation in ("trained-on", "evaluated-on")}
    parameters = {
        "approach": {"type": approaches.pop()} if len(approaches) == 1 and None not in approaches else None,
        "task": "text-generation" if model.recipe else None,
        "architectureFamily": str(architecture["model_type"]) if architecture else None,
        "modelArchitecture": root.name,
        "datasets": [{"ref": ref(dataset)} for dataset in sorted(datasets)],
    }
    return {name: value for name, value in parameters.items() if value}


def _analysis(file: Dossier, model: Model) -> dict[str, Any]:
    return {"performanceMetrics": [_metric(file, result) for result in model.results]} if model.results else {}


def _metric(file: Dossier, result: Result) -> dict[str, Any]:
    """Give a published figure; a band that its source states, as a confidence interval."""
    known = result.benchmark in file.catalog
    metric: dict[str, Any] = {
        "type": f"{result.metric} ({result.unit})",
        "value": f"{result.value:g}",
        "slice": file.catalog[result.benchmark].name if known else result.benchmark,
    }
    if result.tolerance and result.tolerance_source == "stated":
        low, high = result.value - result.tolerance, result.value + result.tolerance
        metric["confidenceInterval"] = {"lowerBound": f"{low:g}", "upperBound": f"{high:g}"}
    return metric


def _considerations(model: Model) -> dict[str, Any]:
    """Tell what is to be heeded: the notes, and what nobody published."""
    unpublished = [*model.unknown, *(model.recipe.unknown if model.recipe else ())]
    heeded = [*model.notes, *(f"not published: {what}" for what in unpublished)]
    return {"technicalLimitations": heeded} if heeded else {}


def component_data(entry: Asset) -> list[dict[str, Any]]:
    """Give the `data` of a dataset's or benchmark's component: what it is, where it lies and whose it is."""
    counts = {"rows": entry.rows, "tokens": entry.tokens} if isinstance(entry, Dataset) else {}
    contents: dict[str, Any] = {
        "url": download(entry),
        "properties": [{"name": f"llmreg:{name}", "value": str(count)} for name, count in counts.items() if count],
    }
    parts = {
        "type": "dataset",
        "name": entry.name,
        "contents": {name: part for name, part in contents.items() if part},
        "description": entry.description,
        "governance": {"owners": [{"organization": {"name": name}} for name in entry.developers]},
    }
    if not entry.developers:
        del parts["governance"]
    return [{name: part for name, part in parts.items() if part}]
