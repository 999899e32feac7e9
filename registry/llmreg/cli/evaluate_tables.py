"""The tables that `llmreg evaluate` prints, and the words that say what their columns mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.cli.options import console
from llmreg.errors import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from llmreg.ratings import Agreement, BradleyTerry, Elo, Ratings, Relative, Report

_SHOWN = 5
"""Notes on what was read that a table shows."""


def print_elo(ratings: Ratings, played: Elo, fitted: BradleyTerry) -> None:
    """Print both ratings of each system, then what they mean."""
    _print_read(ratings)
    grouped = len({each.group for each in fitted.strengths}) > 1
    by_order = {each.system: each for each in played.standings}
    heads = ["system", "Bradley-Terry", "95% interval", "Elo", "95% of orders", "points", "matches"]
    rows = []
    for each in fitted.strengths:
        order = by_order[each.system]
        between, among = _between(each.low, each.high), _between(order.low, order.high)
        row = [each.system, _number(each.rating), between, _number(order.rating), among, f"{each.share:.1%}"]
        rows.append([*row, f"{each.matches:,}", *([str(each.group)] if grouped else [])])
    print_table([*heads, *(["group"] if grouped else [])], rows)
    print_lines(_elo_means(played, fitted))


def _elo_means(played: Elo, fitted: BradleyTerry) -> list[str]:
    """Say what the columns mean, and what the position is worth."""
    from llmreg.ratings.boards import interval
    from llmreg.ratings.elo import START, K

    bias = fitted.position
    worth = ""
    if bias.points is not None:
        between = _between(bias.low, bias.high)
        worth = (
            f"; being first is worth {bias.points:.0f} points ({between}), its odds are {bias.odds:.2f} times as good"
        )
    some = f"{played.matches:,} of " * (played.matches < played.of) + counted(played.of, "match")
    return [
        "Bradley-Terry: likeliest strengths, ties half, the position allowed for; the interval "
        f"{interval(fitted.draws)}.",
        f"Elo: mean of {played.orders:,} random orders of {some}, from {START:.0f} with K {K:.0f}; between the "
        "bounds lie 95% of the orders, which tells how far the order moves a rating, not how well the rating is known.",
        f"Position: the first answer wins {bias.first:.1%}, the second {bias.second:.1%}, ties {bias.tie:.1%}{worth}.",
        *(f"Note: {note}." for note in fitted.notes),
    ]


def print_relative(ratings: Ratings, found: Sequence[Relative], reference: str, draws: int) -> None:
    """Print each system's share of the reference's score, pooled and by order."""
    from llmreg.ratings.boards import interval, percent

    _print_read(ratings)
    heads = [
        "system",
        "pooled",
        "95% interval",
        f"{reference} first",
        "95% interval",
        "system first",
        "95% interval",
        "ratings",
    ]
    rows = []
    for each in found:
        row = [each.system]
        for share in (each.pooled, each.reference_first, each.system_first):
            row += [percent(share.ratio), _between(share.low, share.high, percent)] if share else ["-", "-"]
        rows.append([*row, f"{each.pooled.ratings:,}"])
    print_table(heads, rows)
    print_lines([
        f"Percent of {reference}'s score. Pooled: all scores of the system over all of {reference}'s, whichever the "
        "judge read first; not the average of the two orders.",
        f"The interval {interval(draws)}.",
    ])  # fmt: skip


def print_agreement(ratings: Ratings, found: Agreement) -> None:
    """Print each judge's liking for a position, then how the judges agree."""
    _print_read(ratings)
    rows = []
    for each in found.positions:
        shares = (each.first, each.second, each.tie, each.same)
        first, second, tie, same = (_number(share, "{:.1%}") for share in shares)
        rows.append([each.judge, f"{each.ratings:,}", first, second, tie, f"{each.both_orders:,}", same])
    print_table(["judge", "ratings", "first wins", "second wins", "ties", "both orders", "same verdict"], rows)
    if found.judges:
        pairs = [
            [" and ".join(pair.judges), f"{pair.pairs:,}", f"{pair.same:.1%}"]
            + [_number(value, "{:.2f}") for value in (pair.kappa, pair.kendall, pair.spearman)]
            for pair in found.judges
        ]
        print_table(["judges", "answer pairs", "same verdict", "kappa", "Kendall tau-b", "Spearman"], pairs)
    print_lines(_agreement_means(found))


def _agreement_means(found: Agreement) -> list[str]:
    from llmreg.ratings.boards import interval

    lines = ["Both orders: pairs of answers that the judge saw both ways round; same verdict: on those, either way."]
    if len(found.positions) == 1:
        return [*lines, "There is one judge only; how judges agree can be told of two."]
    if not found.judges:
        return [*lines, "No two judges judged the same answers."]
    lines.append(
        "Kappa: Fleiss's, over win, tie and loss; a judge that saw a pair more than once counts with the balance. "
        "Kendall and Spearman: of the systems' shares of points among the answers that both judged."
    )
    if found.kappa is not None:
        between = _between(found.low, found.high, "{:.2f}".format)
        said = f"Fleiss's kappa among all {len(found.positions)} judges is {found.kappa:.2f} ({between})"
        lines.append(f"{said} on {found.pairs:,} pairs of answers; the interval {interval(found.draws)}.")
    return lines


def _print_read(ratings: Ratings) -> None:
    """Say what was read, what was left out, and what was odd about it."""
    report, out = ratings.report, console()
    judges = ", ".join(ratings.judges[:_SHOWN]) + (", ..." if len(ratings.judges) > _SHOWN else "")
    items, systems = counted(len(ratings.items), "item"), counted(len(ratings.systems), "system")
    what = f"{counted(len(ratings), 'rating')} by {judges} of {items} and {systems}"
    out.print(f"[bold]{_safe(what)}[/]")
    out.print(f"[dim]{_safe(_read_line(report, len(ratings)))}[/]", soft_wrap=True)
    print_notes(report)
    out.print()


def print_notes(report: Report) -> None:
    """Print the first notes on what was odd about the files."""
    for note in report.notes[:_SHOWN]:
        console().print(f"[dim]  {_safe(_short(note.file))}:{note.line}: {_safe(note.message)}[/]", soft_wrap=True)
    if len(report.notes) > _SHOWN:
        console().print(f"[dim]  ... and {len(report.notes) - _SHOWN:,} more such notes; --json gives all[/]")


def _read_line(report: Report, used: int) -> str:
    other = report.rows - report.unparsed - report.left_out - used
    read = f"{counted(report.rows, 'row')} in {counted(report.files, 'file')}"
    whose = f", {report.ambiguous:,} of them because nothing tells whose an answer is" if report.ambiguous else ""
    parts = [f"{read}: {report.unparsed:,} unparsed, {report.left_out:,} left out{whose}"]
    parts += [f"in {report.identical:,} both systems gave the same answer"] if report.identical else []
    parts += [f"{other:,} of another kind"] if other else []
    if report.guessed:
        parts.append(
            f"no table names the answers of {', '.join(report.guessed)}; the files' names do; --name shortens them"
        )
    return "; ".join(parts)


def _short(path: Path) -> str:
    """Give a file by its folder and name."""
    return "/".join(path.parts[-2:])


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table whose first column is text and whose others are figures."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, head in enumerate(heads):
        table.add_column(_safe(head), justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_safe, row))
    console().print(table, "")


def print_lines(lines: Iterable[str]) -> None:
    """Print what the columns mean, below a table."""
    for line in lines:
        console().print(f"[dim]{_safe(line)}[/]")


def _number(value: float | None, form: str = "{:.0f}") -> str:
    return "-" if value is None else form.format(value)


def _between(low: float | None, high: float | None, shown: Any = "{:.0f}".format) -> str:
    """Give an interval; an end that is not bounded stays open."""
    if low is None and high is None:
        return "-"
    return f"{shown(low) if low is not None else '...'} to {shown(high) if high is not None else '...'}"


def _safe(text: str) -> str:
    """Put text from files on one line, and let no terminal or markup take it for a command."""
    from rich.markup import escape

    from llmreg.drawing.text import one_line

    return escape(one_line(text))
