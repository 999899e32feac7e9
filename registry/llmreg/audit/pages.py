"""Write an audit as Markdown, or as one self-contained HTML page for light and dark screens of any width."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from llmreg.audit.checks import CHECKS
from llmreg.audit.claims import READ
from llmreg.drawing.variables import variables
from llmreg.escaping import on_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2 import Environment

    from llmreg.audit.claims import Coverage
    from llmreg.audit.finding import Finding, Side
    from llmreg.audit.report import Audit


def to_markdown(audit: Audit) -> str:
    """Give the whole audit as Markdown."""
    lines = [f"# Audit of {_text(audit.catalog)}", "", f"{_basis(audit)}.", "", "## Evidence", ""]
    lines += ["| kind | entries | claims | read live | stored copy | secondary |", "|---|--:|--:|--:|--:|--:|"]
    for row in audit.coverage:
        shares = " | ".join(percent(row, read) for read in READ)
        lines.append(f"| {row.kind} | {row.entries:,} | {row.claims:,} | {shares} |")
    for kind, findings in audit.findings.items():
        check = CHECKS[kind]
        lines += ["", f"## {check.title} ({len(findings):,})", "", check.meaning, ""]
        for finding in findings:
            lines.append(f"- `{finding.id}`: {_text(finding.text)}")
            lines += [f"  - {_text(line)}" for line in map(side_line, finding.sides)]
    return "\n".join(lines) + "\n"


def _text(words: str) -> str:
    """Keep words from being read as Markdown or HTML, and on one line."""
    marked = " ".join(words.split())
    for sign in "\\`*[]<>":
        marked = marked.replace(sign, f"\\{sign}")
    return marked


def percent(row: Coverage, read: str) -> str:
    """Write a share of claims; nothing where nothing is claimed, and never 100% or 0% for what is not all or none."""
    if not row.claims:
        return "-"
    share = row.share(read)  # type: ignore[arg-type]
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def side_line(side: Side) -> str:
    """Write in one line what a side says, and where that was read."""
    source = side.source
    return f"{side.entry}: {side.says}" + (f" - {source} ({source.read}, {source.seen})" if source else "")


def _basis(audit: Audit) -> str:
    return f"Catalog of {audit.catalog_date}, as of {audit.as_of}"


@dataclass(frozen=True)
class Named:
    """An entry or a source, with the page it has, if it has one."""

    text: str
    href: str | None


@dataclass(frozen=True)
class Told:
    """What a side says; `entry` is None where it is the one that the finding is about."""

    entry: Named | None
    says: str
    place: Named | None
    read: str
    seen: str


@dataclass(frozen=True)
class Found:
    """One finding."""

    entry: Named
    text: str
    sides: tuple[Told, ...]


@dataclass(frozen=True)
class Group:
    """The findings of one kind."""

    kind: str
    title: str
    meaning: str
    count: str
    open: bool
    findings: tuple[Found, ...]


@dataclass(frozen=True)
class Row:
    """On what evidence one kind of entry rests."""

    kind: str
    entries: str
    claims: str
    shares: tuple[str, ...]
    bar: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class View:
    """An audit as a page shows it."""

    title: str
    basis: str
    coverage: tuple[Row, ...]
    groups: tuple[Group, ...]


def view_of(audit: Audit, links: Mapping[str, str] | None = None) -> View:
    """Give an audit as a page shows it; `links` gives the pages of entries, where they have some."""
    pages = links or {}
    total = sum(len(found) for found in audit.findings.values())
    return View(
        title=f"Audit of {audit.catalog}",
        basis=f"{_basis(audit)}: {total:,} findings",
        coverage=tuple(map(_row, audit.coverage)),
        groups=tuple(_group(kind, found, pages) for kind, found in audit.findings.items()),
    )


def _row(row: Coverage) -> Row:
    shares = tuple(percent(row, read) for read in READ)
    return Row(row.kind, f"{row.entries:,}", f"{row.claims:,}", shares, tuple((read, row.read[read]) for read in READ))


def _group(kind: str, findings: tuple[Finding, ...], pages: Mapping[str, str]) -> Group:
    check = CHECKS[kind]
    found = tuple(
        Found(_named(each.id, pages), each.text, tuple(_told(side, each.id, pages) for side in each.sides))
        for each in findings
    )
    return Group(kind, check.title, check.meaning, f"{len(found):,}", len(found) <= _OPEN, found)


def _named(entry_id: str, pages: Mapping[str, str]) -> Named:
    return Named(entry_id, pages.get(entry_id))


def _told(side: Side, of: str, pages: Mapping[str, str]) -> Told:
    entry = _named(side.entry, pages) if side.entry != of else None
    source = side.source
    if source is None:
        return Told(entry, side.says, None, "", "")
    url = source.url if source.url and source.url.startswith(("https://", "http://")) else None
    return Told(entry, side.says, Named(str(source), url), source.read, source.seen.isoformat())


def to_html(audit: Audit) -> str:
    """Give the whole audit as one page that loads nothing else."""
    page = environment().get_template("audit.html")
    return page.render(audit=view_of(audit), variables=variables()) + "\n"


@cache
def environment() -> Environment:
    """Give the templates of the audit."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("llmreg.audit")
    return Environment(
        loader=loader,
        autoescape=True,
        finalize=on_page,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


FORMATS: dict[str, Callable[[Audit], str]] = {"markdown": to_markdown, "html": to_html}
"""How an audit is written to be read elsewhere."""

_OPEN = 20
"""Findings of a kind up to which a page shows them at once."""
