"""The stylesheet: the palette as variables for light and dark ground, then the rules."""

from __future__ import annotations

from pathlib import Path

from llmreg.drawing import palette
from llmreg.drawing.palette import Color

STATIC = Path(__file__).with_name("static")
"""The files of the site that are the same for every catalog."""


def colors() -> dict[str, Color]:
    """Give the palette's colors by the names of their variables."""
    ground = {name: getattr(palette, name.upper()) for name in ("text", "soft", "line", "ground", "raised", "link")}
    verdicts = {answer: verdict.color for answer, verdict in palette.VERDICTS.items()}
    relations = {group.name: group.color for group in palette.RELATIONS}
    return {**ground, **verdicts, **palette.KINDS, **relations}


def variables() -> str:
    """Write the palette as CSS variables: light, and dark where the reader prefers it."""
    light = " ".join(f"--{name}: {color.light};" for name, color in colors().items())
    dark = " ".join(f"--{name}: {color.dark};" for name, color in colors().items())
    return (
        f":root {{ color-scheme: light dark; {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
        "@media print { :root { color-scheme: light; " + light + " } }\n"
    )


def stylesheet() -> str:
    """Give the site's style.css."""
    return variables() + (STATIC / "style.css").read_text(encoding="utf-8")
