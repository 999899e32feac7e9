"""Draw a lineage graph as one self-contained HTML page: the picture, and every edge in words with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.drawing.palette import GROUND, LINE, LINK, RAISED, SOFT, TEXT
from llmreg.drawing.svg import picture, title_of
from llmreg.escaping import on_page

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from llmreg.drawing.layers import Graph

_COLORS = {"text": TEXT, "soft": SOFT, "line": LINE, "ground": GROUND, "raised": RAISED, "link": LINK}


def page(
    graph: Graph, *, focus: Collection[str] = (), verdicts: Mapping[str, str] | None = None, note: str = ""
) -> str:
    """Draw a lineage graph as `picture` does, with a table of its edges below."""
    import jinja2

    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("llmreg.drawing"),
        autoescape=True,
        finalize=on_page,
        undefined=jinja2.StrictUndefined,
    )
    edges = [
        {
            "child": graph.nodes[child]["name"],
            "parent": graph.nodes[parent]["name"],
            "child_id": child,
            "parent_id": parent,
            "address": _address(data["evidence"]),
            "stage": "",
            "how": "",
            **data,
        }
        for child, parent, _, data in sorted(graph.edges(keys=True, data=True), key=lambda edge: edge[:3])
    ]
    return templates.get_template("page.html").render(
        title=title_of(graph, focus),
        picture=picture(graph, focus=focus, verdicts=verdicts),
        note=note,
        colors=_COLORS,
        edges=edges,
    )


def _address(evidence: str) -> str | None:
    """Give the address that an evidence begins with."""
    first, _, _ = evidence.partition(" ")
    return first if first.startswith(("https://", "http://")) else None
