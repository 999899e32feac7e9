"""A comparison in a terminal: entries as columns where they are few and the terminal is wide, else as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmreg.licensing.words import LOOKS
from llmreg.tables import overview
from llmreg.tables.cells import labeled

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.table import Table

    from llmreg.licensing import Answer
    from llmreg.tables.cells import Cell, ComparisonTable

_NARROW = 13
"""Columns of a terminal that an entry needs at the least."""
_LABELS = (16, 20)
"""Columns for the names of the rows, at the least and at the most."""
_ROOM_FOR_BASES = 100
_TOGETHER = (
    ("kind", "evidence", "size", "released", "base", "data"),
    ("license",),
    ("verdict",),
    ("method", "settings"),
)
"""Groups that stand together; the others follow them."""


@dataclass(frozen=True)
class Terminal:
    """A comparison as rich shows it."""

    table: ComparisonTable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay it out for the width there is."""
        from rich.markup import escape

        few = len(self.table.ids) <= overview.FEW
        fits = _LABELS[0] + len(self.table.ids) * (_NARROW + 2) <= options.max_width
        if few and fits:
            yield from _as_columns(self.table)
        else:
            yield from _as_rows(self.table, options.max_width)
        yield _text(f"[dim]{escape(self.table.basis)}[/]")


def _as_columns(table: ComparisonTable) -> RenderResult:
    shown = _grid("", *table.ids)
    shown.columns[0].overflow = "fold"
    shown.columns[0].min_width, shown.columns[0].max_width = _LABELS
    for column in shown.columns[1:]:
        column.overflow, column.ratio, column.min_width = "fold", 1, _NARROW
    before = None
    for row in table.rows:
        section = next((number for number, groups in enumerate(_TOGETHER) if row.group in groups), len(_TOGETHER))
        if before not in (None, section):
            shown.add_section()
        before = section
        shown.add_row(_text(_escaped(row.label)), *map(_cell, row.cells))
    yield shown


def _cell(cell: Cell) -> RenderableType:
    if answer := overview.answer_in(cell):
        look = LOOKS[answer]
        return _text(f"[{look.terminal}]{look.mark} {look.short}[/]")
    if not cell.facts or cell.state == "unknown":
        return _text(f"[dim]{cell.text}[/]")
    lines = [
        labeled(f"[dim]{_escaped(label)}[/]" if label else "", _escaped(", ".join(fact.text for fact in facts)))
        for label, facts in cell.parts
    ]
    return _text("\n".join(lines))


def _as_rows(table: ComparisonTable, width: int) -> RenderResult:
    names = [name for name in overview.columns(table) if name != "made from" or width >= _ROOM_FOR_BASES]
    uses = overview.uses(table)
    shown = _grid("", *names, *(["verdicts"] if uses else []))
    shown.columns[-1].no_wrap = bool(uses)
    for column in shown.columns:
        column.overflow = "fold"
    shown.columns[0].min_width = min(max(map(len, table.ids)), width // 2)
    sizes = [overview.cell(table, place, "size") for place in range(len(table.ids))]
    for place, entry_id in enumerate(table.ids):
        verdicts = [_text(" ".join(map(_mark, overview.answers(table, place))))] if uses else []
        cells = (_text(_escaped(overview.cell(table, place, name))) for name in names)
        shown.add_row(_text(_escaped(entry_id)), *cells, *verdicts)
    yield shown
    if any(cell.endswith(overview.STAR) for cell in sizes):
        yield _text(f"[dim]{overview.STAR} of its base[/]")
    if uses:
        marks = ", ".join(f"[{look.terminal}]{look.mark}[/] {look.short}" for look in LOOKS.values())
        yield _text(f"[dim]verdicts for {', '.join(uses)}:[/] {marks}")


def _mark(answer: Answer | None) -> str:
    return f"[{LOOKS[answer].terminal}]{LOOKS[answer].mark}[/]" if answer else "-"


def _grid(*head: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(*map(_escaped, head), box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)


def _text(markup: str) -> RenderableType:
    from rich.text import Text

    return Text.from_markup(markup)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
