"""The outline of a box by the kind of entry, so that kinds differ without their colors."""

from __future__ import annotations


def outline(kind: str, x: float, y: float, width: float, height: float) -> str:
    """Give the SVG of a box around the center `x`, `y`; what is inside it is at least 10 px from its sides."""
    left, top = x - width / 2, y - height / 2
    return _OUTLINES.get(kind, _round)(left, top, width, height)


def _round(x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="box raised" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="7"/>'


def _cylinder(x: float, y: float, width: float, height: float) -> str:
    """Draw data as every diagram draws a store of it, with flat lids so that they take no place."""
    lid, right, low = 4.0, x + width, y + height
    body = (
        f"M{x:.1f} {y + lid:.1f}A{width / 2:.1f} {lid} 0 0 1 {right:.1f} {y + lid:.1f}V{low - lid:.1f}"
        f"A{width / 2:.1f} {lid} 0 0 1 {x:.1f} {low - lid:.1f}Z"
    )
    rim = f"M{x:.1f} {y + lid:.1f}A{width / 2:.1f} {lid} 0 0 0 {right:.1f} {y + lid:.1f}"
    return f'<path class="box raised" d="{body}"/><path class="box none" d="{rim}"/>'


def _doubled(x: float, y: float, width: float, height: float) -> str:
    """Draw what others run with double sides, as flow charts draw a process defined elsewhere."""
    right, low = x + width, y + height
    sides = f"M{x + 5:.1f} {y:.1f}V{low:.1f}M{right - 5:.1f} {y:.1f}V{low:.1f}"
    rect = f'<rect class="box raised" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
    return f'{rect}<path class="box none" d="{sides}"/>'


def _note(x: float, y: float, width: float, height: float) -> str:
    """Draw code as a sheet with a folded corner."""
    right, low, fold = x + width, y + height, 9.0
    sheet = f"M{x:.1f} {y:.1f}H{right - fold:.1f}L{right:.1f} {y + fold:.1f}V{low:.1f}H{x:.1f}Z"
    corner = f"M{right - fold:.1f} {y:.1f}V{y + fold:.1f}H{right:.1f}"
    return f'<path class="box raised" d="{sheet}"/><path class="box none" d="{corner}"/>'


def _hexagon(x: float, y: float, width: float, height: float) -> str:
    """Draw what models are judged on with pointed sides."""
    right, low, middle = x + width, y + height, y + height / 2
    ends = f"M{x + 8:.1f} {y:.1f}H{right - 8:.1f}L{right:.1f} {middle:.1f}L{right - 8:.1f} {low:.1f}"
    return f'<path class="box raised" d="{ends}H{x + 8:.1f}L{x:.1f} {middle:.1f}Z"/>'


_OUTLINES = {"dataset": _cylinder, "service": _doubled, "software": _note, "benchmark": _hexagon}
