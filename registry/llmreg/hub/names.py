"""Names of files as a repository may have them, and those that no folder or not every file system can take."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 220
"""Bytes of one part of a name; file systems take 255, and a part in the making is called a little longer."""
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)


def unsound(name: str) -> str | None:
    """Say what is wrong with a name that would lead out of its folder or cannot be written; none where nothing is."""
    faults = {
        "is empty": not name,
        "has a character that no name has": any(
            unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in name
        ),
        "has a backslash": "\\" in name,
        "begins at the root": name.startswith("/") or re.match(r"[A-Za-z]:", name) is not None,
        "has an empty part": "" in name.split("/"),
        "has a part that is `.` or `..`": {".", ".."} & set(name.split("/")),
    }
    found = next((fault for fault, there in faults.items() if there), None)
    return found or ("is too long" if _too_long(name) else None)


def unportable(names: Iterable[str]) -> str | None:
    """Name the first of these names that not every file system can take beside the others; none where all can."""
    folded: dict[str, str] = {}
    for name in sorted(names):
        for part in name.split("/"):
            if part.endswith((".", " ")):
                return f"{name!r} has a part that ends with a dot or a space"
            if _DEVICE.fullmatch(part):
                return f"{name!r} is called as some systems call a device"
        parts = name.split("/")
        for end in range(1, len(parts) + 1):
            begin = "/".join(parts[:end])
            other = folded.setdefault(
                unicodedata.normalize("NFC", unicodedata.normalize("NFC", begin).casefold()), begin
            )
            if other != begin:
                return f"{begin!r} and {other!r} differ only in case or in how an accent is written"
    return None


def _too_long(name: str) -> bool:
    return len(name.encode(errors="replace")) > 1024 or any(
        len(part.encode(errors="replace")) > _LONGEST for part in name.split("/")
    )
