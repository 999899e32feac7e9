"""How commands print verdicts: as `llmreg.licensing.render` shows them everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.licensing.words import LOOKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from llmreg.licensing import Change, Verdict

COLORS: dict[str, str] = {answer: look.terminal for answer, look in LOOKS.items()}


def print_verdict(out: Console, verdict: Verdict, changes: Sequence[Change] = ()) -> None:
    """Print the answer with its decisive reason first, the duties, and what would change it."""
    from llmreg.licensing.render import in_full

    out.print(in_full(verdict, changes))


def print_table(out: Console, verdicts: Iterable[Verdict]) -> None:
    """Print a row for each entry: for one use the verdict with its decisive reason, for several uses a column each."""
    from llmreg.licensing.render import table

    out.print(table(verdicts))
