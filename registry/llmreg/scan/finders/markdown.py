"""Markdown: the front matter of a card says what it is made from; elsewhere only known names count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.scan.file import File, Finder, named
from llmreg.scan.finders import config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.scan.mention import Mention

_FRONT = re.compile(r"\A\ufeff?\s*---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_LINK = re.compile(r"(?:https?://)?(?:huggingface\.co|hf\.co)/[\w./-]+")


def find(file: File) -> Iterator[Mention]:
    """Yield the bases and data sets of a card's front matter, and what links and code name and the catalog knows."""
    front = _FRONT.match(file.text)
    end = 0
    if front:
        end = front.end()
        head = File(file.root, file.path, "\n" * file.text[: front.start(1)].count("\n") + front[1])
        for found in config.find(head):
            if found.how == "config":
                yield found
    for link in _LINK.finditer(file.text, end):
        yield from file.mention(link[0].rstrip(".,"), file.place(link.start()), "model", "mentioned", strict=False)


FINDER = Finder(
    "markdown",
    named(suffixes=(".md", ".mdx", ".markdown", ".qmd")),
    find,
    re.compile(r"base_model|datasets|huggingface\.co/|hf\.co/").search,
)
