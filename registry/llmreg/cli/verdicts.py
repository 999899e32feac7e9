"""How verdicts are printed: one in full, as a careful colleague would explain it, or several as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.licensing.words import WHEN, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from llmreg.licensing import Change, Conflict, Obligation, Reason, Verdict

COLORS = {"allowed": "green", "allowed-with-conditions": "green", "unclear": "yellow", "forbidden": "red"}


def print_verdict(out: Console, verdict: Verdict, changes: Sequence[Change] = ()) -> None:
    """Print the answer with its decisive reason first, the duties, and what would change it."""
    from rich.markup import escape

    from llmreg.licensing import DISCLAIMER

    color = COLORS[verdict.verdict]
    out.print(f"[bold]{escape(verdict.id)}[/] for {verdict.use} use: [bold {color}]{verdict.verdict}[/]")
    for index, reason in enumerate(verdict.reasons):
        if index == 1:
            out.print("[bold]Also[/]")
        _print_reason(out, reason)
    _print_list(out, f"{WHEN[verdict.use]}, you must", map(_duty, verdict.obligations))
    _print_list(out, "Terms that cannot all be kept", map(_conflict, verdict.conflicts))
    _print_list(out, "What would change this", map(_change, changes))
    if verdict.notes:
        out.print(f"[bold]Noted, without effect under the {escape(verdict.policy)} policy[/]")
        _print_notes(out, verdict.notes)
    _print_list(out, "Unknown", [f"- {escape(unknown)}" for unknown in verdict.unknowns])
    basis = f"policy {verdict.policy}, as of {verdict.as_of}, catalog of {verdict.catalog_date}"
    out.print(f"[dim]{escape(basis)}; {DISCLAIMER}[/]\n")


def _duty(duty: Obligation) -> str:
    from rich.markup import escape

    place = " ".join(filter(None, [duty.license, duty.clause]))
    return rf"\[ ] {escape(duty.text)} [dim]({escape(place)}, for {escape(duty.path[-1])})[/]"


def _conflict(conflict: Conflict) -> str:
    from rich.markup import escape

    ways = "; ".join(" -> ".join(path) for path in conflict.paths)
    return f"- {escape(conflict.text)} [dim]({escape(ways)})[/]"


def _change(change: Change) -> str:
    from rich.markup import escape

    return f"- {escape(change.text)}: [{COLORS[change.verdict]}]{change.verdict}[/]"


def _print_list(out: Console, title: str, lines: Iterable[str]) -> None:
    for index, line in enumerate(lines):
        if not index:
            out.print(f"[bold]{title}[/]")
        _print_item(out, line)


def _print_reason(out: Console, reason: Reason) -> None:
    from rich.markup import escape
    from rich.padding import Padding

    disputed = ", disputed by another statement" if reason.disputed else ""
    _print_item(out, f"[{COLORS[reason.verdict]}]{reason.verdict}[/]{disputed}: {escape(sentence(reason))}")
    seen = f", read {reason.seen}" if reason.seen else ""
    source = f"\n[dim]{escape(reason.source)}{seen}[/]" if reason.source else ""
    out.print(Padding(escape(reason.text) + source, (0, 0, 0, 6), expand=False))


def _print_item(out: Console, line: str) -> None:
    from rich.padding import Padding

    out.print(Padding(line, (0, 0, 0, 2), expand=False))


def _print_notes(out: Console, notes: tuple[Reason, ...]) -> None:
    """Print one line for each note, gathered under the entry that was made from the one it speaks of."""
    from itertools import groupby

    from rich.markup import escape
    from rich.padding import Padding

    order = sorted(notes, key=lambda note: (note.path[:-1], note.path))
    for path, group in groupby(order, key=lambda note: note.path[:-1]):
        out.print(Padding(escape(" -> ".join(path)), (0, 0, 0, 2), expand=False))
        for note in group:
            relation = note.relations[-1] if note.relations else "states"
            text = f"{relation} {note.path[-1]}: {note.text} ({note.license or 'no license'})"
            out.print(Padding(f"[dim]{escape(text)}[/]", (0, 0, 0, 6), expand=False))


def print_table(out: Console, verdicts: Iterable[Verdict]) -> None:
    """Print a row for each entry: for one use the verdict with its decisive reason, for several uses a column each."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from llmreg.licensing import DISCLAIMER

    rows: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        rows.setdefault(verdict.id, []).append(verdict)
    first = next(iter(rows.values()))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("entry", no_wrap=True)
    for verdict in first:
        table.add_column(verdict.use, no_wrap=True)
    if len(first) == 1:
        table.add_column("because")
    for entry_id, found in rows.items():
        answers = [f"[{COLORS[verdict.verdict]}]{_short(verdict.verdict, len(first))}[/]" for verdict in found]
        because = [escape(sentence(found[0].reasons[0]))] if len(first) == 1 else []
        table.add_row(escape(entry_id), *answers, *because)
    out.print(table)
    basis = f"policy {first[0].policy}, as of {first[0].as_of}, catalog of {first[0].catalog_date}"
    out.print(f"[dim]{escape(basis)}; {DISCLAIMER}[/]")


def _short(verdict: str, columns: int) -> str:
    return verdict if columns == 1 else verdict.replace("allowed-with-conditions", "conditions")
