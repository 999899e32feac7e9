"""A lineage graph that draws itself in a notebook; imported where one is asked for, since networkx is heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx  # noqa: TID253 - a subclass of its graph; nothing imports this module before a graph is wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmreg.licensing import Answer

LARGEST = 120
"""Entries that are drawn; of a larger graph those nearest to the entries it was asked for."""


class Lineage(nx.MultiDiGraph):  # type: ignore[misc]  # networkx has no types
    """Typed, evidenced edges from children to parents: a networkx `MultiDiGraph` in every way."""

    focus: tuple[str, ...] = ()
    """The entries that it was asked for."""

    @classmethod
    def of(cls, graph: nx.MultiDiGraph[str], focus: tuple[str, ...]) -> Lineage:
        """Give the graph as one that draws itself with these entries marked."""
        lineage = cls(graph)
        lineage.focus = focus
        return lineage

    def svg(self, verdicts: Mapping[str, Answer] | None = None) -> str:
        """Draw it as one self-contained SVG, colored by `verdicts` (an answer by id) where they are given.

        Of more than 120 entries those nearest to the focus are drawn, with how many were left out at each.
        """
        from llmreg.drawing.cut import cut
        from llmreg.drawing.svg import picture

        shown = self if len(self) <= LARGEST else cut(self, self.focus or list(self)[:1], LARGEST)
        return picture(shown, focus=self.focus, verdicts=verdicts)

    def _repr_svg_(self) -> str | None:
        """Draw it where that can be read: whole if it is small, around its focus if it has one."""
        return self.svg() if self.focus or len(self) <= LARGEST else None

    def __repr__(self) -> str:
        """Say how large it is, and of what."""
        of = f" of {', '.join(self.focus)}" if self.focus else ""
        return f"<Lineage{of}: {len(self):,} entries, {self.number_of_edges():,} edges>"
