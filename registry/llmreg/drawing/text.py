"""How wide a text may come out: nothing says which font a reader has, so the widest common one is reckoned with."""

from __future__ import annotations

import unicodedata

from llmreg.escaping import for_xml
from llmreg.escaping import one_line as on_one_line

FONTS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
"""Fonts of the reader's own system; no font is shipped."""

# Advance widths of DejaVu Sans for the signs from space to tilde, in hundredths of the font size.
_WIDTHS = (
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
    84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61,
    69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59,
    82, 59, 59, 52, 64, 34, 64, 84,
)  # fmt: skip
_BOLD = 1.15
_LETTER = 0.9
_WIDE = 1.1
_ELLIPSIS = "…"


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Give a width in px that the text does not exceed at a font size in px."""
    return sum(map(_sign, text)) * size * (_BOLD if bold else 1.0)


def _sign(sign: str) -> float:
    place = ord(sign) - 32
    if 0 <= place < len(_WIDTHS):
        return _WIDTHS[place] / 100
    kind = unicodedata.category(sign)
    if kind in ("Mn", "Me", "Cf", "Cc"):
        return 0.0
    return _LETTER if kind[0] == "L" and unicodedata.east_asian_width(sign) not in "WF" else _WIDE


def one_line(text: str) -> str:
    """Put a text on one line, without the signs that XML does not allow."""
    return for_xml(on_one_line(text))


def wrapped(text: str, size: float, most: float, *, lines: int = 2, bold: bool = False) -> tuple[str, ...]:
    """Break a text between words into lines of at most `most` px, and cut what does not fit into `lines` of them."""
    rows: list[str] = []
    words = one_line(text).split(" ")
    while words and len(rows) < lines - 1:
        count = max((n for n in range(1, len(words) + 1) if _fits(words[:n], size, most, bold)), default=0)
        if not count:
            break
        rows.append(" ".join(words[:count]))
        words = words[count:]
    return (*rows, cut(" ".join(words), size, most, bold=bold)) if words else tuple(rows)


def _fits(words: list[str], size: float, most: float, bold: bool) -> bool:
    return width(" ".join(words), size, bold=bold) <= most


def cut(text: str, size: float, most: float, *, bold: bool = False) -> str:
    """Put a text on one line and end it with an ellipsis where it would be wider than `most` px."""
    text = one_line(text)
    if width(text, size, bold=bold) <= most:
        return text
    kept = ""
    for sign in text:
        if width(kept + sign + _ELLIPSIS, size, bold=bold) > most:
            break
        kept += sign
    return kept.rstrip() + _ELLIPSIS
