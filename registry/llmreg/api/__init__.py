"""llmreg in Python: a catalog whose entries can be traced, checked, compared, planned and looked up among the runs."""

from __future__ import annotations

from llmreg.api.catalog import Catalog, load_catalog
from llmreg.api.runs import Runs

__all__ = ["Catalog", "Runs", "load_catalog"]
