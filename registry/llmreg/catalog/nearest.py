"""Suggest ids for one that nothing has: a slip of the keys is corrected, and another version or size never offered.

Names of models differ in one digit or one word and mean another thing with other terms, so that names which merely look
alike are no suggestion. What begins alike is listed as just that.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PARTS = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_SEPARATED = re.compile(r"(?<=[^\W\d_])[-_./ ]+(?=[^\W\d_])")
_FILES = re.compile(r"-(adapter|delta|wdiff|xor)$")
_SHORT = 3
"""Words up to this length, such as `it`, `pt` and `sft`, mean other things when one letter differs."""
_UNITS = "bkmt"
"""Letters after a number that say how many weights or tokens; any other in their place is a slip."""
_LISTED = 8


def nearest(wanted: str, known: Iterable[str], what: str = "entries") -> str:
    """Return `; did you mean 'x'?` for a slip of the keys, else `; entries whose name begins so: ...`, else nothing."""
    names = sorted(known)
    if slips := [name for name in names if _is_slip(wanted, name)]:
        likest = max(slips, key=lambda name: SequenceMatcher(None, wanted.casefold(), name.casefold()).ratio())
        return f"; did you mean {likest!r}?"
    family = _family(wanted, names)
    if not family:
        return ""
    return f"; {what} whose name begins so: {listed(family)}"


def listed(names: Sequence[str]) -> str:
    """Return the first of several names, and how many more there are."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def begun_by(wanted: str, names: Iterable[str]) -> bool:
    """Tell whether one of the names begins with all words and numbers of the wanted one, whatever separates them."""
    for joined in (True, False):
        parts = _parts(wanted, joined=joined)
        if parts and any(_parts(name, joined=joined)[: len(parts)] == parts for name in names):
            return True
    return False


def _is_slip(wanted: str, name: str) -> bool:
    """Tell whether two names have the same numbers, and words that differ by one key at most."""
    one, other = _parts(wanted), _parts(name)
    if len(one) != len(other) or _adds_word(wanted, name):
        return False
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return not differing or (len(differing) == 1 and _one_slip(*differing[0]))


def _adds_word(wanted: str, name: str) -> bool:
    """Tell whether one name is the other with a word more, as `falcon-7b-instruct-x` is: that is another model."""
    one, other = (Counter(_parts(each, joined=False)) for each in (wanted, name))
    return sorted(((one - other).total(), (other - one).total())) == [0, 1]


def _one_slip(one: str, other: str) -> bool:
    """Tell whether words differ by one letter too many, too few or wrong, or by two that changed places."""
    if one[0].isdigit() or other[0].isdigit():
        return False
    if len(one) == len(other) == 1:
        return one not in _UNITS and other in _UNITS
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    one, other, whole = one[start:], other[start:], max(len(one), len(other))
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if len(one) == len(other) == 2 and one == other[::-1]:
        return True
    return whole > _SHORT and max(len(one), len(other)) == 1


def _family(wanted: str, names: list[str]) -> list[str]:
    """Return the names that have the most parts at their beginning in common with the wanted one."""
    parts = _parts(wanted, joined=False)
    for length in range(len(parts), 0, -1):
        begun = parts[:length]
        if any(len(part) > 1 for part in begun) and not begun[0][0].isdigit():
            family = [name for name in names if _parts(name, joined=False)[:length] == begun]
            if family:
                return [name for name in family if _FILES.sub("", name) == name or _FILES.search(wanted)] or family
    return []


def _parts(name: str, *, joined: bool = True) -> list[str]:
    """Split a name, without its owner, into words and numbers; `2.0` is `2`, and words count as one where `joined`."""
    bare = name.casefold().rpartition("/")[2]
    bare = _SEPARATED.sub("", bare) if joined else bare
    return [re.sub(r"(\.0+)+$", "", part) for part in _PARTS.findall(bare)]
