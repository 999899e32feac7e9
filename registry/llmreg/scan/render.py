"""How a scan shows itself: in a terminal, and as Markdown for the comment on a pull request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from llmreg.errors import counted
from llmreg.licensing.verdict import ANSWERS, DISCLAIMER
from llmreg.licensing.words import LOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Group

    from llmreg.scan.finding import Finding
    from llmreg.scan.result import Scan

_FEW = 4
"""Places that are listed for one name in a terminal; more are counted."""


@dataclass(frozen=True)
class Used:
    """One name with everywhere it is used."""

    first: Finding
    places: tuple[Finding, ...]


def by_name(scan: Scan) -> list[Used]:
    """Return each name with its places, the worst verdicts first."""

    def order(finding: Finding) -> tuple[int, str, str]:
        return -ANSWERS.index(finding.verdict), finding.id, finding.kind

    found = sorted(scan.findings, key=lambda each: (*order(each), each.path, each.line))
    groups = (tuple(places) for _, places in groupby(found, key=order))
    return [Used(places[0], places) for places in groups]


def in_terminal(scan: Scan) -> Group:
    """Show a block for each name: verdict and decisive reason, entry and tier, and the places."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    known = [used for used in by_name(scan) if used.first.entry]
    unknown = [used for used in by_name(scan) if not used.first.entry]
    blocks = [line for used in known for line in _block(used, scan)]
    if unknown:
        look = LOOKS["unclear"]
        blocks.append((0, f"[{look.terminal}]{look.mark} {look.short}[/]  names that no entry has"))
        blocks += [line for used in unknown for line in _unknown(used, scan)]
    blocks += [(0, _escape(line)) for line in _closing(scan)]
    return Group(*(Padding(Text.from_markup(text), (0, 0, 0, indent), expand=False) for indent, text in blocks))


_Line = tuple[int, str]
"""By how many columns a line is indented, and its markup."""


def _block(used: Used, scan: Scan) -> Iterator[_Line]:
    look, one = LOOKS[used.first.verdict], used.first
    meant = _escape(f"({one.kind}; {one.entry}, {one.tier})")
    yield 0, f"[{look.terminal}]{look.mark} {look.short}[/]  [bold]{_escape(one.id)}[/] [dim]{meant}[/]"
    yield 4, _escape(one.reason)
    yield from _places(used, scan, 4)


def _unknown(used: Used, scan: Scan) -> Iterator[_Line]:
    yield 4, f"[bold]{_escape(used.first.id)}[/] [dim]({used.first.kind})[/]"
    yield from _places(used, scan, 8)


def _places(used: Used, scan: Scan, indent: int) -> Iterator[_Line]:
    for place in used.places[:_FEW]:
        accepted = ", accepted" if place.fingerprint in scan.accepted else ""
        yield indent, f"[dim]{_escape(place.path)}:{place.line}:{place.column} {place.how}{accepted}[/]"
    if len(used.places) > _FEW:
        yield indent, f"[dim]and {counted(len(used.places) - _FEW, 'more place')}[/]"


def _closing(scan: Scan) -> Iterator[str]:
    said = scan.summary()
    verdicts = ", ".join(f"{said['verdicts'][answer]} {LOOKS[answer].short}" for answer in reversed(ANSWERS))
    yield f"{counted(len(scan.findings), 'use')} in {counted(scan.files, 'file')} for {scan.use} use: {verdicts}"
    if said["unknown"]:
        yield f"{counted(said['unknown'], 'name')} without an entry; `llmreg import hub` brings entries in"
    if scan.skipped:
        yield f"left out: {', '.join(f'{count:,} {why}' for why, count in sorted(scan.skipped.items()))}"
    yield f"policy {scan.policy}, as of {scan.as_of}, catalog of {scan.catalog_date}; {DISCLAIMER}"


def to_markdown(scan: Scan) -> str:
    """Return the scan as a comment on a pull request: a table of names, and the places folded away."""
    rows = [_row(used) for used in by_name(scan)]
    table = ["| verdict | name | uses | because |", "|---|---|---:|---|", *rows] if rows else ["No uses were found."]
    places = [
        f"- {_code(f'{each.path}:{each.line}')} {each.how} {_code(each.id)}"
        for used in by_name(scan)
        for each in used.places
    ]
    folded = ["<details><summary>Where they are used</summary>", "", *places, "", "</details>"] if places else []
    title = f"### Open models and data sets, for {scan.use} use"
    return "\n".join([title, "", *table, "", *folded, "", *(f"{_cell(line)}  " for line in _closing(scan))]) + "\n"


def _row(used: Used) -> str:
    look, one = LOOKS[used.first.verdict], used.first
    return f"| {look.mark} {look.short} | {_code(one.id)} | {len(used.places)} | {_cell(one.reason)} |"


def _code(text: str) -> str:
    """Return text as code that a table of Markdown can hold."""
    ticks = max(map(len, re.findall("`+", text)), default=0) + 1
    space = " " if text.startswith("`") or text.endswith("`") else ""
    plain = " ".join(text.split()).replace("|", "\\|")
    return f"{'`' * ticks}{space}{plain}{space}{'`' * ticks}"


def _cell(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>|#@~])", r"\\\1", " ".join(text.split()))


def _escape(text: str) -> str:
    from rich.markup import escape

    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return escape(shown)
