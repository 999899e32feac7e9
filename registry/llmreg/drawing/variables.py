"""The palette as CSS variables, for light ground and for dark."""

from __future__ import annotations

from llmreg.drawing import palette
from llmreg.drawing.palette import Color


def colors() -> dict[str, Color]:
    """Give the palette's colors by the names of their variables: `--text`, `--forbidden`, `--dataset`, `--weights`."""
    ground = {name: getattr(palette, name.upper()) for name in ("text", "soft", "line", "ground", "raised", "link")}
    verdicts = {answer: verdict.color for answer, verdict in palette.VERDICTS.items()}
    relations = {group.name: group.color for group in palette.RELATIONS}
    return {**ground, **verdicts, **palette.KINDS, **relations}


def variables(selector: str = ":root") -> str:
    """Write the variables as CSS rules for `selector`: light, dark where the reader prefers it, light on paper."""
    light = " ".join(f"--{name}: {color.light};" for name, color in colors().items())
    dark = " ".join(f"--{name}: {color.dark};" for name, color in colors().items())
    return (
        f"{selector} {{ color-scheme: light dark; {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ {selector} {{ {dark} }} }}\n"
    )
