"""Turn an SVG into a PNG."""

from __future__ import annotations

import re
from functools import cache

from llmreg.errors import LlmregError

_FAMILIES = (
    "Arial", "Liberation Sans", "DejaVu Sans", "Noto Sans", "Helvetica", "Segoe UI", "Roboto", "Ubuntu", "Cantarell",
    "Open Sans", "FreeSans", "Nimbus Sans",
)  # fmt: skip
"""Fonts without serifs that systems come with."""
_DARK = re.compile(r"@media \(prefers-color-scheme:dark\)\{.*?\n\}", re.DOTALL)


def to_png(svg: str, scale: float = 2.0) -> bytes:
    """Give a picture as PNG on light ground, `scale` px for each of its own.

    Raises `LlmregError` where the extra `draw` is missing, and where the system has no font, since resvg would then
    leave all text out without a word.
    """
    try:
        import resvg_py
    except ImportError:
        raise LlmregError(
            "a PNG needs the extra `draw`: pip install 'llmreg[draw]'; "
            "without it write SVG (--format svg), which every browser shows and prints"
        ) from None
    family = _family()
    if family is None:
        raise LlmregError(
            "a PNG needs a font, and this system has none that draws text: install one, such as fonts-dejavu-core or "
            "fonts-liberation, or write SVG (--format svg), for which the reader's system has fonts"
        )
    plain = _DARK.sub("", svg)
    return bytes(resvg_py.svg_to_bytes(svg_string=plain, zoom=scale, background="white", sans_serif_family=family))


@cache
def _family() -> str | None:
    """Return the first family of fonts in which text leaves a mark: a picture with a letter differs from an empty one.

    The renderer takes one family for all text without serifs, whether the system has it or not.
    """
    import resvg_py

    frame = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'
    letter = '<text y="16" font-size="16" font-family="sans-serif">M</text>'
    empty = bytes(resvg_py.svg_to_bytes(svg_string=frame.format("")))
    for family in _FAMILIES:
        if bytes(resvg_py.svg_to_bytes(svg_string=frame.format(letter), sans_serif_family=family)) != empty:
            return family
    return None
