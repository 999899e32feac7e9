"""A registry of open language models: lineage, license verdicts and reproducible recipes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmreg.catalog import Catalog, load_catalog
    from llmreg.errors import CatalogError, LlmregError, UnknownIdError
    from llmreg.hookspecs import hookimpl
    from llmreg.method import Base, Memory, Method

__version__ = "0.1.0"

_HOMES = {
    "Base": "llmreg.method",
    "Catalog": "llmreg.catalog",
    "CatalogError": "llmreg.errors",
    "LlmregError": "llmreg.errors",
    "Memory": "llmreg.method",
    "Method": "llmreg.method",
    "UnknownIdError": "llmreg.errors",
    "hookimpl": "llmreg.hookspecs",
    "load_catalog": "llmreg.catalog",
}

__all__ = [
    "Base", "Catalog", "CatalogError", "LlmregError", "Memory", "Method", "UnknownIdError", "hookimpl", "load_catalog",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `import llmreg` stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module 'llmreg' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
