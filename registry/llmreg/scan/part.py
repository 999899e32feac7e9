"""The part of a source file that can name a model: most files have none, and most of the others little.

text --tells--> places --part--> the blocks around them, every other line blank --parser--> mentions
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from llmreg.scan.mention import FILE_ENDS
from llmreg.scan.words import LOCAL, NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_SLASH = re.compile(r"""/(?:[A-Za-z0-9_{%][\w.{}%-]*)?(?=["'`@:])""")
_OWNER = re.compile(r"[\w.{}%:-]+")
_NO_OWNERS = LOCAL | NOBODY
_LONGEST = 97
"""Characters of an owner, which has 96 at most, and of the quote before it."""
_TOGETHER = ("model", "Model", "MODEL", "dataset", "pretrained", "repo", "llm")
"""What a file has somewhere where a name that is put together from parts may matter."""
_BLOCK = re.compile(r"\n(?=(?:    (?=@|def |async def |class ))?[^\s#)\]}{])(?!(?:else|elif|except|finally|catch)\b)")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_ASSIGNED = re.compile(r"""=(?=[^=\n]*["'`(\[{])""")
_CALL = 300
"""Characters behind a telling word in which the names that a call is given are looked for."""


def quoted_names(text: str) -> Iterator[int]:
    """Yield where a text in quotes may be `owner/name`, or be a part of such a name."""
    together: bool | None = None
    for found in _SLASH.finditer(text):
        start, name = found.start(), found[0]
        before = text[max(start - _LONGEST, 0) : start]
        owner = before[max(before.rfind('"'), before.rfind("'"), before.rfind("`")) + 1 :]
        if owner == before or not _OWNER.fullmatch(owner) or owner.lower() in _NO_OWNERS:
            continue
        if FILE_ENDS.search(name):
            continue
        if len(name) == 1 or "{" in owner + name or "%" in owner + name:
            together = any(word in text for word in _TOGETHER) if together is None else together
            if not together:
                continue
        yield start


def places_of(text: str, words: Iterable[str]) -> Iterator[int]:
    """Yield where any of these words is."""
    for word in words:
        place = text.find(word)
        while place >= 0:
            yield place
            place = text.find(word, place + 1)


def blank(text: str) -> str:
    """Return as many spaces as a text has characters, in as many lines."""
    return "\n".join(" " * len(line) for line in text.split("\n"))


def part(text: str, tells: Callable[[str], Iterable[int]], shape: str | None = None) -> str:
    """Return the text with blank lines in place of the blocks in which nothing tells of a model.

    A block begins with a line that is not indented, or with a method of Python. One in which a name is assigned that
    is used where something tells, and an assignment in one line, stay too. `shape` is the text without what only looks
    like a beginning, each character at its place.
    """
    starts = _starts(text, shape or text)
    blocks = [text[start:end] for start, end in pairwise([*starts, len(text)])]
    outer = [*accumulate((number if block[:1] != " " else 0 for number, block in enumerate(blocks)), max)]
    places = [*tells(text)]
    used = {word for place in places for word in _NAME.findall(text, place, place + _CALL)}
    told = {bisect_right(starts, place) - 1 for place in (*places, *_assigned(text, used))}
    told |= {number for number, block in enumerate(blocks) if _is_line(block)}
    kept = told | {outer[number] for number in told}
    return "".join(
        block if number in kept else _emptied(block, within=number != outer[number] and outer[number] in kept)
        for number, block in enumerate(blocks)
    )


def _emptied(block: str, *, within: bool) -> str:
    """Return as many signs in as many lines, with a statement where the block stands in one that stays."""
    return "    pass" + blank(block)[8:] if within and block.find("\n") >= 8 else blank(block)


def _starts(text: str, shape: str) -> list[int]:
    """Return where blocks begin; decorators belong to what they decorate."""
    starts, decorates = [0], text.startswith("@")
    for found in _BLOCK.finditer(shape):
        if not decorates:
            starts.append(found.end())
        decorates = text.startswith(("@", "    @"), found.end())
    return starts


def _is_line(block: str) -> bool:
    """Tell whether a block is an assignment, or an import under another name, in one line."""
    return ("=" in block or " as " in block) and "\n" not in block.rstrip()


def _assigned(text: str, used: set[str]) -> Iterator[int]:
    """Yield where one of these names is assigned something that may be a text."""
    for found in _ASSIGNED.finditer(text):
        start = text.rfind("\n", 0, found.start()) + 1
        if not used.isdisjoint(_NAME.findall(text, start, found.start())):
            yield start
