"""Bradley-Terry strengths by maximum likelihood, with the judge's liking for the first answer and bootstrap intervals.

The odds that the answer shown first wins are exp(strength of first - strength of second + position). A tie counts as
half a win for each. Intervals come from drawing the items (questions) again with repetition, all ratings of an item
together, since ratings of one question are not independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Any

from llmreg.ratings.draws import draw, interval
from llmreg.ratings.likelihood import Tally, fit, groups_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from llmreg.ratings.read import Ratings

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MEAN = 1000.0
"""What the ratings of a group average to."""
_SCALE = 400 / log(10)


@dataclass(frozen=True)
class Strength:
    """One system's rating on the scale of Elo, comparable inside its group only."""

    system: str
    rating: float | None
    """None for a system alone in its group: it won or lost everything, or met nobody."""
    low: float | None
    """None where the draws set no lower bound."""
    high: float | None
    group: int
    """Groups are numbered from the best down where one beat another throughout."""
    matches: int
    share: float
    """Points won, a tie being half, out of all it played."""


@dataclass(frozen=True)
class Position:
    """How much the judge likes the answer that it reads first."""

    first: float
    """Share of matches that the first wins."""
    second: float
    tie: float
    points: float | None
    """What being shown first is worth on the scale of Elo; none where no estimate is finite or none is possible."""
    low: float | None
    high: float | None

    @property
    def odds(self) -> float | None:
        """Give by what the odds of equal answers are multiplied for the first."""
        return exp(self.points / _SCALE) if self.points is not None else None


@dataclass(frozen=True)
class BradleyTerry:
    """Strengths, the strongest of each group first."""

    strengths: tuple[Strength, ...]
    position: Position
    matches: int
    items: int
    draws: int
    seed: int
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg evaluate elo --json` prints."""
        position = {**vars(self.position), "odds": self.position.odds}
        return {**vars(self), "strengths": [vars(each) for each in self.strengths], "position": position, "mean": MEAN}


def bradley_terry(ratings: Ratings, *, draws: int = 1000, seed: int = 0, position: bool = True) -> BradleyTerry:
    """Fit each group of systems that beat each other, with intervals that hold 95% of `draws` draws of the items."""
    ratings = ratings.pairwise
    tally = Tally.of(ratings)
    groups = groups_of(tally)
    drawn = draw(len(ratings.items), draws, seed)
    fitted = [_fit_group(tally, members, drawn, position) for members in groups]
    notes = _said(ratings, tally, groups)
    notes += [f"{_list(ratings, members)}: {fit.note}" for members, fit in zip(groups, fitted, strict=True) if fit.note]
    if len(ratings.items) == 1:
        notes.append("all ratings are of one item, so drawing items again gives no interval")
    strengths = [
        _strength(ratings, tally, system, number, fit.bounds(place))
        for number, (members, fit) in enumerate(zip(groups, fitted, strict=True), 1)
        for place, system in enumerate(members)
    ]
    strengths.sort(key=lambda each: (each.group, -(each.rating or 0), each.system))
    largest = max((fit for fit in fitted if fit.position), key=lambda fit: fit.matches, default=None)
    bias = _position(ratings, largest.position if largest else None)
    return BradleyTerry(tuple(strengths), bias, len(ratings), len(ratings.items), draws, seed, tuple(notes))


_Bounds = tuple[float | None, float | None, float | None]
"""An estimate in log-odds with the bounds of 95% of its draws; none for each that is not finite."""


@dataclass(frozen=True)
class _Fit:
    """What was estimated for one group; nothing for a system alone."""

    matches: float
    strengths: tuple[_Bounds, ...] = ()
    position: _Bounds | None = None
    note: str = ""
    """Why the position was left out, where it should not have been."""

    def bounds(self, place: int) -> _Bounds:
        return self.strengths[place] if self.strengths else (None, None, None)


def _fit_group(tally: Tally, members: Sequence[int], drawn: Floats, position: bool) -> _Fit:
    """Fit one group; without the position where nothing tells it, since a group has finite strengths then."""
    import numpy as np

    inside = tally.among(members)
    if len(members) == 1:
        return _Fit(inside.matches)
    whole, note = np.ones((1, drawn.shape[1])), ""
    if position and not inside.both_orders():
        position, note = False, "shown in one order only, so no position bias can be told from strength"
    strengths, bias = fit(*inside.counts(whole), inside, position)
    if not np.isfinite([*strengths[0], *bias]).all():
        position, note = False, "the likeliest position bias has no bound, so the ratings leave it out"
        strengths, bias = fit(*inside.counts(whole), inside, position)
    drawn_strengths, drawn_bias = fit(*inside.counts(drawn), inside, position)
    found = tuple(_bounds(strengths[0, place], drawn_strengths[:, place]) for place in range(len(members)))
    return _Fit(inside.matches, found, _bounds(bias[0], drawn_bias) if position else None, note)


def _bounds(value: float, draws: Floats) -> _Bounds:
    import numpy as np

    return (float(value) if np.isfinite(value) else None, *interval(draws))


def _strength(ratings: Ratings, tally: Tally, system: int, group: int, bounds: _Bounds) -> Strength:
    first, second = tally.first == system, tally.second == system
    matches = tally.met[:, first].sum() + tally.met[:, second].sum()
    points = tally.won[:, first].sum() + (tally.met - tally.won)[:, second].sum()
    rating, low, high = (MEAN + each * _SCALE if each is not None else None for each in bounds)
    return Strength(ratings.systems[system], rating, low, high, group, int(matches), float(points / matches))


def _position(ratings: Ratings, bounds: _Bounds | None) -> Position:
    """Describe the position by the shares of all matches, and by the estimate of the largest group."""
    first, second, tie = (float((ratings.wins == outcome).mean()) for outcome in (1.0, 0.0, 0.5))
    points, low, high = (each * _SCALE if each is not None else None for each in bounds or (None, None, None))
    return Position(first, second, tie, points, low, high)


def _said(ratings: Ratings, tally: Tally, groups: list[list[int]]) -> list[str]:
    """Say why there is more than one group."""
    import networkx as nx

    if len(groups) == 1:
        return []
    beaten = tally.beaten()
    islands = sorted(map(sorted, nx.connected_components(_met(tally))))
    notes = [
        f"{_list(ratings, island)}: met nobody else, so their ratings compare with nobody else's"
        for island in islands
        if len(islands) > 1
    ]
    for members in groups:
        won = any(one in members and other not in members for one, other in beaten)
        lost = any(other in members and one not in members for one, other in beaten)
        if won != lost:
            how = "never lost a point to any other" if won else "never took a point from any other"
            notes.append(f"{_list(ratings, members)}: {how}, so no distance to the others is finite")
    return notes


def _met(tally: Tally) -> Any:
    import networkx as nx

    return nx.Graph([(one, other) for one, other in zip(map(int, tally.first), map(int, tally.second), strict=True)])


def _list(ratings: Ratings, members: Sequence[int]) -> str:
    return ", ".join(ratings.systems[each] for each in members)
