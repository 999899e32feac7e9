"""Read entries from YAML files and check that they hold together."""

from __future__ import annotations

from llmreg.catalog.load import Catalog, built_in, load_catalog
from llmreg.catalog.validate import validate

__all__ = ["Catalog", "built_in", "load_catalog", "validate"]
