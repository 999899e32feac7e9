"""The frame of every picture: what it shows in words, its style sheet, the ground it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.drawing.style import ROOT
from llmreg.drawing.text import one_line
from llmreg.escaping import for_xml
from llmreg.escaping import markup as escape

if TYPE_CHECKING:
    from collections.abc import Iterable

MARGIN = 16.0


def frame(
    body: Iterable[str],
    *,
    uid: str,
    title: str,
    description: str,
    rules: str,
    size: tuple[float, float],
    defs: str = "",
    linked: bool = False,
) -> str:
    """Give the SVG around a drawing of this size in px; `uid` begins the ids, which other pictures in a page lack."""
    width, height = (f"{length + 2 * MARGIN:.0f}" for length in size)
    # What has the role of an image hides what is inside it, links too.
    role = "group" if linked else "img"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{ROOT}" role="{role}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" aria-labelledby="{uid}-title" aria-describedby="{uid}-desc">',
        f'<title id="{uid}-title">{escape(one_line(title))}</title>',
        f'<desc id="{uid}-desc">{escape(one_line(description))}</desc>',
        f"<style>\n{rules}\n</style>",
        f"<defs>{defs}</defs>" if defs else "",
        '<rect class="ground" width="100%" height="100%"/>',
        f'<g transform="translate({MARGIN:g} {MARGIN:g})">',
        *body,
        "</g>",
        "</svg>",
    ]
    return for_xml("\n".join(filter(None, lines)) + "\n")
