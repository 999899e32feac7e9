"""Draw the evolution tree of models: time upwards, families as trunks, each twig leaving its base when it came out."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from llmreg.drawing.espalier import DOT, LINE, SIZE, SMALL, TITLE, espalier
from llmreg.drawing.frame import frame
from llmreg.drawing.legend import Occurring, legend_of, mark
from llmreg.drawing.palette import VERDICTS
from llmreg.drawing.style import style
from llmreg.drawing.text import width
from llmreg.escaping import markup as escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.drawing.branches import Grown, Twig
    from llmreg.drawing.espalier import Band, Espalier, Spot, Trunk

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OPENNESS = {
    "allowed": "open: may be passed on",
    "allowed-with-conditions": "restricted: may be passed on, on conditions",
    "unclear": "unclear",
    "forbidden": "closed: may not be passed on",
}
BEND = 10.0
"""Radius with which a twig leaves its stem, in px."""
_NARROWEST = 420.0
_MOST_NAMED = 40


def tree(grown: Grown, *, use: str, title: str = "", note: str = "") -> str:
    """Draw the branches as one self-contained SVG, marked by the verdicts for `use`, with notes below."""
    placed = espalier(grown.branches)
    answers = {spot.twig.verdict for trunk in placed.trunks for spot in trunk.spots}
    occurring = Occurring(
        verdicts=tuple(answer for answer in VERDICTS if answer in answers),
        words=_OPENNESS if use == "redistribution" else {},
    )
    wide = max(placed.width, _NARROWEST)
    key = legend_of(occurring, note="\n".join([*_notes(grown, placed), note]), most=wide)
    wide = max(wide, key.width)
    title = title or "Evolution tree: " + ", ".join(branch.name for branch in grown.branches)
    return frame(
        [
            *(_band(band, wide) for band in placed.bands),
            *(line for trunk in placed.trunks for line in _trunk(trunk)),
            f'<g transform="translate(0 {placed.height + 22:.1f})">{key.svg}</g>',
        ],
        uid="t"
        + hashlib.sha256(repr([title, use, [_said(branch) for branch in _twigs(placed)]]).encode()).hexdigest()[:10],
        title=title,
        description="Time runs upwards, a band for each month; twigs leave the branch that their weights come from.",
        rules=style(groups=("weights",), verdicts=occurring.verdicts),
        size=(wide, placed.height + 22 + key.height),
    )


def _twigs(placed: Espalier) -> Iterator[Twig]:
    for trunk in placed.trunks:
        for spot in trunk.spots:
            yield spot.twig


def _said(twig: Twig) -> str:
    """Say all of a twig, as its tooltip."""
    from_nothing = "weights from an entry without a date" if twig.loose else "weights from no other entry"
    through = ", through an entry without a date" if twig.loose else ""
    base = f"weights from {twig.base.label}{through}" if twig.base else from_nothing
    method = f"\nmethod: {twig.method}" if twig.method else ""
    return f"{twig.label} ({', '.join(twig.ids)})\nreleased: {twig.date}\n{base}{method}\nverdict: {twig.verdict}"


def _notes(grown: Grown, placed: Espalier) -> Iterator[str]:
    if any(band.empty for band in placed.bands):
        yield "Months in which nothing came out are drawn low."
    twigs = list(_twigs(placed))
    if any(twig.method for twig in twigs):
        yield "Small gray words name the method."
    if any(twig.loose for twig in twigs):
        yield "Dashed: an entry without a date lies between."
    if grown.several:
        yield "A model with weights from several bases stands with the first."
    if grown.left_out:
        yield f"Smaller families, not drawn: {_named(grown.left_out)}."
    if grown.undated:
        yield f"Not drawn, as no month of release is known: {_named(grown.undated)}."


def _named(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f", and {more} more" if more > 0 else "")


def _band(band: Band, wide: float) -> str:
    """Draw a month: a line below it and its name; January is named with its year."""
    low = band.top + band.height
    year, month = band.month.split("-")
    line = f'<path class="rule" d="M0 {low:.1f}H{wide:.1f}"/>' if not band.empty else ""
    words = f"{_MONTHS[int(month) - 1]} {year}"
    text = f'<text class="soft" x="0" y="{low - 7:.1f}" font-size="11">{words}</text>' if not band.empty else ""
    return line + text


def _trunk(trunk: Trunk) -> Iterator[str]:
    """Draw stems below twigs below marks, so that no line runs over a mark."""
    if not trunk.bare:
        yield from _stems(trunk)
        yield (
            f'<text class="name" x="{trunk.x:.1f}" y="{trunk.foot + 20:.1f}" font-size="{TITLE:g}" '
            f'text-anchor="middle">{escape(trunk.name)}</text>'
        )
        for spot in trunk.spots:
            yield _branch_off(trunk, spot)
    for spot in trunk.spots:
        yield _leaf(spot)


def _stems(trunk: Trunk) -> Iterator[str]:
    """Draw the trunk up to its last twig, and from each twig in a lane up to its own last one."""
    tops = [spot.y + (BEND if spot.base else 0.0) for spot in trunk.spots if not spot.base or spot.base.lane == 0]
    yield _stem(trunk.x, trunk.foot, min(tops), 5)
    for spot in trunk.spots:
        tops = [other.y for other in trunk.spots if other.base is spot]
        if spot.lane > 0:
            yield _stem(spot.x, spot.y, min(tops) + BEND, 3)


def _stem(x: float, low: float, top: float, wide: float) -> str:
    look = f"stroke-width:{wide:g};stroke-linecap:round"
    return f'<path class="edge weights" style="{look}" d="M{x:.1f} {low:.1f}V{top:.1f}"/>'


def _branch_off(trunk: Trunk, spot: Spot) -> str:
    """Draw the way from the base to the twig, or from a mark on its stem to the label."""
    start = spot.base.x if spot.base and spot.base.lane >= 0 else trunk.x
    leader = (
        f'<path class="rule none" stroke-dasharray="1 3" d="M{spot.x:.1f} {spot.y:.1f}H{spot.column:.1f}"/>'
        if spot.lane >= 0
        else ""
    )
    if not spot.base:
        return leader
    bend = BEND * spot.side
    dashes = ' stroke-dasharray="4 3"' if spot.twig.loose else ""
    # A line in the color of the ground keeps the twig apart from the lanes that it passes.
    return leader + (
        f'<path class="casing" stroke-width="6" d="M{start + bend:.1f} {spot.y:.1f}H{spot.x:.1f}"/>'
        f'<path class="edge weights"{dashes} '
        f'd="M{start:.1f} {spot.y + BEND:.1f}Q{start:.1f} {spot.y:.1f} {start + bend:.1f} {spot.y:.1f}H{spot.x:.1f}"/>'
    )


def _leaf(spot: Spot) -> str:
    """Draw mark and label."""
    twig = spot.twig
    anchor = "start" if spot.side > 0 else "end"
    x = spot.column + spot.side * (2 * DOT + 5 if spot.lane < 0 else 4)
    base = spot.y - LINE * (len(spot.lines) - 1) / 2 + SIZE * 0.36
    rows = []
    for index, line in enumerate(spot.lines):
        last = index == len(spot.lines) - 1
        # On the left the method stands between name and mark: only there is its place known without knowing the font.
        aside = width(spot.method, SMALL) + 6 if last and spot.method and spot.side < 0 else 0.0
        method = (
            f'<tspan class="soft" dx="6" font-size="{SMALL:g}">{escape(spot.method)}</tspan>'
            if last and spot.method
            else ""
        )
        rows.append(
            f'<text x="{x - aside:.1f}" y="{base + LINE * index:.1f}" font-size="{SIZE:g}" text-anchor="{anchor}">'
            f"{escape(line)}{'' if aside else method}</text>"
        )
        if aside:
            rows.append(
                f'<text class="soft" x="{x:.1f}" y="{base + LINE * index:.1f}" font-size="{SMALL:g}" '
                f'text-anchor="end">{escape(spot.method)}</text>'
            )
    return (
        f'<g class="node {twig.verdict}" data-ids="{escape(" ".join(twig.ids))}"><title>{escape(_said(twig))}</title>'
        f"{mark(twig.verdict, spot.x, spot.y)}{''.join(rows)}</g>"
    )
