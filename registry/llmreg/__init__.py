"""A registry of open language models: lineage, license verdicts and reproducible recipes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmreg.api import Catalog, Runs, load_catalog
    from llmreg.api.graph import Lineage
    from llmreg.codec import Codec, Part
    from llmreg.errors import CatalogError, LlmregError, UnknownIdError, UsageError
    from llmreg.hookspecs import hookimpl
    from llmreg.licensing import Licensee, Verdict
    from llmreg.licensing.verdict import Verdicts
    from llmreg.maker import Estimate, Input, Maker, Question, Work
    from llmreg.method import Base, Method
    from llmreg.objective import Draft, Objective, Pairs, Sample, Scores
    from llmreg.reproduce.plan import Plan
    from llmreg.reproduce.record import Run
    from llmreg.tables import ComparisonTable
    from llmreg.training.formats.reader import Published, Reader

__version__ = "0.1.0"

_HOMES = {
    "Base": "llmreg.method",
    "Catalog": "llmreg.api",
    "CatalogError": "llmreg.errors",
    "Codec": "llmreg.codec",
    "ComparisonTable": "llmreg.tables",
    "Draft": "llmreg.objective",
    "Estimate": "llmreg.maker",
    "Input": "llmreg.maker",
    "Licensee": "llmreg.licensing",
    "Lineage": "llmreg.api.graph",
    "LlmregError": "llmreg.errors",
    "Maker": "llmreg.maker",
    "Method": "llmreg.method",
    "Objective": "llmreg.objective",
    "Part": "llmreg.codec",
    "Pairs": "llmreg.objective",
    "Plan": "llmreg.reproduce.plan",
    "Published": "llmreg.training.formats.reader",
    "Question": "llmreg.maker",
    "Reader": "llmreg.training.formats.reader",
    "Run": "llmreg.reproduce.record",
    "Runs": "llmreg.api",
    "Sample": "llmreg.objective",
    "Scores": "llmreg.objective",
    "UnknownIdError": "llmreg.errors",
    "UsageError": "llmreg.errors",
    "Verdict": "llmreg.licensing",
    "Verdicts": "llmreg.licensing.verdict",
    "Work": "llmreg.maker",
    "hookimpl": "llmreg.hookspecs",
    "load_catalog": "llmreg.api",
}

__all__ = [
    "Base", "Catalog", "CatalogError", "Codec", "ComparisonTable", "Draft", "Estimate", "Input", "Licensee", "Lineage",
    "LlmregError", "Maker", "Method", "Objective", "Pairs", "Part", "Plan", "Published", "Question", "Reader", "Run",
    "Runs", "Sample", "Scores", "UnknownIdError", "UsageError", "Verdict", "Verdicts", "Work", "hookimpl",
    "load_catalog",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `import llmreg` stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module 'llmreg' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
