"""Typed, evidenced edges between entries, as a graph to walk, cut and export."""

from __future__ import annotations

from llmreg.catalog.accounts import SAME_AS
from llmreg.lineage.edges import Link, edges_of, links_of, same_as
from llmreg.lineage.formats import FORMATS
from llmreg.lineage.graph import Direction, lineage, lineage_around, paths, relations, subgraph

__all__ = [
    "FORMATS", "SAME_AS", "Direction", "Link", "edges_of", "lineage", "lineage_around", "links_of", "paths",
    "relations", "same_as", "subgraph",
]  # fmt: skip
