"""Place the evolution tree: months as bands from the bottom up, families as trunks, labels in columns beside them.

A twig leaves its base at its own month. What itself bears twigs gets a lane beside the trunk and rises from there;
labels stand beyond all lanes of their side, and trunks share a column only where one ends before the next begins,
so no labels overlap.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmreg.drawing.text import cut, width, wrapped

if TYPE_CHECKING:
    from llmreg.drawing.branches import Branch, Twig

SIZE = 12.0
SMALL = 9.5
TITLE = 15.0
LINE = 14.0
LANE = 26.0
DOT = 7.5
_ROW_GAP = 9.0
_EMPTY_BAND = 8.0
_BAND_PADDING = 8.0
_TITLE_ROOM = 30.0
_AXIS = 66.0
_BETWEEN = 26.0
_WIDEST_LABEL = 180.0
_WIDEST_METHOD = 96.0
_ONE_SIDED = 6
"""A trunk with at most so many twigs bears them on one side."""


@dataclass(eq=False)
class Spot:
    """Where a twig stands, in px from the upper left corner once all is placed."""

    twig: Twig
    side: int
    """-1 left of the trunk, 1 right of it."""
    lines: tuple[str, ...]
    method: str
    wide: float
    base: Spot | None = None
    lane: int = 0
    """0 is the trunk; -1 stands for a leaf, whose mark is at its label."""
    x: float = 0.0
    y: float = 0.0
    column: float = 0.0
    """Where the label begins, or on the left side ends."""

    @property
    def height(self) -> float:
        """Give the height of the row."""
        return LINE * len(self.lines) + _ROW_GAP

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Give left, top, right and bottom of the label."""
        left = self.column if self.side > 0 else self.column - self.wide
        return left, self.y - self.height / 2 + 2, left + self.wide, self.y + self.height / 2 - 2


@dataclass
class Trunk:
    """One family; one that has a single twig has no stem."""

    name: str
    spots: list[Spot]
    x: float = 0.0
    foot: float = 0.0
    """Where the trunk begins, above the family's name."""
    left: float = 0.0
    """How far it reaches to the left of `x`."""
    right: float = 0.0

    @property
    def bare(self) -> bool:
        """Tell a single twig."""
        return len(self.spots) == 1

    @property
    def reach(self) -> tuple[float, float]:
        """Give where it ends above and below."""
        top = min(spot.box[1] for spot in self.spots)
        return top, self.spots[0].box[3] if self.bare else self.foot + _TITLE_ROOM


@dataclass
class Band:
    """A month."""

    month: str
    top: float
    height: float
    empty: bool


@dataclass
class Espalier:
    """The placed tree."""

    trunks: list[Trunk]
    bands: list[Band] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def espalier(branches: list[Branch]) -> Espalier:
    """Place the branches, the oldest on the left."""
    trunks = [_trunk(branch.name, branch.twigs) for branch in branches]
    trunks.sort(key=lambda trunk: (trunk.spots[0].twig.after, trunk.name))
    tree = Espalier(trunks)
    _rise(tree)
    for trunk in trunks:
        _spread(trunk)
    x = _AXIS
    for column in _packed(trunks):
        left, right = max(trunk.left for trunk in column), max(trunk.right for trunk in column)
        for trunk in column:
            trunk.x = x + left
            for spot in trunk.spots:
                spot.x += trunk.x
                spot.column += trunk.x
        x += left + right + _BETWEEN
    tree.width = x - _BETWEEN
    return tree


def _packed(trunks: list[Trunk]) -> list[list[Trunk]]:
    """Put each trunk into the free column that it widens least, or into a new one."""
    columns: list[list[Trunk]] = []
    for trunk in trunks:
        free = [column for column in columns if all(_apart(trunk, other) for other in column)]
        best = min(free, key=lambda column: _widened(column, trunk), default=None)
        if best is None or _widened(best, trunk) > trunk.left + trunk.right:
            columns.append([trunk])
        else:
            best.append(trunk)
    return columns


def _apart(one: Trunk, other: Trunk) -> bool:
    (top, low), (other_top, other_low) = one.reach, other.reach
    return low + LINE < other_top or other_low + LINE < top


def _widened(column: list[Trunk], trunk: Trunk) -> float:
    left, right = max(each.left for each in column), max(each.right for each in column)
    return max(trunk.left - left, 0.0) + max(trunk.right - right, 0.0)


def _trunk(name: str, twigs: list[Twig]) -> Trunk:
    """Share the twigs out between the sides of a trunk: what hangs together stays together, months are balanced."""
    spots: dict[Twig, Spot] = {}
    load: dict[tuple[int, str], int] = defaultdict(int)
    for twig in twigs:
        below = spots.get(twig.base) if twig.base else None
        if below and below.base:
            side = below.side
        elif len(twigs) <= _ONE_SIDED:
            side = 1
        else:
            side = min((1, -1), key=lambda side: sum(load[side, month] for month in _months(twig, twigs)))
        load[side, twig.month] += 1
        lines = wrapped(twig.label, SIZE, _WIDEST_LABEL, lines=3)
        wide = max(width(line, SIZE) for line in lines)
        method = cut(twig.method, SMALL, _WIDEST_METHOD)
        wide = max(wide, width(lines[-1], SIZE) + (6 + width(method, SMALL) if method else 0.0))
        spots[twig] = Spot(twig, side, lines, method, wide + 2 * DOT + 6, below)
    trunk = Trunk(name, list(spots.values()))
    if trunk.bare:
        trunk.spots[0].lane = -1
    return trunk


def _months(twig: Twig, twigs: list[Twig]) -> list[str]:
    """Give the months of a twig and of all that hang on it."""
    found, months = {twig}, [twig.month]
    for other in twigs:
        if other.base in found:
            found.add(other)
            months.append(other.month)
    return months


def _rise(tree: Espalier) -> None:
    """Stack the rows month by month upwards, then count from the top."""
    months = sorted({spot.twig.month for trunk in tree.trunks for spot in trunk.spots})
    floor = 0.0
    for month in _all_between(months):
        height = max((_fill(trunk, month, floor) for trunk in tree.trunks), default=0.0)
        empty = not height
        height = height + _BAND_PADDING if height else _EMPTY_BAND
        tree.bands.append(Band(month, floor + height, height, empty))
        floor += height
    tree.height = floor
    for band in tree.bands:
        band.top = floor - band.top
    for trunk in tree.trunks:
        trunk.foot = floor - trunk.foot
        for spot in trunk.spots:
            spot.y = floor - spot.y


def _fill(trunk: Trunk, month: str, floor: float) -> float:
    """Put the twigs of one month on the sides of one trunk; give how high they reach above the floor."""
    rows = [spot for spot in trunk.spots if spot.twig.month == month]
    start = floor + _BAND_PADDING / 2
    if rows and rows[0] is trunk.spots[0]:
        trunk.foot = start + (0.0 if trunk.bare else _TITLE_ROOM)
        start = trunk.foot + (0.0 if trunk.bare else 4.0)
    reached = {1: start, -1: start}
    for spot in rows:
        bottom = reached[spot.side]
        if spot.base and spot.base.twig.month == month:
            bottom = max(bottom, spot.base.y + spot.base.height / 2)
        spot.y = bottom + spot.height / 2
        reached[spot.side] = bottom + spot.height
    return max(reached.values()) - floor if rows else 0.0


def _all_between(months: list[str]) -> list[str]:
    """Give every month from the first to the last."""
    if not months:
        return []
    first, last = (int(month[:4]) * 12 + int(month[5:7]) - 1 for month in (months[0], months[-1]))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, last + 1)]


def _spread(trunk: Trunk) -> None:
    """Give lanes and label columns their places beside the trunk, whose own is 0 until it has a column."""
    for side in (-1, 1):
        here = [spot for spot in trunk.spots if spot.side == side]
        beside = 0.0 if trunk.bare else LANE * (_lanes(here, trunk) + 1)
        reach = max((spot.wide for spot in here), default=-beside) + beside
        title = 0.0 if trunk.bare else width(trunk.name, TITLE, bold=True) / 2
        if side < 0:
            trunk.left = max(reach, title, DOT)
        else:
            trunk.right = max(reach, title, DOT)
        for spot in here:
            spot.column = side * beside - (DOT if trunk.bare else 0.0)
            spot.x = spot.column + side * DOT if spot.lane < 0 else side * LANE * spot.lane


def _lanes(spots: list[Spot], trunk: Trunk) -> int:
    """Give every twig that bears others the nearest lane that is free for as long as it grows; count the lanes."""
    ends: dict[Spot, float] = {}
    for spot in trunk.spots:
        if spot.base:
            ends[spot.base] = min(spot.y, ends.get(spot.base, spot.base.y))
    taken: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for spot in spots:
        if spot.base is None:
            spot.lane = 0
        elif spot not in ends:
            spot.lane = -1
        else:
            lane = max(spot.base.lane, 0) + 1
            while any(ends[spot] - LINE < low and high - LINE < spot.y for high, low in taken[lane]):
                lane += 1
            spot.lane = lane
            taken[lane].append((ends[spot], spot.y))
    return max((spot.lane for spot in spots if spot.lane > 0), default=0)
