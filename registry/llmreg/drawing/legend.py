"""The legend of a picture: only what occurs in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmreg.drawing.palette import RELATIONS, VERDICTS
from llmreg.drawing.shapes import outline
from llmreg.drawing.text import width, wrapped
from llmreg.escaping import markup as escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIZE = 11.0
_ROW = 22.0
_LINE = 15.0
_MOST_LINES = 8
_SAMPLE = 34.0
"""Room for the sign before the words."""


@dataclass(frozen=True)
class Occurring:
    """What occurs in a picture, in the order of the palette."""

    kinds: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    focus: bool = False
    left_out: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    """What verdicts are called, where that is not what they are."""


@dataclass(frozen=True)
class Legend:
    """The SVG of a legend and its size in px."""

    svg: str
    width: float
    height: float


def legend_of(occurring: Occurring, *, note: str = "", most: float) -> Legend:
    """Give the legend with a note below it, its items in rows of at most `most` px."""
    x, y, right = 0.0, _ROW / 2, 0.0
    drawn = []
    for sign, words in _items(occurring):
        long = _SAMPLE + width(words, SIZE) + 18
        if x and x + long > most:
            x, y = 0.0, y + _ROW
        text = f'<text class="soft" x="{_SAMPLE:g}" y="4" font-size="{SIZE:g}">{escape(words)}</text>'
        drawn.append(f'<g transform="translate({x:.1f} {y:.1f})">{sign}{text}</g>')
        x += long
        right = max(right, x - 18)
    for paragraph in note.splitlines():
        for index, line in enumerate(wrapped(paragraph, SIZE, max(most, right), lines=_MOST_LINES)):
            y += _LINE if index else _ROW if drawn else 0.0
            right = max(right, width(line, SIZE))
            drawn.append(f'<text class="soft" x="0" y="{y + 4:.1f}" font-size="{SIZE:g}">{escape(line)}</text>')
    if not drawn:
        return Legend("", 0.0, 0.0)
    return Legend("\n".join(['<g class="legend">', *drawn, "</g>"]), right, y + _ROW / 2)


def _items(occurring: Occurring) -> Iterator[tuple[str, str]]:
    """Give each sign, drawn around the middle of its room, with its words."""
    for kind in occurring.kinds:
        yield f'<g class="{kind}">{outline(kind, 13, 0, 22, 13)}</g>', kind
    if occurring.focus:
        ring = '<rect class="ring none" x="2" y="-6.5" width="22" height="13" rx="4" stroke-width="2"/>'
        yield f'<g class="focus">{ring}</g>', "asked for"
    for group in RELATIONS:
        if group.name in occurring.groups:
            yield f'<path class="edge {group.name}" d="M0 0H26"/>', f"{group.name}: {group.meaning}"
    for answer in occurring.verdicts:
        yield f'<g class="{answer}">{mark(answer, 13, 0)}</g>', occurring.words.get(answer, answer.replace("-", " "))
    if occurring.left_out:
        yield '<text class="soft" x="0" y="4" font-size="10">+N</text>', "more that are not drawn"


def mark(answer: str, x: float, y: float) -> str:
    """Draw the mark of a verdict around a point."""
    sign = VERDICTS[answer].mark
    return (
        f'<circle class="tint" cx="{x:.1f}" cy="{y:.1f}" r="7.5"/>'
        f'<text class="on name" x="{x:.1f}" y="{y + 4:.1f}" font-size="11" text-anchor="middle">{sign}</text>'
    )
