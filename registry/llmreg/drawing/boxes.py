"""What a box of a picture says: the name of the entry, its licenses as badges, and what was left out beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.drawing.text import cut, one_line, width

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME_SIZE = 13.0
BADGE_SIZE = 10.0
LINE = 19.0
"""Height of a line of text, in px."""
_INSET = 14.0
_MARK = 18.0
"""Room for the mark of a verdict."""
_NARROWEST, _WIDEST = 72.0, 216.0
_MOST_BADGES = 2
_OF_ITSELF = {"model": "weights", "dataset": "data", "service": "outputs", "software": "code", "benchmark": "data"}
"""The component of each kind whose license is shown without naming the component."""
_ASIDE = ("code", "documentation")
"""Components that are shown last: their license says nothing of weights or rows."""
MISSING = ("no-licence", "unknown", "custom")
"""What stands for a license and is none of the catalog's: each keeps its word, in a badge with a dashed edge."""


@dataclass(frozen=True)
class Badge:
    """A license, or how many more there are."""

    text: str
    width: float
    missing: bool = False


@dataclass(frozen=True)
class Box:
    """The text of one box and its size in px."""

    name: str
    badges: tuple[Badge, ...]
    marked: bool
    width: float
    height: float


def box_of(data: dict[str, Any], *, marked: bool) -> Box:
    """Give the box of an entry from its node in the graph; `marked` leaves room for the mark of a verdict."""
    mark = _MARK if marked else 0.0
    name = cut(data["name"], NAME_SIZE, _WIDEST - 2 * _INSET - mark, bold=True)
    badges = tuple(_badges(data, _WIDEST - 2 * _INSET))
    row = sum(badge.width + 4 for badge in badges) - 4 if badges else 0.0
    inner = max(width(name, NAME_SIZE, bold=True) + mark, row)
    height = 16.0 + LINE * (2 if badges else 1)
    return Box(name, badges, marked, max(inner + 2 * _INSET, _NARROWEST), height)


def _badges(data: dict[str, Any], room: float) -> Iterable[Badge]:
    """Give the badges that there is room for, and one that counts the others."""
    all_of_them = _licenses(data)
    shown = all_of_them[:_MOST_BADGES]
    most = room if len(shown) < 2 else room / 2 - 20
    for component, license_id in shown:
        own = component == _OF_ITSELF.get(data["kind"])
        yield _badge(license_id if own else f"{component}: {license_id}", most, missing=license_id in MISSING)
    if len(all_of_them) > len(shown):
        yield _badge(f"+{len(all_of_them) - len(shown)}", most)


def _badge(text: str, most: float, *, missing: bool = False) -> Badge:
    text = cut(text, BADGE_SIZE, most - 10)
    return Badge(text, width(text, BADGE_SIZE) + 10, missing)


def _licenses(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Give component and license, that of the thing itself first; each license once."""
    said = [tuple(each.partition(": ")[::2]) for each in data.get("licenses", "").split("; ") if each]
    own = _OF_ITSELF.get(data["kind"])
    ordered = sorted(said, key=lambda each: (each[0] != own, each[0] in _ASIDE and own not in _ASIDE))
    shown: dict[str, str] = {}
    for component, license_id in ordered:
        shown.setdefault(license_id, component)
    return [(component, license_id) for license_id, component in shown.items()]


def told(entry_id: str, data: dict[str, Any], verdict: str | None = None) -> str:
    """Say all of an entry in a few lines, as its tooltip."""
    lines = [f"{one_line(data['name'])} ({data['kind']} {entry_id})"]
    lines += [f"released: {data['released']}"] if "released" in data else []
    lines += [f"licenses: {data['licenses']}"] if "licenses" in data else []
    lines += [f"file of: {data['file_of']}"] if "file_of" in data else []
    lines += [f"verdict: {verdict}"] if verdict else []
    return "\n".join(lines)
