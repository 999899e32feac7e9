"""Typed, evidenced edges between entries, as a graph to walk, cut and export."""

from __future__ import annotations

from llmreg.lineage.edges import Link, edges_of, links_of
from llmreg.lineage.formats import FORMATS
from llmreg.lineage.graph import Direction, lineage, paths, relations, subgraph

__all__ = ["FORMATS", "Direction", "Link", "edges_of", "lineage", "links_of", "paths", "relations", "subgraph"]
