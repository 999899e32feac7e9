"""The colors, marks and line styles by which every picture and page tells kinds, relations and verdicts apart.

Each color is given for light and for dark ground and reaches a contrast of 4.5 to 1 against it (WCAG 2.2, 1.4.3).
Nothing is told by color alone: verdicts have marks, kinds have shapes, relations have dashes.
"""

from __future__ import annotations

from dataclasses import dataclass

from llmreg.licensing.words import LOOKS


@dataclass(frozen=True)
class Color:
    """One color for light and for dark ground, as CSS writes it."""

    light: str
    dark: str


@dataclass(frozen=True)
class Verdict:
    """How a verdict looks."""

    color: Color
    mark: str
    """One sign that says the same without color."""


@dataclass(frozen=True)
class RelationGroup:
    """Relations that carry the same kind of thing, drawn alike."""

    name: str
    meaning: str
    relations: tuple[str, ...]
    color: Color
    width: float
    """Width of the line in px."""
    dashes: str
    """As SVG's `stroke-dasharray`; empty for a line without gaps."""


TEXT = Color("#1b1f24", "#e6edf3")
SOFT = Color("#59636e", "#9198a1")
LINE = Color("#d1d9e0", "#3d444d")
GROUND = Color("#ffffff", "#0d1117")
RAISED = Color("#f6f8fa", "#151b23")
LINK = Color("#0550ae", "#79c0ff")

_ON_DARK = {
    "allowed": "#56d364",
    "allowed-with-conditions": "#79c0ff",
    "unclear": "#e3b341",
    "forbidden": "#ff8e85",
}
VERDICTS: dict[str, Verdict] = {
    answer: Verdict(Color(look.badge, _ON_DARK[answer]), look.mark) for answer, look in LOOKS.items()
}
"""On light ground in the color of the badge, with the mark that tables have."""

KINDS: dict[str, Color] = {
    "model": Color("#0a4b94", "#79c0ff"),
    "dataset": Color("#6639ba", "#d2a8ff"),
    "service": Color("#99286e", "#ff9bce"),
    "software": Color("#57606a", "#b1bac4"),
    "benchmark": Color("#0f5d63", "#56d4dd"),
}

RELATIONS: tuple[RelationGroup, ...] = (
    RelationGroup(
        "weights",
        "its weights come from there",
        ("finetune", "adapter", "delta", "merge", "quantized", "converted", "component", "same-as"),
        Color("#0a4b94", "#79c0ff"),
        2.0,
        "",
    ),
    RelationGroup(
        "data",
        "it was trained on or collected from this",
        ("trained-on", "derived-from", "mixture-of"),
        Color("#6639ba", "#d2a8ff"),
        1.4,
        "",
    ),
    RelationGroup(
        "outputs",
        "it was made from its outputs",
        ("generated-by", "distilled"),
        Color("#99286e", "#ff9bce"),
        1.4,
        "6 4",
    ),
    RelationGroup(
        "design",
        "it shares code, architecture or tokenizer",
        ("architecture", "same-tokenizer", "uses-code"),
        Color("#57606a", "#b1bac4"),
        1.2,
        "2 4",
    ),
    RelationGroup(
        "evaluation", "it was judged on this", ("evaluated-on",), Color("#0f5d63", "#56d4dd"), 1.2, "8 3 2 3"
    ),
)
GROUP_OF: dict[str, RelationGroup] = {relation: group for group in RELATIONS for relation in group.relations}
"""The group of each relation."""
