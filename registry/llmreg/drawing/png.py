"""Turn an SVG into a PNG."""

from __future__ import annotations

import re

from llmreg.errors import LlmregError

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
    if not _has_font():
        raise LlmregError(
            "a PNG needs a font, and this system has none that draws text: install one, such as fonts-dejavu-core or "
            "fonts-liberation, or write SVG (--format svg), for which the reader's system has fonts"
        )
    return bytes(resvg_py.svg_to_bytes(svg_string=_DARK.sub("", svg), zoom=scale, background="white"))


def _has_font() -> bool:
    """Tell whether text leaves a mark: a picture with a letter differs from an empty one."""
    import resvg_py

    frame = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'
    letter = '<text y="16" font-size="16" font-family="sans-serif">M</text>'
    drawn, empty = (bytes(resvg_py.svg_to_bytes(svg_string=frame.format(each))) for each in (letter, ""))
    return drawn != empty
