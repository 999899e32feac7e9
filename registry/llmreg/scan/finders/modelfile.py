"""Ollama's Modelfiles: `FROM` names the model, `ADAPTER` a file that changes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.scan.file import File, Finder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.scan.mention import Mention

_FROM = re.compile(r"^[ \t]*(?:FROM|ADAPTER)[ \t]+(\S+)", re.MULTILINE | re.IGNORECASE)


def find(file: File) -> Iterator[Mention]:
    """Yield the model that a Modelfile begins from: a tag of Ollama or a repository of the Hub."""
    for found in _FROM.finditer(file.text):
        at = file.place(found.start(1))
        if re.match(r"(?:hf\.co|huggingface\.co)/", found[1]):
            yield from file.mention(found[1].partition(":")[0], at, "model", "config")
        elif not found[1].startswith((".", "/", "~")):
            yield from file.mention(found[1], at, "model", "config", host="ollama")


def takes(path: str) -> bool:
    """Tell a Modelfile by its name: `Modelfile`, `Modelfile.llama`, `x.modelfile`."""
    name = path.rpartition("/")[2].lower()
    return name.startswith("modelfile") or name.endswith((".modelfile", "modelfile"))


FINDER = Finder("modelfile", takes, find)
