"""The formats in which a comparison is written to be read elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.escaping import json_text
from llmreg.tables.files import to_csv, to_markdown
from llmreg.tables.html import page
from llmreg.tables.latex import to_latex

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmreg.tables.cells import ComparisonTable


def to_text(table: ComparisonTable) -> str:
    """Give what a terminal shows, without colors and for a width of 120 columns."""
    from llmreg.licensing.render import as_text

    return as_text(table, _WIDTH)


def to_json(table: ComparisonTable) -> str:
    """Give the object that `llmreg compare --json` prints."""
    return json_text(table.to_json()) + "\n"


_WIDTH = 120
FORMATS: dict[str, Callable[[ComparisonTable], str]] = {
    "text": to_text,
    "json": to_json,
    "markdown": to_markdown,
    "csv": to_csv,
    "html": page,
    "latex": to_latex,
}
