"""The stylesheet: the palette as variables for light and dark ground, then the rules."""

from __future__ import annotations

from pathlib import Path

from llmreg.drawing.variables import variables

STATIC = Path(__file__).with_name("static")
"""The files of the site that are the same for every catalog."""


def stylesheet() -> str:
    """Give the site's style.css."""
    return variables() + (STATIC / "style.css").read_text(encoding="utf-8")
