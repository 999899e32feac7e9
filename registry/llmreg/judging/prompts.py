"""What a judge is asked, and how its reply is read."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from llmreg.judging.answers import Pair

Mode = Literal["pairwise", "scored"]
_TEMPLATES = Path(__file__).with_name("templates")
_WINNERS = {"1": "first", "2": "second", "tie": "tie"}
_EDGE = r"[\s*_#`>]*"
"""Marks by which models set a line off."""
_MANY = re.compile(r"([\s*_#`>]{40})[\s*_#`>]+")
"""More of them than anybody needs, over which the patterns below would take time without end."""
_NUMBER = r"(\d+(?:\.\d+)?)(?:\s*/\s*10)?"
_VERDICT = re.compile(rf"^{_EDGE}verdict{_EDGE}:{_EDGE}(1|2|tie)\b[.!]?{_EDGE}$", re.IGNORECASE | re.MULTILINE)
_SCORES = re.compile(
    rf"^{_EDGE}scores?{_EDGE}:{_EDGE}{_NUMBER}{_EDGE}(?:[,;|]|and)?{_EDGE}\s{_NUMBER}\.?{_EDGE}$",
    re.IGNORECASE | re.MULTILINE,
)
_LEAST, _MOST = 1, 10


def template(mode: Mode) -> str:
    """Give the text that every prompt of a mode is made from."""
    return (_TEMPLATES / f"{mode}.txt").read_text(encoding="utf-8")


def template_hash(mode: Mode) -> str:
    """Give the SHA-256 of a mode's template."""
    return hashlib.sha256(template(mode).encode()).hexdigest()


def prompt(mode: Mode, pair: Pair) -> str:
    """Write what the judge is asked of two answers.

    The mark around them hangs on all that is between, so that no answer can hold it and seem to end before it does.
    """
    texts = (pair.question or "", pair.first.text, pair.second.text)
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    mark = f"#### {digest[:12]}"
    question = f"\n{mark} the task\n{pair.question}\n{mark}\n" if pair.question is not None else ""
    return Template(template(mode)).substitute(mark=mark, question=question, first=texts[1], second=texts[2])


def parse(mode: Mode, reply: str) -> dict[str, Any]:
    """Read the verdict from a reply as a rating's `winner` or `scores`; null where there is none.

    The last line that has the form counts: what stands before it may be what the judge quotes or thinks aloud.
    """
    reply = _MANY.sub(lambda found: found[1] + "\n" * ("\n" in found[0]), reply)
    if mode == "pairwise":
        said = _VERDICT.findall(reply)
        return {"winner": _WINNERS[said[-1].lower()] if said else None}
    numbers = [tuple(map(float, found)) for found in _SCORES.findall(reply)][-1:]
    in_range = bool(numbers) and all(_LEAST <= score <= _MOST for score in numbers[0])
    return {"scores": list(numbers[0]) if in_range else None}
