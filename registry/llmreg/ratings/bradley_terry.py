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
_BOUND = 16.0
"""Log-odds beyond which an estimate counts as unbounded: a chance of 1 in 10 million."""
_STEPS, _CLOSE, _LONGEST = 100, 1e-9, 2.0
_RIDGE = 1e-10
"""Keeps the matrix solvable where a draw leaves a system out."""


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
    tally = _Tally.of(ratings)
    groups = _groups(tally)
    drawn = draw(len(ratings.items), draws, seed)
    fitted = [_fit_group(tally, members, drawn, position) for members in groups]
    notes = _said(ratings, tally, groups)
    notes += [
        f"{_list(ratings, members)}: shown in one order only, so no position bias can be told from strength"
        for members, fit in zip(groups, fitted, strict=True)
        if position and fit.strengths and not fit.position
    ]
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

    def bounds(self, place: int) -> _Bounds:
        return self.strengths[place] if self.strengths else (None, None, None)


def _fit_group(tally: _Tally, members: Sequence[int], drawn: Floats, position: bool) -> _Fit:
    import numpy as np

    inside = tally.among(members)
    if len(members) == 1:
        return _Fit(inside.matches)
    shown = position and inside.both_orders()
    (strengths, bias), (drawn_strengths, drawn_bias) = (
        _fit(*inside.counts(weights), inside, shown) for weights in (np.ones((1, drawn.shape[1])), drawn)
    )
    found = tuple(_bounds(strengths[0, place], drawn_strengths[:, place]) for place in range(len(members)))
    return _Fit(inside.matches, found, _bounds(bias[0], drawn_bias) if shown else None)


@dataclass(frozen=True, eq=False)
class _Tally:
    """Wins and matches of each ordered pair, by item: `won` and `met` have the shape (items, pairs)."""

    systems: tuple[int, ...]
    first: Ints
    second: Ints
    won: Floats
    met: Floats

    @classmethod
    def of(cls, ratings: Ratings) -> _Tally:
        import numpy as np

        pairs, pair = np.unique(np.stack([ratings.first, ratings.second]), axis=1, return_inverse=True)
        shape = (len(ratings.items), pairs.shape[1])
        won, met = np.zeros(shape), np.zeros(shape)
        np.add.at(won, (ratings.item, pair.reshape(-1)), ratings.wins)
        np.add.at(met, (ratings.item, pair.reshape(-1)), 1)
        return cls(tuple(range(len(ratings.systems))), pairs[0], pairs[1], won, met)

    @property
    def matches(self) -> float:
        return float(self.met.sum())

    def among(self, members: Sequence[int]) -> _Tally:
        """Keep the matches that these systems played with each other, and number the systems anew."""
        import numpy as np

        kept = np.isin(self.first, members) & np.isin(self.second, members)
        first, second = (np.searchsorted(members, each[kept]) for each in (self.first, self.second))
        return _Tally(tuple(range(len(members))), first, second, self.won[:, kept], self.met[:, kept])

    def counts(self, weights: Floats) -> tuple[Floats, Floats]:
        """Give wins and matches of each pair, each item counted as often as `weights`, shape (draws, items), says."""
        return weights @ self.won, weights @ self.met

    def design(self, position: bool) -> Floats:
        """Give what each pair's log-odds are made of: strengths, the last one being 0, and the position."""
        import numpy as np

        count = len(self.first)
        matrix = np.zeros((count, len(self.systems) + 1))
        matrix[np.arange(count), self.first] = 1
        matrix[np.arange(count), self.second] = -1
        matrix[:, -1] = 1
        kept = [*range(len(self.systems) - 1), *([len(self.systems)] if position else [])]
        return matrix[:, kept]

    def both_orders(self) -> bool:
        """Tell whether the position can be told from the strengths."""
        import numpy as np

        design = self.design(position=True)
        return len(design) > 0 and bool(np.linalg.matrix_rank(design) == design.shape[1])

    def beaten(self) -> set[tuple[int, int]]:
        """Give pairs of systems of which the one took points from the other."""
        won, met = self.won.sum(axis=0), self.met.sum(axis=0)
        pairs = list(zip(map(int, self.first), map(int, self.second), strict=True))
        forth = {pair for pair, points in zip(pairs, won, strict=True) if points > 0}
        return forth | {(other, one) for (one, other), lost in zip(pairs, met - won, strict=True) if lost > 0}


def _groups(tally: _Tally) -> list[list[int]]:
    """Put systems together that took points from each other, be it by way of others; the best group comes first.

    Strengths exist only inside such a group (Ford 1957): else more and more distance makes what was seen more likely.
    """
    import networkx as nx

    graph = nx.DiGraph(sorted(tally.beaten()))
    graph.add_nodes_from(tally.systems)
    order = nx.condensation(graph)
    members = nx.get_node_attributes(order, "members")
    sequence = nx.lexicographical_topological_sort(order, key=lambda group: min(members[group]))
    return [sorted(members[group]) for group in sequence]


def _fit(won: Floats, met: Floats, tally: _Tally, position: bool) -> tuple[Floats, Floats]:
    """Find the likeliest strengths by Newton's method, for many draws at once.

    `won` and `met` have the shape (draws, pairs). Gives strengths whose mean is 0, shape (draws, systems), and the
    position, shape (draws,), 0 where it is left out. An estimate that has no bound ends at `_BOUND`.
    """
    import numpy as np

    design = tally.design(position)
    found = np.zeros((len(won), design.shape[1]))
    ridge = _RIDGE * np.eye(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-(found @ design.T)))
        slope = (won - met * chance) @ design
        curve = np.einsum("dp,pi,pj->dij", met * chance * (1 - chance), design, design, optimize=True) + ridge
        step = np.linalg.solve(curve, slope[..., None])[..., 0]
        longest = np.maximum(np.abs(step).max(axis=1, keepdims=True), _LONGEST)
        before, found = found, np.clip(found + step * _LONGEST / longest, -_BOUND, _BOUND)
        if np.abs(found - before).max(initial=0) < _CLOSE:
            break
    strengths = np.pad(found[:, : len(tally.systems) - 1], ((0, 0), (0, 1)))
    return _unbounded(strengths), _unbounded(found[:, -1:])[:, 0] if position else np.zeros(len(won))


def _unbounded(values: Floats) -> Floats:
    """Put infinity in place of what ran to the bound, and no number beside it; else let each row's mean be 0.

    Where one strength has no bound, the mean of all has none either, and the others cannot be compared with it.
    """
    import numpy as np

    single = values.shape[1] == 1
    centered = values if single else values - np.median(values, axis=1, keepdims=True)
    far = np.abs(centered) > _BOUND * 0.49
    mean = 0 if single else values.mean(axis=1, keepdims=True)
    rest = np.where(far.any(axis=1, keepdims=True), np.nan, values - mean)
    return np.where(far, np.copysign(np.inf, centered), rest)


def _bounds(value: float, draws: Floats) -> _Bounds:
    import numpy as np

    return (float(value) if np.isfinite(value) else None, *interval(draws))


def _strength(ratings: Ratings, tally: _Tally, system: int, group: int, bounds: _Bounds) -> Strength:
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


def _said(ratings: Ratings, tally: _Tally, groups: list[list[int]]) -> list[str]:
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


def _met(tally: _Tally) -> Any:
    import networkx as nx

    return nx.Graph([(one, other) for one, other in zip(map(int, tally.first), map(int, tally.second), strict=True)])


def _list(ratings: Ratings, members: Sequence[int]) -> str:
    return ", ".join(ratings.systems[each] for each in members)
