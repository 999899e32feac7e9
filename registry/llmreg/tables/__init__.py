"""Entries side by side: what they are, what they may be used for, how they were made and what came out."""

from __future__ import annotations

from llmreg.tables.cells import Cell, ComparisonTable, Evidence, Fact, Row
from llmreg.tables.compare import compare
from llmreg.tables.rows import GROUPS

__all__ = ["GROUPS", "Cell", "ComparisonTable", "Evidence", "Fact", "Row", "compare"]
