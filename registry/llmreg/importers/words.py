"""Read single words of trackers: blanks, dates, counts, links, and the ids that names become."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date
from typing import Any

from llmreg.schema.ids import is_hub_id
from llmreg.schema.values import YEARS, is_link

_BLANK = {"", "-", "--", "–", "—", "/", "n/a", "na", "nan", "null", "tbd"}
_HUB = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/(datasets/)?([\w.-]+(?:/[\w.-]+)?)", re.ASCII)
_PAGES = {"blob", "commits", "discussions", "raw", "resolve", "tree", "viewer"}
_GITHUB = re.compile(r"(?:https?://)?(?:www\.)?github\.com/([\w.-]+/[\w.-]+)", re.ASCII)
_SCALE = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_COUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([kmbt]?)", re.ASCII | re.IGNORECASE)
_LONGEST = 100


def words(value: Any) -> str:
    """Give a scalar as text on one line; nothing for a blank, and for a list or mapping."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = " ".join(str(value).split())
    return "" if text.lower() in _BLANK else text


def texts(value: Any) -> list[str]:
    """Give one scalar or a list of scalars as texts, without the blanks."""
    return [text for text in map(words, value if isinstance(value, list) else [value]) if text]


def listed(value: Any, marks: str = ",") -> list[str]:
    """Split a list at marks, such as commas, that stand outside brackets; leave the blanks out."""
    parts, depth = [""], 0
    for letter in words(value):
        depth = max(0, depth + (letter in "([") - (letter in ")]"))
        if letter in marks and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in map(words, parts) if part]


def partial_date(value: Any) -> str | None:
    """Read YYYY, YYYY-MM or YYYY-MM-DD, a time of day after it left out; give nothing for anything else."""
    found = re.match(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:$|[T ])", words(value), re.ASCII)
    if not found:
        return None
    parts = [part for part in found.groups() if part]
    try:
        date(*[*map(int, parts), 1, 1][:3])
    except ValueError:
        return None
    return "-".join(part.zfill(2) for part in parts) if int(parts[0]) in YEARS else None


def earlier(one: str | None, other: str | None) -> bool:
    """Tell whether a partial date lies before another for certain: by what both of them say."""
    if not one or not other:
        return False
    shared = min(len(one), len(other))
    return one[:shared] < other[:shared]


def count(value: Any) -> int | None:
    """Read a whole number such as `52,002`, `7B` or `1.5 m`; give nothing for anything else, and for none."""
    found = _COUNT.fullmatch(words(value).replace(",", ""))
    if not found:
        return None
    return round(float(found[1]) * _SCALE[found[2].lower()]) or None


def hub_model(value: Any) -> str | None:
    """Give the id of the first model on the Hub that a link, or a list of links, leads to."""
    return next((found[1] for text in texts(value) for found in hub_links(text) if found[0] == "model"), None)


def hub_dataset(value: Any) -> str | None:
    """Give the id of the first dataset on the Hub that a link, or a list of links, leads to."""
    return next((found[1] for text in texts(value) for found in hub_links(text) if found[0] == "dataset"), None)


def hub_links(text: str) -> list[tuple[str, str]]:
    """Find the models and datasets of the Hub that a text links to, as `("model", id)` or `("dataset", id)`."""
    found = []
    for dataset, name in _HUB.findall(text):
        owner, _, rest = name.rstrip(".").partition("/")
        hub_id = owner if rest in _PAGES else f"{owner}/{rest}" if rest else owner
        if is_hub_id(hub_id) and (dataset or rest):
            found.append(("dataset" if dataset else "model", hub_id))
    return found


def hub_name(value: Any) -> str | None:
    """Give a text that is itself an id on the Hub, `owner/name`."""
    text = words(value)
    return text if "/" in text and is_hub_id(text) else None


def github(value: Any) -> str | None:
    """Give `owner/name` of the first repository on GitHub that a link, or a list of links, leads to."""
    found = next((match for text in texts(value) if (match := _GITHUB.match(text))), None)
    return found[1].removesuffix(".git") if found else None


def link(value: Any) -> str | None:
    """Give the first text that is an address as entries take it."""
    return next(filter(is_link, texts(value)), None)


def slug(name: str) -> str:
    """Give the part of an id that a name becomes: lower case, blanks as `-`; letters, digits, `.`, `+` and `-` stay.

    Accents are dropped and other letters written by their code points. A long name is cut and its hash added.
    """
    letters = []
    for letter in unicodedata.normalize("NFKD", name.casefold()):
        if letter.isascii():
            letters.append(letter if letter.isalnum() or letter in ".+" else "-" if letter in " \t/_:-" else "")
        elif letter.isalnum():
            letters.append(f"u{ord(letter):x}")
    short = re.sub(r"-{2,}", "-", "".join(letters)).strip("-") or "unnamed"
    if len(short) <= _LONGEST:
        return short
    return f"{short[:_LONGEST]}-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}"
