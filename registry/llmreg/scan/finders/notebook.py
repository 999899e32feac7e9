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
    where = _Places(file)
    for mention in python.find(File(file.root, file.path, "\n".join(code))):
        yield where.moved(mention)
    for mention in shell.find(File(file.root, file.path, "\n".join(commands))):
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
    """Finds in the file's JSON the line that a cell's text came from."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.after: dict[str, int] = {}

    def moved(self, mention: Mention) -> Mention:
        """Return a mention at the place of its name in the file; names come in the order of the cells."""
        found = self.file.text.find(mention.id, self.after.get(mention.id, 0))
        if found < 0:
            found = self.file.text.find(mention.id)
        if found < 0:
            return replace(mention, line=1, column=1)
        self.after[mention.id] = found + 1
        line, column = self.file.place(found)
        return replace(mention, line=line, column=column)


FINDER = Finder("notebook", named(suffixes=(".ipynb",)), find)
