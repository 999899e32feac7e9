"""Pictures of ratings: a leaderboard with intervals, and who wins how often against whom."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil, floor, isnan, log10
from typing import TYPE_CHECKING

from llmreg.drawing.style import ROOT, style
from llmreg.drawing.text import cut, one_line, width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from llmreg.ratings.read import Ratings

_WIDTH, _MARGIN, _ROW, _SIZE, _SMALL = 760.0, 20.0, 30.0, 13.0, 11.0
_NAMES, _VALUES = 230.0, 130.0
"""Widths of the columns of names and of figures."""
_TOP = 58.0
_CELL = 56.0
_LINE = 16.0
_STRONGEST = 0.42
"""Opacity of a win rate of 100%, under which the figure on it stays readable."""


@dataclass(frozen=True)
class Bar:
    """One row of a leaderboard."""

    name: str
    value: float | None
    """None where there is no finite one; the row then says so."""
    low: float | None
    """None where there is no lower bound."""
    high: float | None
    beside: float | None = None
    """A second figure, drawn as a ring."""


def leaderboard(
    title: str, bars: Sequence[Bar], notes: Iterable[str], shown: Callable[[float], str] = "{:.0f}".format
) -> str:
    """Draw a dot and an interval for each row, with the figures beside them and what they mean below."""
    left, right = _MARGIN + _NAMES, _WIDTH - _MARGIN - _VALUES
    ticks = _ticks([each for bar in bars for each in (bar.value, bar.low, bar.high, bar.beside) if each is not None])
    bottom = _TOP + _ROW * len(bars)

    def at(value: float) -> float:
        share = (value - ticks[0]) / (ticks[-1] - ticks[0])
        return left + share * (right - left)

    parts = []
    for tick in ticks:
        parts.append(f'<path class="rule" d="M{at(tick):.1f} {_TOP - 4:g}V{bottom:g}"/>')
        parts.append(_text(at(tick), _TOP - 10, shown(tick), _SMALL, "soft", anchor="middle"))
    for row, bar in enumerate(bars):
        parts += _row(bar, _TOP + _ROW * (row + 0.5), at, (left, right), shown)
    return _picture(title, bottom, parts, notes)


def _row(
    bar: Bar, y: float, at: Callable[[float], float], edges: tuple[float, float], shown: Callable[[float], str]
) -> Iterator[str]:
    said = shown(bar.value) if bar.value is not None else "no finite rating"
    if bar.value is not None and (bar.low is not None or bar.high is not None):
        said += f"  {_bound(bar.low, shown)} to {_bound(bar.high, shown)}"
    yield f'<g class="model"><title>{escape(one_line(bar.name))}: {escape(said)}</title>'
    yield _text(_MARGIN, y + 4, cut(bar.name, _SIZE, _NAMES - 12), _SIZE)
    if bar.value is not None:
        if bar.low is not None or bar.high is not None:
            ends = [edge if end is None else at(end) for end, edge in zip((bar.low, bar.high), edges, strict=True)]
            yield f'<path class="box" stroke-width="2" d="M{ends[0]:.1f} {y:g}H{ends[1]:.1f}"/>'
            stops = [end for end, value in zip(ends, (bar.low, bar.high), strict=True) if value is not None]
            yield from (f'<path class="box" stroke-width="2" d="M{end:.1f} {y - 5:g}v10"/>' for end in stops)
        yield f'<circle class="tint" cx="{at(bar.value):.1f}" cy="{y:g}" r="5"/>'
    if bar.beside is not None:
        yield f'<circle class="box none" stroke-width="1.5" cx="{at(bar.beside):.1f}" cy="{y:g}" r="8"/>'
    yield _text(_WIDTH - _MARGIN, y + 4, said, _SIZE if len(said) < 6 else _SMALL, anchor="end") + "</g>"


def _bound(value: float | None, shown: Callable[[float], str]) -> str:
    return "no bound" if value is None else shown(value)


def win_rates(ratings: Ratings, order: Sequence[str], title: str) -> str:
    """Draw the share of points that each row's system takes from each column's, a tie being half."""
    import numpy as np

    places = [ratings.systems.index(system) for system in order]
    points, met = np.zeros((2, len(ratings.systems), len(ratings.systems)))
    for one, other, won in (
        (ratings.first, ratings.second, ratings.wins),
        (ratings.second, ratings.first, 1 - ratings.wins),
    ):
        np.add.at(points, (one, other), won)
        np.add.at(met, (one, other), 1)
    shares = np.divide(points, met, out=np.full_like(points, np.nan), where=met > 0)[np.ix_(places, places)]
    left, bottom = _MARGIN + _NAMES + 20, _TOP + _ROW * len(order)
    parts = []
    for row, system in enumerate(order):
        y = _TOP + _ROW * (row + 0.5)
        parts.append(_text(_MARGIN, y + 4, cut(f"{row + 1}  {system}", _SIZE, _NAMES), _SIZE))
        parts.append(_text(left + _CELL * (row + 0.5), _TOP - 10, str(row + 1), _SIZE, "soft", anchor="middle"))
        parts += _cells(shares[row], order, row, left, y)
    notes = ["Share of points that the system of the row takes from the system of the column; a tie is half a point."]
    return _picture(title, bottom, parts, notes, max(_WIDTH, left + _CELL * len(order) + _MARGIN))


def _cells(shares: NDArray[np.float64], order: Sequence[str], row: int, left: float, y: float) -> Iterator[str]:
    """Draw one row; above a half in the color of models, below in that of services, the stronger the further off."""
    for column, share in enumerate(map(float, shares)):
        x = left + _CELL * column
        known = not isnan(share)
        if known:
            kind, strength = ("model" if share >= 0.5 else "service"), abs(share - 0.5) * 2 * _STRONGEST
            box = f'<rect class="tint" fill-opacity="{strength:.3f}" x="{x + 1:g}" y="{y - _ROW / 2 + 1:g}"'
            said = f"{escape(one_line(order[row]))} against {escape(one_line(order[column]))}: {share:.1%}"
            size = f'width="{_CELL - 2:g}" height="{_ROW - 2:g}" rx="3"'
            yield f'<g class="{kind}"><title>{said}</title>{box} {size}/></g>'
        yield _text(
            x + _CELL / 2, y + 4, f"{share:.0%}" if known else "–", _SMALL, "" if known else "soft", anchor="middle"
        )


def _picture(title: str, bottom: float, parts: Iterable[str], notes: Iterable[str], wide: float = _WIDTH) -> str:
    """Put a frame, a heading and notes around what was drawn."""
    lines = [line for note in notes for line in _wrapped(note, wide - 2 * _MARGIN)]
    height = bottom + 22 + _LINE * len(lines)
    below = (_text(_MARGIN, bottom + 24 + _LINE * place, line, _SMALL, "soft") for place, line in enumerate(lines))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{ROOT}" role="img" width="{wide:g}" height="{height:g}" '
        f'viewBox="0 0 {wide:g} {height:g}" aria-label="{escape(one_line(title))}">',
        f"<style>\n{style(kinds=('model', 'service'))}\n</style>",
        f'<rect class="ground" width="{wide:g}" height="{height:g}"/>',
        _text(_MARGIN, 26, cut(title, 15, wide - 2 * _MARGIN, bold=True), 15, "name"),
        *parts,
        *below,
        "</svg>\n",
    ])  # fmt: skip


def _text(x: float, y: float, text: str, size: float, kind: str = "", anchor: str = "start") -> str:
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"{attributes} xml:space="preserve">{escape(text)}</text>'


def _wrapped(text: str, most: float) -> Iterator[str]:
    line = ""
    for word in one_line(text).split():
        if line and width(f"{line} {word}", _SMALL) > most:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line


_FINEST = 0.001
"""The least distance that an axis spans."""


def _ticks(values: Sequence[float]) -> list[float]:
    """Give round numbers, 4 to 11 of them, that reach around all values."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span = max(high - low, _FINEST)
    power = 10.0 ** floor(log10(span / 5))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= 6)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(tick * step, 10) for tick in range(first, max(last, first + 1) + 1)]
