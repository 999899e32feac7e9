"""How verdicts are shown: one in full, as a careful colleague would explain it, or several as a table.

verdict -> rich, for a terminal; verdict -> HTML, for a notebook
"""

from __future__ import annotations

import io
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from llmreg.catalog.tiers import weakest
from llmreg.escaping import on_page
from llmreg.licensing.verdict import DISCLAIMER
from llmreg.licensing.words import ACCOUNTS_DIFFER, LOOKS, WHEN, basis, place, said, sentence, terms_of, ways

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jinja2 import Environment
    from rich.console import Group, RenderableType

    from llmreg.licensing.changes import Change
    from llmreg.licensing.verdict import Answer, Reason, Verdict


def in_full(verdict: Verdict, changes: Sequence[Change] = ()) -> Group:
    """Show the answer with its decisive reason first, the duties, and what would change it."""
    from rich.console import Group

    return Group(*_parts(verdict, changes))


def _parts(verdict: Verdict, changes: Sequence[Change]) -> Iterator[RenderableType]:
    yield _line(f"[bold]{_escape(verdict.id)}[/] for {verdict.use} use: [bold]{colored(verdict.verdict)}[/]")
    if verdict.tier != "curated":
        yield _indented(f"evidence: {_escape(verdict.evidence)}", 2)
    for index, reason in enumerate(verdict.reasons):
        if index == 1:
            yield _line("[bold]Also[/]")
        yield from _reason(reason, verdict.evidence)
    yield from _list(
        f"{WHEN[verdict.use]}, you must",
        (rf"\[ ] {_escape(duty.text)} [dim]({_escape(place(duty))})[/]" for duty in verdict.obligations),
    )
    yield from _list(
        "Terms that cannot all be kept",
        (f"- {_escape(conflict.text)} [dim]({_escape(ways(conflict))})[/]" for conflict in verdict.conflicts),
    )
    yield from _list(
        "What would change this", (f"- {_escape(change.text)}: {colored(change.verdict)}" for change in changes)
    )
    if verdict.notes:
        yield _line(f"[bold]Noted, without effect under the {_escape(verdict.policy)} policy[/]")
        yield from _notes(verdict.notes)
    yield from _list(
        ACCOUNTS_DIFFER,
        (line for each in verdict.differences for line in (each.about, *(f"  - {_escape(one)}" for one in said(each)))),
    )
    yield from _list("Unknown", (f"- {_escape(unknown)}" for unknown in verdict.unknowns))
    yield _line(_basis(verdict, told=verdict.tier != "curated"))
    yield _line("")


def table(verdicts: Iterable[Verdict]) -> Group:
    """Show a row for each entry: for one use the verdict with its decisive reason, for several uses a column each."""
    from rich import box
    from rich.console import Group
    from rich.table import Table

    rows: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        rows.setdefault(verdict.id, []).append(verdict)
    first = next(iter(rows.values()))
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown.add_column("entry", no_wrap=True)
    for verdict in first:
        shown.add_column(verdict.use, no_wrap=True)
    if len(first) == 1:
        shown.add_column("because")
    mixed = any(verdict.tier != "curated" for found in rows.values() for verdict in found)
    if mixed:
        shown.add_column("evidence")
    for entry_id, found in rows.items():
        answers = [colored(verdict.verdict, short=len(first) > 1) for verdict in found]
        because = [_escape(sentence(found[0].reasons[0]))] if len(first) == 1 else []
        rests = [weakest(verdict.tier for verdict in found)] if mixed else []
        shown.add_row(_escape(entry_id), *answers, *because, *rests)
    return Group(shown, _line(_basis(first[0], told=mixed)))


def by_use(verdicts: Sequence[Verdict]) -> Group:
    """Show the verdicts of one entry, a row for each use with the decisive reason."""
    from rich import box
    from rich.console import Group
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown.add_column(_escape(verdicts[0].id), no_wrap=True)
    shown.add_column("verdict", no_wrap=True)
    shown.add_column("because")
    mixed = any(verdict.tier != "curated" for verdict in verdicts)
    if mixed:
        shown.add_column("evidence")
    for verdict in verdicts:
        rests = [verdict.tier] if mixed else []
        shown.add_row(f"{verdict.use} use", colored(verdict.verdict), _escape(sentence(verdict.reasons[0])), *rests)
    return Group(shown, _line(_basis(verdicts[0], told=mixed)))


def colored(answer: Answer, *, short: bool = False) -> str:
    """Give an answer as rich markup in its color."""
    look = LOOKS[answer]
    return f"[{look.terminal}]{look.short if short else answer}[/]"


def in_full_html(verdict: Verdict) -> str:
    """Give a verdict as a piece of HTML that is readable on light and on dark ground."""
    return _html("verdict.html", verdict=verdict)


def by_use_html(verdicts: Sequence[Verdict]) -> str:
    """Give the verdicts of one entry as an HTML table with a row for each use."""
    return _html("verdicts.html", verdicts=verdicts)


def _html(template: str, **view: Any) -> str:
    return environment("llmreg.licensing").get_template(template).render(**view)


@cache
def environment(*packages: str) -> Environment:
    """Give the templates of these packages, the first going before the others, with the words for verdicts."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loader = ChoiceLoader([PackageLoader(package) for package in packages])
    made = Environment(
        loader=loader,
        autoescape=True,
        finalize=on_page,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        looks=LOOKS,
        when=WHEN,
        sentence=sentence,
        place=place,
        ways=ways,
        basis=basis,
        said=said,
        accounts_differ=ACCOUNTS_DIFFER,
        terms_of=terms_of,
        disclaimer=DISCLAIMER,
    )
    return made


def as_text(shown: RenderableType, width: int) -> str:
    """Give what a terminal of this width shows, without colors, wherever this process runs."""
    from llmreg.screen import Screen

    text = io.StringIO()
    Screen(file=text, width=width, highlight=False, color_system=None, force_jupyter=False).print(shown)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _basis(verdict: Verdict, *, told: bool) -> str:
    """Say on what verdicts rest; the evidence is left out where it was told before."""
    return f"[dim]{_escape(terms_of(verdict) if told else basis(verdict))}; {DISCLAIMER}[/]"


def _list(title: str, lines: Iterable[str]) -> Iterator[RenderableType]:
    for index, line in enumerate(lines):
        if not index:
            yield _line(f"[bold]{title}[/]")
        yield _indented(line, 2)


def _reason(reason: Reason, evidence: str) -> Iterator[RenderableType]:
    disputed = ", disputed by another statement" if reason.disputed else ""
    yield _indented(f"{colored(reason.verdict)}{disputed}: {_escape(sentence(reason))}", 2)
    seen = f", read {reason.seen}" if reason.seen else ""
    source = f"\n[dim]{_escape(reason.source)}{seen}[/]" if reason.source else ""
    rests = f"\n[dim]evidence: {_escape(reason.evidence)}[/]" if reason.evidence != evidence else ""
    yield _indented(_escape(reason.text) + source + rests, 6)


def _notes(notes: tuple[Reason, ...]) -> Iterator[RenderableType]:
    """Show one line for each note, gathered under the entry that was made from the one it speaks of."""
    order = sorted(notes, key=lambda note: (note.path[:-1], note.path))
    for path, group in groupby(order, key=lambda note: note.path[:-1]):
        yield _indented(_escape(" -> ".join(path)), 2)
        for note in group:
            relation = note.relations[-1] if note.relations else "states"
            spoken = note.license or ("no license" if note.about == "license" else note.evidence)
            text = f"{relation} {note.path[-1]}: {note.text} ({spoken})"
            yield _indented(f"[dim]{_escape(text)}[/]", 6)


def _line(markup: str) -> RenderableType:
    """Read markup as text that no console colors further, whatever numbers and paths are in it."""
    from rich.text import Text

    return Text.from_markup(markup)


def _indented(markup: str, columns: int) -> RenderableType:
    from rich.padding import Padding

    return Padding(_line(markup), (0, 0, 0, columns), expand=False)


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)
