"""A comparison as LaTeX: a `table` with the rules of booktabs, and its sources below."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.escaping import latex, one_line
from llmreg.licensing.words import LOOKS
from llmreg.tables import overview
from llmreg.tables.cells import labeled
from llmreg.tables.footnotes import Footnotes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.tables.cells import Cell, ComparisonTable, Fact

_BREAKS = re.compile(r"(?<=[/.@_-])(?=[^\W\d])")
"""Where a long name or address may go on in the next line."""
_PREAMBLE = r"% \usepackage{booktabs,tabularx,textcomp} \usepackage[T1]{fontenc}; names in other scripts want LuaLaTeX"


def to_latex(table: ComparisonTable) -> str:
    """Give a table environment: an entry in each column while they are few, else a row for each."""
    notes = Footnotes.of(table)
    few = len(table.ids) <= overview.FEW
    lines = [
        _PREAMBLE,
        r"\begin{table}",
        r"\centering",
        r"\small",
        rf"\caption{{Comparison of {escaped(table.title)}.}}",
    ]
    lines += list(_as_columns(table, notes) if few else _as_rows(table))
    basis = table.basis if few else f"{overview.STAR} of its base; {table.basis}"
    lines += [r"\par\medskip", r"\begin{minipage}{\linewidth}", r"\footnotesize", f"{escaped(basis)}.\\par"]
    if few:
        lines += [rf"\textsuperscript{{{number}}}~{escaped(note.text)}\par" for note, number in notes.found.items()]
    return "\n".join([*lines, r"\end{minipage}", r"\end{table}", ""])


def _as_columns(table: ComparisonTable, notes: Footnotes) -> Iterator[str]:
    ragged = r">{\raggedright\arraybackslash}"
    yield rf"\begin{{tabularx}}{{\linewidth}}{{@{{}}{ragged}p{{.18\linewidth}}*{{{len(table.ids)}}}{{{ragged}X}}@{{}}}}"
    yield r"\toprule"
    yield _line(" ", *map(escaped, table.ids))
    before = ""
    for row in table.rows:
        if (row.group != before and row.group in ("size", "kind", "verdict", "method", "results")) or not before:
            yield r"\midrule"
        before = row.group
        yield _line(escaped(row.label), *(_cell(cell, notes) for cell in row.cells))
    yield r"\bottomrule"
    yield r"\end{tabularx}"


def _cell(cell: Cell, notes: Footnotes) -> str:
    if not cell.facts:
        return escaped(cell.text)
    lines = (labeled(escaped(label), ", ".join(_marked(fact, notes) for fact in facts)) for label, facts in cell.parts)
    return r"\newline ".join(lines)


def _marked(fact: Fact, notes: Footnotes) -> str:
    number = notes.number(fact)
    text = LOOKS[fact.answer].short if fact.answer else fact.text
    return escaped(text) + (rf"\textsuperscript{{{number}}}" if number else "")


def _as_rows(table: ComparisonTable) -> Iterator[str]:
    names, uses = overview.columns(table), overview.uses(table)
    yield rf"\begin{{tabular}}{{@{{}}l{'l' * (len(names) + len(uses))}@{{}}}}"
    yield r"\toprule"
    yield _line(" ", *map(escaped, (*names, *uses)))
    yield r"\midrule"
    for place, entry_id in enumerate(table.ids):
        cells = (escaped(overview.cell(table, place, name)) for name in names)
        verdicts = (LOOKS[answer].short if answer else "-" for answer in overview.answers(table, place))
        yield _line(escaped(entry_id), *cells, *verdicts)
    yield r"\bottomrule"
    yield r"\end{tabular}"


def _line(*cells: str) -> str:
    return " & ".join(cells) + r" \\"


def escaped(words: str) -> str:
    """Keep words from being read as LaTeX, on one line, and let long ones break."""
    return r"\allowbreak{}".join(map(latex, _BREAKS.split(one_line(words))))
