"""Read entries from YAML files and check that they hold together."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmreg.catalog.load import Catalog, load_catalog
    from llmreg.catalog.roots import built_in
    from llmreg.catalog.validation import validate

__all__ = ["Catalog", "built_in", "load_catalog", "validate"]
_MODULES = {"Catalog": "load", "built_in": "roots", "load_catalog": "load", "validate": "validation"}


def __getattr__(name: str) -> Any:
    """Load a part when it is first asked for: the schema takes longer to import than a shown entry to print."""
    if name in _MODULES:
        return getattr(import_module(f"llmreg.catalog.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
