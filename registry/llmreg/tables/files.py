"""A comparison as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from llmreg.escaping import cell, markdown
from llmreg.tables.cells import labeled
from llmreg.tables.footnotes import Footnotes
from llmreg.tables.values import plain

if TYPE_CHECKING:
    from llmreg.tables.cells import Cell, ComparisonTable, Fact


def to_markdown(table: ComparisonTable) -> str:
    """Give a pipe table with an entry in each column, and a footnote for each source and remark."""
    notes = Footnotes.of(table)
    lines = ["| |" + "".join(f" {markdown(entry_id)} |" for entry_id in table.ids), "|---" * (len(table.ids) + 1) + "|"]
    for row in table.rows:
        cells = "".join(f" {_markdown_cell(each, notes)} |" for each in row.cells)
        lines.append(f"| **{markdown(row.label)}** |{cells}")
    lines += ["", f"{markdown(table.basis)}.", ""]
    lines += [f"[^{number}]: {markdown(note.text)}" for note, number in notes.found.items()]
    return "\n".join(lines) + "\n"


def _markdown_cell(shown: Cell, notes: Footnotes) -> str:
    if not shown.facts:
        return shown.text
    lines = [
        labeled(markdown(label), ", ".join(_with_mark(fact, notes) for fact in facts)) for label, facts in shown.parts
    ]
    return "<br>".join(lines)


def _with_mark(fact: Fact, notes: Footnotes) -> str:
    number = notes.number(fact)
    return markdown(fact.text) + (f"[^{number}]" if number else "")


def to_csv(table: ComparisonTable) -> str:
    """Give a line for each row; for each entry a column with exact values, one with remarks and one with sources."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", *(f"{entry_id}{column}" for entry_id in table.ids for column in ("", " notes", " source"))])
    for row in table.rows:
        columns = (column for each in row.cells for column in _csv_columns(each))
        writer.writerow([row.key, *map(cell, columns)])
    return text.getvalue()


def _csv_columns(shown: Cell) -> tuple[str, str, str]:
    """Give an exact number alone, else the words; then what was said beside it, its unit and band among that."""
    value, notes = shown.text.replace("\n", "; "), [fact.note for fact in shown.facts]
    if len(shown.facts) == 1 and shown.facts[0].value is not None:
        number = repr(shown.facts[0].value).removesuffix(".0")
        value, notes = number, [*([value] if value != number else []), *notes]
    sources = dict.fromkeys(str(evidence) for fact in shown.facts for evidence in fact.evidence)
    return value, "; ".join(plain(note) for note in notes if note), "; ".join(sources)
