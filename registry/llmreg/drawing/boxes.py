"""What a box of a picture says: the name of the entry, its licenses as badges, and what was left out beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.drawing.text import cut, one_line, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME_SIZE = 13.0
BADGE_SIZE = 10.0
NAME_LINE = 16.0
BADGE_LINE = 20.0
BADGE_GAP = 4.0
_COUNT = 30.0
"""Room for a badge that counts the others."""
_INSET = 13.0
_MARK = 20.0
_NARROWEST, _WIDEST = 72.0, 196.0
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

    name: tuple[str, ...]
    """Lines."""
    badges: tuple[Badge, ...]
    mark: float
    """Room on the left for the mark of a verdict."""
    width: float
    height: float


def box_of(data: dict[str, Any], *, marked: bool) -> Box:
    """Give the box of an entry from its node in the graph; `marked` leaves room for the mark of a verdict."""
    mark = _MARK if marked else 0.0
    room = _WIDEST - 2 * _INSET - mark
    name = wrapped(data["name"], NAME_SIZE, room, lines=3, bold=True)
    badges = tuple(_badges(data, room))
    row = sum(badge.width + BADGE_GAP for badge in badges) - BADGE_GAP if badges else 0.0
    inner = max(*(width(line, NAME_SIZE, bold=True) for line in name), row) + mark
    height = 18.0 + NAME_LINE * len(name) + (BADGE_LINE if badges else 0.0)
    return Box(name, badges, mark, max(inner + 2 * _INSET, _NARROWEST), height)


def _badges(data: dict[str, Any], room: float) -> Iterable[Badge]:
    """Give the first license, those that fit beside it, and a badge that counts the others."""
    own = _OF_ITSELF.get(data["kind"])
    licenses = _licenses(data)
    for index, (component, license_id) in enumerate(licenses):
        left = len(licenses) - index - 1
        room_here = room - (_COUNT if left else 0.0)
        text = license_id if component == own else f"{component}: {license_id}"
        badge = _badge(text if index else cut(text, BADGE_SIZE, room_here - 10), missing=license_id in MISSING)
        if badge.width > room_here:
            yield _badge(f"+{left + 1}")
            return
        yield badge
        room -= badge.width + BADGE_GAP


def _badge(text: str, *, missing: bool = False) -> Badge:
    return Badge(text, width(text, BADGE_SIZE) + 10, missing)


def _licenses(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Give component and license, that of the thing itself first; each license once."""
    said = [tuple(each.partition(": ")[::2]) for each in data.get("licenses", "").split("; ") if each]
    own = _OF_ITSELF.get(data["kind"])
    ordered = sorted(said, key=lambda each: (each[0] != own, each[0] in _ASIDE))
    shown: dict[str, str] = {}
    for component, license_id in ordered:
        shown.setdefault(license_id, component)
    return [(component, license_id) for license_id, component in shown.items()]


def is_unchecked(data: dict[str, Any]) -> bool:
    """Tell whether an entry rests on a card or on a tracker's row."""
    return bool(data.get("tier", "curated") != "curated")


def told(entry_id: str, data: dict[str, Any], verdict: str | None = None) -> str:
    """Say all of an entry in a few lines, as its tooltip."""
    lines = [f"{one_line(data['name'])} ({data['kind']} {entry_id})"]
    lines += [f"released: {data['released']}"] if "released" in data else []
    lines += [f"licenses: {data['licenses']}"] if "licenses" in data else []
    lines += [f"file of: {data['file_of']}"] if "file_of" in data else []
    lines += [f"verdict: {verdict}"] if verdict else []
    lines += [f"evidence: {data['tier']}, which nobody of llmreg checked"] if is_unchecked(data) else []
    return "\n".join(lines)
