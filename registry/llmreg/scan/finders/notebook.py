"""Notebooks: each code cell is read as Python, and its lines for the shell as commands."""

from __future__ import annotations

import ast
import json
import re
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from llmreg.scan.file import File, Finder, named
from llmreg.scan.finders import python, shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.scan.mention import Mention

_MAGIC = re.compile(r"^(\s*)[!%]+(.*)$")
_SHELL = re.compile(r"\s*%%(?:bash|sh|script)\b")
_OTHER = re.compile(r"\s*%%(?!time|capture|prun|memit)")


def find(file: File) -> Iterator[Mention]:
    """Yield the mentions in all code cells, at their places in the file; the cells share their names."""
    code, commands = [], []
    for cell in _cells(file):
        if _SHELL.match(cell):
            commands.append(cell)
        elif not _OTHER.match(cell):
            lines = [_MAGIC.match(line) for line in cell.split("\n")]
            commands += [found[2] for found in lines if found]
            plain = _MAGIC_LINES.sub(r"\1pass", cell)
            code += [plain] if _parses(plain) else []
    for finder, cells in ((python, code), (shell, commands)):
        text = "\n".join(cells)
        where = _Places(file, text)
        for mention in finder.find(File(file.root, file.path, text)):
            yield where.moved(mention)


_MAGIC_LINES = re.compile(r"^(\s*)[!%].*$", re.MULTILINE)


def _parses(code: str) -> bool:
    """Tell whether a cell is Python; one that is not must not hide the others."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _cells(file: File) -> list[str]:
    """Return the text of each code cell, or nothing where the file is no notebook."""
    try:
        cells = json.loads(file.text).get("cells", ())
        return [_source(cell) for cell in cells if cell.get("cell_type") == "code"]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return []


def _source(cell: dict[str, object]) -> str:
    source = cell.get("source") or ""
    return source if isinstance(source, str) else "".join(map(str, source if isinstance(source, list) else ()))


class _Places:
    """Finds in the file's JSON the line of a cell that a name stands in; text and outputs may have the name too."""

    def __init__(self, file: File, code: str) -> None:
        self.file = file
        self.code = code.split("\n")
        self.starts: dict[int, int] = {}
        """By the number of a line of the code: where it begins in the file."""
        self.after: dict[str, int] = {}

    def moved(self, mention: Mention) -> Mention:
        """Return a mention at the place of its name in the file."""
        start = self._start(mention.line - 1)
        found = self.file.text.find(mention.id, start)
        if found < 0:
            return replace(mention, line=1, column=1)
        line, column = self.file.place(found)
        return replace(mention, line=line, column=column)

    def _start(self, number: int) -> int:
        if number not in self.starts:
            text = self.code[number] if number < len(self.code) else ""
            found = -1
            for form in (json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1]):
                found = self.file.text.find(form, self.after.get(text, 0)) if found < 0 else found
            self.after[text] = found + 1
            self.starts[number] = max(found, 0)
        return self.starts[number]


FINDER = Finder("notebook", named(suffixes=(".ipynb",)), find)
