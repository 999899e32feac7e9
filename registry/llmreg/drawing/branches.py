"""Sort models into the branches of the evolution tree: families, and in each the sizes of one model as one twig."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmreg.drawing.text import one_line
from llmreg.lineage.families import base_of, family_of
from llmreg.schema import WEIGHT_RELATIONS, Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmreg.catalog import Catalog

_SIZE = re.compile(r"\b(\d+(?:\.\d+)?) ?([KMBT])\b")
_UNITS = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
_MONTH = len("YYYY-MM")
_SLOT = "\0"
_MOST_SIZES = 4
_UNTOLD = ("pretrain",)
"""Methods that go without saying."""


@dataclass(eq=False)
class Twig:
    """One model, or the sizes of one that came out in the same month, with the same verdict, from the same base."""

    ids: list[str]
    label: str
    date: str
    """YYYY-MM-DD or YYYY-MM; the earliest of its sizes."""
    verdict: str
    method: str
    base: Twig | None
    """The nearest dated entry that its weights come from; nothing for a root."""
    loose: bool
    """An entry without a date lies between it and its base."""
    after: str = ""
    """Where it stands in time: its date, or that of its base where only the month is known."""
    depth: int = 0

    @property
    def month(self) -> str:
        """Give the month of the release."""
        return self.date[:_MONTH]


@dataclass
class Branch:
    """A family in the order of time, bases before what was made from them."""

    name: str
    twigs: list[Twig]


@dataclass
class Grown:
    """The branches, the largest first, and what could not be drawn in them."""

    branches: list[Branch]
    undated: list[str] = field(default_factory=list)
    """Names of models without a date, or of which only the year is known."""
    left_out: list[str] = field(default_factory=list)
    """Names of the families beyond the limit."""
    several: bool = False
    """Some model has weights from several bases and stands with the first."""


def grow(
    catalog: Catalog, verdicts: Mapping[str, str], *, since: str = "", until: str = "", limit: int | None = None
) -> Grown:
    """Sort the models that have a verdict into branches; `since` and `until` are dates of which parts may be missing.

    With `limit`, the largest families alone are drawn. Files are left out: they come out with the model that they make.
    """
    by_family: dict[str, list[str]] = defaultdict(list)
    grown = Grown([])
    for entry_id in sorted(verdicts):
        model = catalog[entry_id]
        if not isinstance(model, Model) or model.file_of:
            continue
        if len(model.released or "") < _MONTH:
            year = f" ({model.released})" if model.released else ""
            grown.undated.append(one_line(model.name) + year)
        elif _within(model.released or "", since, until):
            by_family[family_of(catalog, entry_id)].append(entry_id)
            grown.several |= sum(edge.relation in WEIGHT_RELATIONS for edge in model.edges()) > 1
    for name, ids in by_family.items():
        grown.branches.append(Branch(one_line(name), _Sprouts(catalog, verdicts, ids).twigs()))
    grown.branches.sort(key=lambda branch: (-len(branch.twigs), branch.name))
    if limit is not None:
        grown.left_out = [branch.name for branch in grown.branches[limit:]]
        del grown.branches[limit:]
    return grown


def _within(date: str, since: str, until: str) -> bool:
    """Compare what both dates say: all of 2023 lies within 2023."""
    return date[: len(since)] >= since[: len(date)] and (not until or date[: len(until)] <= until[: len(date)])


class _Sprouts:
    """Makes the twigs of one family."""

    def __init__(self, catalog: Catalog, verdicts: Mapping[str, str], ids: list[str]) -> None:
        """Take the dated entries of the family."""
        self.catalog, self.verdicts = catalog, verdicts
        self.ids = dict.fromkeys(ids)
        self.of: dict[str, Twig] = {}
        self.by_key: dict[tuple[object, ...], Twig] = {}

    def twigs(self) -> list[Twig]:
        """Give the twigs in the order of time."""
        for entry_id in self.ids:
            self._twig(entry_id, ())
        for twig in self.by_key.values():
            names = [one_line(self.catalog[each].name) for each in twig.ids]
            twig.label = _label(names)
        twigs = list(self.by_key.values())
        for twig in twigs:
            _settle(twig)
        return sorted(twigs, key=lambda twig: (twig.after, twig.depth, twig.label, twig.ids))

    def _twig(self, entry_id: str, below: tuple[str, ...]) -> Twig:
        """Give the entry's twig; `below` are those that were made from it, lest a cycle never end."""
        if entry_id in self.of:
            return self.of[entry_id]
        model = self.catalog.get_as(Model, entry_id)
        base, loose = self._base(entry_id, (*below, entry_id))
        parent = self._twig(base, (*below, entry_id)) if base else None
        method = model.recipe.method or "" if model.recipe else ""
        method, date = "" if method in _UNTOLD else method, model.released or ""
        name = one_line(model.name)
        stem = _SIZE.sub(_SLOT, name, count=1) if _SIZE.search(name) else entry_id
        key = (stem, date[:_MONTH], self.verdicts[entry_id], method, parent and id(parent), loose)
        twig = self.by_key.get(key)
        if twig is None:
            twig = self.by_key[key] = Twig([], "", date, self.verdicts[entry_id], method, parent, loose)
        twig.ids.append(entry_id)
        twig.date = min(twig.date, date)
        self.of[entry_id] = twig
        return twig

    def _base(self, entry_id: str, below: tuple[str, ...]) -> tuple[str | None, bool]:
        """Find the nearest dated entry below in the tree, and whether one without a date is passed on the way."""
        seen = [entry_id]
        base = base_of(self.catalog, entry_id)
        while base and base not in self.ids and base not in seen:
            seen.append(base)
            base = base_of(self.catalog, base)
        if base is None or base in seen or base in below:
            return None, len(seen) > 1
        return base, len(seen) > 1


def _settle(twig: Twig) -> None:
    """Put a twig of the month in which its base came out after that."""
    if twig.after:
        return
    twig.after = twig.date
    if twig.base:
        _settle(twig.base)
        twig.depth = twig.base.depth + 1
        if twig.base.month == twig.month:
            twig.after = max(twig.after, twig.base.after)


def _label(names: list[str]) -> str:
    """Write one name for all sizes: `Baize 7B/13B/30B`, or the range where there are many."""
    sizes = {match.group(0): match for match in map(_SIZE.search, names) if match}
    if len(names) == 1 or not sizes:
        return names[0]
    ordered = sorted(sizes, key=lambda size: float(sizes[size].group(1)) * _UNITS[sizes[size].group(2)])
    many = len(ordered) > _MOST_SIZES
    written = f"{ordered[0]}–{ordered[-1]}" if many else "/".join(ordered)
    label = _SIZE.sub(lambda _: written, names[0], count=1)
    return f"{label} ({len(ordered)} sizes)" if many else label
