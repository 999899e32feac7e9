"""Every error a user can meet: a message that names the thing, the place and the remedy, and an exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


class LlmregError(Exception):
    """Report what went wrong in words for a user; the command line prints it without a traceback."""

    exit_code = 1


class UsageError(LlmregError):
    """Report a command line that asks for something that does not exist or does not go together."""

    exit_code = 2


@dataclass(frozen=True, order=True)
class Problem:
    """One fault in one catalog file: where it is, which field it concerns and what would be right."""

    file: Path
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        """Give `file:line: field: message`, which editors can jump to."""
        return f"{self.file}:{self.line}: {self.field + ': ' if self.field else ''}{self.message}"


class CatalogError(LlmregError):
    """Report every fault found in one or more catalog files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems sorted by file and line."""
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


_FEW = 16


class UnknownIdError(UsageError, KeyError):
    """Report an id that no entry has, with the nearest ones that exist; mappings by id are right to raise it."""

    __str__ = Exception.__str__  # a KeyError would put its message between quotes

    def __init__(
        self,
        wanted: str,
        known: Iterable[str],
        what: str = "entry",
        suggest: Callable[[str, Iterable[str]], str] | None = None,
        remedy: str = "",
        is_a: str = "",
    ) -> None:
        """Name the wanted id and suggest from `known`, or give them all where they are few, or say what else helps.

        `is_a` says what has the id, where something of another kind has it.
        """
        names = sorted(known)
        hint = (suggest or did_you_mean)(wanted, names)
        if not hint and 0 < len(names) <= _FEW:
            hint = f"; there are {', '.join(names)}"
        else:
            hint += remedy.replace("; ", " Or: ", 1) if hint.endswith("?") else remedy
        super().__init__(f"no {what} has the id {wanted!r}{is_a}{hint}")


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """Give `; did you mean 'x'?` for the nearest known name, or an empty string."""
    from difflib import get_close_matches

    spellings = {name.lower(): name for name in known}
    near = get_close_matches(wanted.lower(), spellings, n=1, cutoff=0.6)
    return f"; did you mean {spellings[near[0]]!r}?" if near else ""


def counted(number: int, what: str) -> str:
    """Give a number with its thing in the singular or the plural: `1 entry`, `1,200 entries`."""
    several = {"entry": "entries", "match": "matches"}.get(what, f"{what}s")
    return f"{number:,} {what if number == 1 else several}"
