"""A comparison as HTML: a page of its own, or a piece for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.tables.footnotes import Footnotes

if TYPE_CHECKING:
    from llmreg.tables.cells import ComparisonTable


def page(table: ComparisonTable) -> str:
    """Give one page that loads nothing else, for light and dark screens of any width."""
    return _render("page.html", table, linked=True)


def fragment(table: ComparisonTable) -> str:
    """Give the table with its sources folded away; it has no ids, so that a page may hold several."""
    return _render("fragment.html", table, linked=False)


def _render(template: str, table: ComparisonTable, *, linked: bool) -> str:
    from llmreg.licensing.render import environment

    made = environment("llmreg.tables", "llmreg.licensing")
    return made.get_template(template).render(table=table, notes=Footnotes.of(table), linked=linked)
