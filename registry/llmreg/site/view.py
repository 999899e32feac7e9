"""The small pieces that pages are put together from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmreg.catalog.addresses import source_page
from llmreg.drawing.palette import VERDICTS

if TYPE_CHECKING:
    from llmreg.licensing import Answer
    from llmreg.schema import Entry, Source

_READ = {"live": "read live", "stored-copy": "read in a stored copy", "secondary": "known from another's account"}


@dataclass(frozen=True)
class Words:
    """A piece of text, which may lead somewhere."""

    text: str
    href: str | None = None
    code: bool = False


@dataclass(frozen=True)
class Fact:
    """One thing that is stated, and the numbers of the sources that it rests on."""

    label: str
    value: tuple[Words, ...]
    notes: tuple[int, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class Footnote:
    """A source: where it is, how it was read and when."""

    number: int
    place: Words
    read: str
    seen: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """A verdict, or what a license says of a use, told by a sign, a color and a word."""

    name: str
    """The CSS class that gives the color."""
    sign: str
    text: str


@dataclass(frozen=True)
class Disputed:
    """A question to which sources give different answers."""

    about: str
    says: tuple[Fact, ...]


def prose(text: str) -> tuple[Words, ...]:
    """Give a sentence in which backticks stand around code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return (Words(text),)
    return tuple(Words(part, code=place % 2 == 1) for place, part in enumerate(parts) if part)


def mark(answer: Answer) -> Mark:
    """Give a verdict's mark."""
    return Mark(answer, VERDICTS[answer].mark, answer.replace("-", " "))


def web(address: str | None) -> str | None:
    """Give the address if a browser may be led there, else None: a catalog is data, and `javascript:` is code."""
    return address if address and address.startswith(("https://", "http://")) else None


def href_of(source: Source) -> str | None:
    """Give the address at which a source can be read, if it has one."""
    return web(source_page(source))


def footnotes(entry: Entry) -> tuple[Footnote, ...]:
    """Give the sources of an entry, numbered in the order in which it names them."""
    return tuple(_footnote(number, source) for number, source in enumerate(entry.sources.values(), 1))


def _footnote(number: int, source: Source) -> Footnote:
    remarks = {"": source.note, "Read by the importer ": source.importer, "License of its text: ": source.license}
    told = tuple(before + text for before, text in {**remarks, "Credit: ": source.attribution}.items() if text)
    return Footnote(number, Words(str(source), href_of(source)), _READ[source.read], source.seen.isoformat(), told)


def note_numbers(entry: Entry, *keys: str | None) -> tuple[int, ...]:
    """Give the numbers of the footnotes for these sources of the entry."""
    order = list(entry.sources)
    return tuple(sorted({order.index(key) + 1 for key in keys if key}))


def disputes(entry: Entry) -> tuple[Disputed, ...]:
    """Give the questions on which the sources of an entry disagree, those on its recipe among them."""
    recipe = getattr(entry, "recipe", None)
    return tuple(
        Disputed(
            each.about, tuple(Fact("", (Words(said.value),), note_numbers(entry, said.source)) for said in each.says)
        )
        for each in (*entry.disagreements, *(recipe.disagreements if recipe else ()))
    )
