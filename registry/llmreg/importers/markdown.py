"""Find tables, links and headings in Markdown files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]*(?:\([^()]*\)[^()\s]*)?)[^()]*\)")
_RULE = re.compile(r"\s*\|?(\s*:?-+:?\s*\|)+(\s*:?-+:?)?\s*\|?\s*")
_MARKS = re.compile(r"<!--.*?-->|<br\s*/?>|</?[a-zA-Z][^<>]*>|\*\*|__|`")


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    line: int
    heading: str
    """The nearest heading above the table."""
    columns: tuple[str, ...]
    cells: tuple[str, ...]
    """As many as the line has, which may not be as many as there are columns."""

    def __getitem__(self, column: str) -> str:
        """Give the cell under a column, or nothing where the line or the table has none."""
        cells = dict(zip(self.columns, self.cells, strict=False))
        return cells.get(column, "")


def rows(lines: Iterable[tuple[int, str]]) -> Iterator[Row]:
    """Give the rows of every table, the line of column names and the rule under it left out."""
    heading, before, columns = "", "", None
    for number, line in lines:
        text = line.strip()
        if text.startswith("#"):
            heading = plain(text.lstrip("#"))
        if "|" not in text:
            columns = None
        elif columns is None and _RULE.fullmatch(text):
            columns = tuple(map(plain, cells(before)))
        elif columns is not None:
            yield Row(number, heading, columns, tuple(cells(text)))
        before = text


def cells(line: str) -> list[str]:
    r"""Split a line of a table; `\|` is no border."""
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]


def links(text: str) -> list[tuple[str, str]]:
    """Give the links in a text as (words, address)."""
    return [(plain(words), address) for words, address in _LINK.findall(text)]


def plain(text: str) -> str:
    """Give a text without links, tags and marks of weight; a link leaves its words."""
    while (shorter := _LINK.sub(r"\1", text)) != text:
        text = shorter
    return " ".join(_MARKS.sub(" ", text).split())
