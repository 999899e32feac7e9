"""Give the items of sorted layers their places in px, and the lines their ways between them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmreg.drawing.layers import Layers

Point: TypeAlias = tuple[float, float]
GAP = 22.0
"""Between boxes side by side, in px."""
ROW_GAP = 30.0
"""Between the rows of one layer that is wrapped."""
_STEP = 6.0
"""Width of a step of a line."""
_STEP_GAP = 8.0
_SWEEPS = 8
_WIDEST = 1_200.0
"""A layer that would be wider is wrapped into rows, unless the whole picture is large."""


@dataclass
class Column:
    """Items of one layer that stand below each other; where there are several, with gutters for lines past them.

    Lines come in on the left and go out on the right, so that none seems to go on as another.
    """

    items: list[int]
    width: float
    gutter: float
    x: float = 0.0

    @property
    def way_in(self) -> float:
        """Give where lines from above pass the items."""
        return self.x - self.width / 2 - self.gutter / 2

    @property
    def way_out(self) -> float:
        """Give where lines to below pass the items."""
        return self.x + self.width / 2 + self.gutter / 2


@dataclass
class Grid:
    """Where everything stands."""

    columns: list[list[Column]]
    column_of: dict[int, Column]
    centers: dict[int, Point]
    tops: list[float]
    """Upper edge of each layer."""
    bottoms: list[float]
    width: float
    height: float


def grid_of(layers: Layers, sizes: Mapping[str, tuple[float, float]], gap: float) -> Grid:
    """Place the items: layers below each other with `gap` px between them, each item near those it is linked to."""
    size = [sizes[each] for each in layers.ids] + [(_STEP, 0.0)] * (len(layers.layer) - len(layers.ids))
    widest = max(_WIDEST, sum((width + GAP) * (height + ROW_GAP) for width, height in size) ** 0.5)
    columns = [_columns(row, size, layers, widest) for row in layers.rows]
    column_of = {item: column for row in columns for column in row for item in column.items}
    _shift(columns, column_of, layers)
    left = min((column.x - column.width / 2 - column.gutter for row in columns for column in row), default=0.0)
    right = max((column.x + column.width / 2 + column.gutter for row in columns for column in row), default=0.0)
    grid = Grid(columns, column_of, {}, [], [], right - left, 0.0)
    for row in columns:
        for column in row:
            column.x -= left
        _stack(grid, row, size, gap)
    grid.height = grid.bottoms[-1] if grid.bottoms else 0.0
    return grid


def _columns(row: list[int], size: list[Point], layers: Layers, widest: float) -> list[Column]:
    """Cut a row into columns of one item, or of as many as it takes to keep the layer from becoming too wide."""
    whole = sum(size[item][0] + (_STEP_GAP if layers.is_step(item) else GAP) for item in row)
    deep = max(1, -int(-whole // widest))
    columns: list[Column] = []
    for item in row:
        step = layers.is_step(item)
        last = columns[-1] if columns else None
        if last and not step and len(last.items) < deep and not layers.is_step(last.items[0]):
            last.items.append(item)
            last.width = max(last.width, size[item][0])
        else:
            columns.append(Column([item], size[item][0], GAP if deep > 1 and not step else 0.0))
    return columns


def _shift(columns: list[list[Column]], column_of: dict[int, Column], layers: Layers) -> None:
    """Bring every column as near to those it is linked to as the others of its layer let it."""
    for row in columns:
        x = 0.0
        for before, column in pairwise([None, *row]):
            assert column is not None  # noqa: S101
            x += _apart(before, column) if before else 0.0
            column.x = x
        for column in row:
            column.x -= x / 2
    bound = max((row[-1].x for row in columns if row), default=0.0)
    for turn in range(_SWEEPS):
        ordered = columns if turn % 2 == 0 else columns[::-1]
        sides = (layers.up,) if turn % 2 == 0 else (layers.down,)
        for row in ordered:
            _settle(row, column_of, (layers.up, layers.down) if turn >= _SWEEPS - 2 else sides, bound)


def _apart(left: Column, right: Column) -> float:
    gap = _STEP_GAP if left.width == right.width == _STEP else GAP
    return (left.width + right.width) / 2 + gap + right.gutter


def _settle(row: list[Column], column_of: dict[int, Column], sides: Sequence[list[list[int]]], bound: float) -> None:
    """Place the columns of one layer with the least squared distance from where each would stand if it were alone.

    Neighbors that would overlap are pooled (pool adjacent violators); none goes further out than `bound`, where the
    widest layer ends, so that the picture grows no wider than that.
    """
    pools: list[tuple[float, float, int]] = []
    offsets = [0.0]
    for before, column in pairwise(row):
        offsets.append(offsets[-1] + _apart(before, column))
    for column, offset in zip(row, offsets, strict=True):
        wish, weight = _wish(column, column_of, sides)
        pool = (wish - offset, weight, 1)
        while pools and pools[-1][0] >= pool[0]:
            mean, mass, count = pools.pop()
            both = mass + pool[1]
            pool = ((mean * mass + pool[0] * pool[1]) / both, both, count + pool[2])
        pools.append(pool)
    index = 0
    for mean, _, count in pools:
        for column, offset in zip(row[index : index + count], offsets[index : index + count], strict=True):
            column.x = max(-bound, min(mean, bound - offsets[-1])) + offset
        index += count


def _wish(column: Column, column_of: dict[int, Column], sides: Sequence[list[list[int]]]) -> Point:
    """Give where a column would stand if it were alone, and how much that weighs: steps pull to keep lines straight."""
    linked = [column_of[other] for side in sides for item in column.items for other in side[item]]
    if not linked:
        return column.x, 0.1
    pull = [8.0 if column.width == other.width == _STEP else 1.0 for other in linked]
    return sum(weight * other.x for weight, other in zip(pull, linked, strict=True)) / sum(pull), sum(pull)


def _stack(grid: Grid, row: list[Column], size: list[Point], gap: float) -> None:
    """Put the rows of one layer below what is already placed."""
    top = grid.bottoms[-1] + gap if grid.bottoms else 0.0
    grid.tops.append(top)
    heights: dict[int, float] = defaultdict(float)
    for column in row:
        for index, item in enumerate(column.items):
            heights[index] = max(heights[index], size[item][1])
    for index in sorted(heights):
        for column in row:
            if index < len(column.items):
                grid.centers[column.items[index]] = (column.x, top + heights[index] / 2)
        top += heights[index] + ROW_GAP
    grid.bottoms.append(top - ROW_GAP)


def curve(points: Sequence[Point]) -> tuple[Point, ...]:
    """Give the control points of cubic curves through points, leaving and reaching each of them vertically."""
    route = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        route += [(x0, middle), (x1, middle), (x1, y1)]
    return tuple(route)


def on_curve(curve_: Sequence[Point], share: float) -> Point:
    """Give the point of one cubic curve at a share of its parameter, 0 at its start and 1 at its end."""
    points = list(curve_)
    while len(points) > 1:
        points = [(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for (x0, y0), (x1, y1) in pairwise(points)]
    return points[0]
