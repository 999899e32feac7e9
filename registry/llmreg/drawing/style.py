"""The style sheet of a picture: plain rules with the colors of the palette, for light and for dark ground.

Colors are written out instead of as variables, since LaTeX's, Inkscape's and resvg's readers of SVG know none, and
every rule begins with the class of a picture, since a picture inside a page shares its style sheets with the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.drawing.palette import GROUND, KINDS, LINE, RAISED, RELATIONS, SOFT, TEXT, VERDICTS
from llmreg.drawing.text import FONTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.drawing.palette import Color

ROOT = "llmreg-picture"


def style(
    *, kinds: Iterable[str] = (), groups: Iterable[str] = (), verdicts: Iterable[str] = (), unchecked: bool = False
) -> str:
    """Give the rules for what occurs in a picture; verdicts come last, so that they win over kinds."""
    painted = [
        *(rule for kind in kinds for rule in _box(kind, KINDS[kind])),
        *(rule for group in RELATIONS if group.name in groups for rule in _line(group.name, group.color)),
        *(rule for verdict in verdicts for rule in _box(verdict, VERDICTS[verdict].color)),
        ("text", "fill", TEXT),
        (".soft", "fill", SOFT),
        (".ground", "fill", GROUND),
        (".on", "fill", GROUND),
        (".raised", "fill", RAISED),
        (".badge rect, .rule", "stroke", LINE),
        (".focus .ring", "stroke", TEXT),
        (".halo, .casing", "stroke", GROUND),
    ]
    fixed = [
        f".{ROOT} text{{font-family:{FONTS.replace(chr(34), chr(39))}}}",
        f".{ROOT} .edge,.{ROOT} .none{{fill:none}}",
        f".{ROOT} .name{{font-weight:600}}",
        f".{ROOT} .halo{{paint-order:stroke;stroke-width:3px}}",
        *([f".{ROOT} .unchecked .box{{stroke-dasharray:4 3}}"] if unchecked else []),
    ]
    fixed += [
        f".{ROOT} .edge.{group.name}{{stroke-width:{group.width:g}"
        + (f";stroke-dasharray:{group.dashes}" if group.dashes else "")
        + "}"
        for group in RELATIONS
        if group.name in groups
    ]
    light = [_rule(selector, name, color.light) for selector, name, color in painted]
    dark = [_rule(selector, name, color.dark) for selector, name, color in painted]
    return "\n".join([*fixed, *light, "@media (prefers-color-scheme:dark){", *dark, "}"])


def _box(name: str, color: Color) -> Iterable[tuple[str, str, Color]]:
    yield f".{name} .box", "stroke", color
    yield f".{name} .tint", "fill", color


def _line(name: str, color: Color) -> Iterable[tuple[str, str, Color]]:
    yield f".edge.{name}", "stroke", color
    yield f".head.{name}", "fill", color


def _rule(selectors: str, name: str, value: str) -> str:
    return ",".join(f".{ROOT} {each}" for each in selectors.split(", ")) + f"{{{name}:{value}}}"
