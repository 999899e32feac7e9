"""Draw a lineage graph as one self-contained SVG."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.drawing.boxes import (
    BADGE_GAP,
    BADGE_LINE,
    BADGE_SIZE,
    NAME_LINE,
    NAME_SIZE,
    Box,
    box_of,
    is_unchecked,
    told,
)
from llmreg.drawing.frame import frame
from llmreg.drawing.layout import layout
from llmreg.drawing.legend import Occurring, legend_of, mark
from llmreg.drawing.palette import GROUP_OF, KINDS, RELATIONS, VERDICTS
from llmreg.drawing.place import on_curve
from llmreg.drawing.shapes import outline
from llmreg.drawing.style import style
from llmreg.drawing.text import one_line, width
from llmreg.escaping import markup as escape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from llmreg.drawing.layers import Graph
    from llmreg.drawing.layout import Layout
    from llmreg.drawing.place import Point

_NARROWEST = 300.0
_ABOVE_LEGEND = 24.0
LABEL_SIZE = 9.5
_MOST_FOR_LABELS = 60


def picture(
    graph: Graph,
    *,
    focus: Collection[str] = (),
    verdicts: Mapping[str, str] | None = None,
    title: str = "",
    note: str = "",
    links: Callable[[str], str | None] | None = None,
    legend: bool = True,
    fast: bool = False,
) -> str:
    """Draw a lineage graph, parents above their children; what is handed on flows down along the lines.

    `focus` is marked; `verdicts` gives the answers by id that color the boxes; `links` gives an address for an id;
    `note` is written below; `fast` takes our own layout even where Graphviz is there. Nodes may carry `more_parents`
    and `more_children`, as `cut` counts them.
    """
    return _Picture(graph, frozenset(focus), verdicts, title or title_of(graph, focus), note, links).draw(
        legend=legend, fast=fast
    )


def title_of(graph: Graph, focus: Collection[str]) -> str:
    """Say what a picture shows."""
    names = [one_line(graph.nodes[each]["name"]) for each in sorted(focus) if each in graph]
    return f"Lineage of {', '.join(names)}" if names else "Lineage"


@dataclass
class _Picture:
    graph: Graph
    focus: frozenset[str]
    verdicts: Mapping[str, str] | None
    title: str
    note: str
    links: Callable[[str], str | None] | None

    def draw(self, *, legend: bool, fast: bool) -> str:
        boxes = {
            each: box_of(data, marked=self.verdicts is not None and each in self.verdicts)
            for each, data in self.graph.nodes(data=True)
        }
        placed = layout(self.graph, {each: (box.width, box.height) for each, box in boxes.items()}, fast=fast)
        occurring = self._occurring()
        wide = max(placed.width, _NARROWEST)
        key = legend_of(occurring if legend else Occurring(), note=self.note, most=wide)
        wide = max(wide, key.width)
        uid = self._uid()
        return frame(
            [
                f'<g transform="translate({(wide - placed.width) / 2:.1f} 0)">',
                *self._edges(placed, uid),
                *self._labels(placed),
                *(self._node(each, boxes[each], placed.positions[each]) for each in sorted(self.graph)),
                "</g>",
                f'<g transform="translate(0 {placed.height + _ABOVE_LEGEND:.1f})">{key.svg}</g>',
            ],
            uid=uid,
            title=self.title,
            description=self._description(),
            rules=style(
                kinds=occurring.kinds,
                groups=occurring.groups,
                verdicts=occurring.verdicts,
                unchecked=any(is_unchecked(data) for _, data in self.graph.nodes(data=True)),
            ),
            size=(wide, placed.height + _ABOVE_LEGEND + key.height),
            defs="".join(_head(uid, group) for group in occurring.groups),
            linked=self.links is not None,
        )

    def _occurring(self) -> Occurring:
        kinds = {data["kind"] for _, data in self.graph.nodes(data=True)}
        groups = {GROUP_OF[relation].name for *_, relation in self.graph.edges(data="relation")}
        answers = {self.verdicts[each] for each in self.graph if each in self.verdicts} if self.verdicts else set()
        left_out = any("more_parents" in data or "more_children" in data for _, data in self.graph.nodes(data=True))
        return Occurring(
            tuple(kind for kind in KINDS if kind in kinds),
            tuple(group.name for group in RELATIONS if group.name in groups),
            tuple(answer for answer in VERDICTS if answer in answers),
            focus=bool(self.focus & set(self.graph)),
            left_out=left_out,
        )

    def _uid(self) -> str:
        """Give a prefix for ids that other pictures in the same page do not have."""
        drawn = [self.title, sorted(self.graph), sorted(self.graph.edges(data="relation")), sorted(self.focus)]
        answers = sorted(self.verdicts.items()) if self.verdicts else []
        return "p" + hashlib.sha256(repr([*drawn, answers]).encode()).hexdigest()[:10]

    def _description(self) -> str:
        count = f"{len(self.graph)} {'entry' if len(self.graph) == 1 else 'entries'}"
        edges = self.graph.number_of_edges()
        return (
            f"{count} and {edges} {'edge' if edges == 1 else 'edges'}; parents stand above what was made from them. "
            "Each box and each line says in its title what it stands for."
        )

    def _edges(self, placed: Layout, uid: str) -> Iterator[str]:
        for (child, parent, key), route in sorted(placed.routes.items()):
            data = self.graph.edges[child, parent, key]
            group = GROUP_OF[data["relation"]].name
            said = escape(edge_told(child, parent, data))
            yield (
                f'<path class="edge {group}" data-child="{escape(child)}" data-parent="{escape(parent)}" '
                f'd="{path(route)}" marker-end="url(#{uid}-{group})"><title>{said}</title></path>'
            )

    def _labels(self, placed: Layout) -> Iterator[str]:
        """Name the relation where weights come from, near the child, in pictures small enough to read it."""
        if self.graph.number_of_edges() > _MOST_FOR_LABELS:
            return
        for line, route in sorted(placed.routes.items()):
            relation = self.graph.edges[line]["relation"]
            if GROUP_OF[relation].name == "weights":
                x, y = _label_place(route)
                yield (
                    f'<text class="soft halo" x="{x:.1f}" y="{y + 3:.1f}" font-size="{LABEL_SIZE:g}" '
                    f'text-anchor="middle">{relation}</text>'
                )

    def _node(self, each: str, box: Box, center: Point) -> str:
        data = self.graph.nodes[each]
        answer = self.verdicts.get(each) if self.verdicts else None
        classes = ["node", data["kind"], *([answer] if answer else []), *(["focus"] if each in self.focus else [])]
        classes += ["unchecked"] if is_unchecked(data) else []
        said = escape(told(each, data, answer))
        inner = f"<title>{said}</title>{''.join(self._box(each, box, center, answer))}"
        address = self.links(each) if self.links else None
        if address is not None:
            inner = f'<a href="{escape(address)}">{inner}</a>'
        return f'<g class="{" ".join(classes)}" data-id="{escape(each)}">{inner}</g>'

    def _box(self, each: str, box: Box, center: Point, answer: str | None) -> Iterator[str]:
        x, y = center
        data = self.graph.nodes[each]
        if each in self.focus:
            yield (
                f'<rect class="ring none" x="{x - box.width / 2 - 4:.1f}" y="{y - box.height / 2 - 4:.1f}" '
                f'width="{box.width + 8:.1f}" height="{box.height + 8:.1f}" rx="10" stroke-width="2.5"/>'
            )
        yield outline(data["kind"], x, y, box.width, box.height)
        if answer:
            yield mark(answer, x - box.width / 2 + 18, y)
        middle, top = x + box.mark / 2, y - box.height / 2 + 9.0
        for index, line in enumerate(box.name):
            base = top + NAME_LINE * (index + 0.78)
            yield (
                f'<text class="name" x="{middle:.1f}" y="{base:.1f}" font-size="{NAME_SIZE:g}" '
                f'text-anchor="middle">{escape(line)}</text>'
            )
        yield from _badges(box, middle, y + box.height / 2 - 9.0 - BADGE_LINE / 2 + 2.0)
        yield from _left_out(data, x, y, box.height)


def _badges(box: Box, x: float, y: float) -> Iterator[str]:
    left = x - (sum(badge.width + BADGE_GAP for badge in box.badges) - BADGE_GAP) / 2
    for badge in box.badges:
        dashes = ' stroke-dasharray="3 2"' if badge.missing else ""
        yield (
            f'<g class="badge"><rect class="ground" x="{left:.1f}" y="{y - 7.5:.1f}" width="{badge.width:.1f}" '
            f'height="15" rx="7.5"{dashes}/><text class="soft" x="{left + badge.width / 2:.1f}" '
            f'y="{y + BADGE_SIZE * 0.36:.1f}" font-size="{BADGE_SIZE:g}" text-anchor="middle">'
            f"{escape(badge.text)}</text></g>"
        )
        left += badge.width + BADGE_GAP


def _left_out(data: dict[str, Any], x: float, y: float, height: float) -> Iterator[str]:
    """Say above and below a box how many parents and children are not drawn."""
    for name, edge in (("more_parents", y - height / 2), ("more_children", y + height / 2)):
        if data.get(name):
            words = f"+{data[name]} more"
            wide = width(words, BADGE_SIZE) + 10
            yield (
                f'<g class="badge more"><rect class="ground" x="{x - wide / 2:.1f}" y="{edge - 7.5:.1f}" '
                f'width="{wide:.1f}" height="15" rx="7.5"/><text class="soft" x="{x:.1f}" y="{edge + 3.6:.1f}" '
                f'font-size="{BADGE_SIZE:g}" text-anchor="middle">{words}</text></g>'
            )


def _label_place(route: Sequence[Point]) -> Point:
    """Find a place on the last curve that is long enough for a label, away from the arrow's head."""
    curves = [route[start : start + 4] for start in range(0, len(route) - 1, 3)]
    long = [each for each in curves if abs(each[3][0] - each[0][0]) + abs(each[3][1] - each[0][1]) > 40]
    last = (long or curves)[-1]
    return on_curve(last, 0.7 if abs(last[3][1] - last[0][1]) > 30 else 0.45)


def _head(uid: str, group: str) -> str:
    return (
        f'<marker id="{uid}-{group}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path class="head {group}" d="M0 0.5L8 4L0 7.5Z"/></marker>'
    )


def path(route: Iterable[Point]) -> str:
    """Give SVG's `d` for the control points of cubic curves."""
    first, *others = (f"{x:.1f} {y:.1f}" for x, y in route)
    return f"M{first}C{' '.join(others)}"


def edge_told(child: str, parent: str, data: Mapping[str, Any]) -> str:
    """Say an edge in words: relation, stage, how, and on what evidence."""
    stage = f" ({data['stage']})" if "stage" in data else ""
    how = f", {data['how']}" if "how" in data else ""
    evidence = data["evidence"] or "not stated"
    return f"{child} -({data['relation']}){stage}-> {parent}{how}\nevidence: {evidence}"
