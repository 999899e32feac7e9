"""The likelihood of Bradley and Terry's model: what was won, for whom it has a greatest value, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from llmreg.ratings.read import Ratings

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_FARTHEST = 10.0
"""Log-odds beyond which a position bias counts as unbounded: 1 in 20,000 for equal answers."""
_STEPS, _FLAT, _LONGEST = 100, 1e-9, 2.0
_RIDGE = 1e-10
"""Keeps the matrix solvable where a draw leaves a system out."""


@dataclass(frozen=True, eq=False)
class Tally:
    """Wins and matches of each ordered pair, by item: `won` and `met` have the shape (items, pairs)."""

    systems: tuple[int, ...]
    first: Ints
    second: Ints
    won: Floats
    met: Floats

    @classmethod
    def of(cls, ratings: Ratings) -> Tally:
        """Count what every system won against every other."""
        import numpy as np

        pairs, pair = np.unique(np.stack([ratings.first, ratings.second]), axis=1, return_inverse=True)
        shape = (len(ratings.items), pairs.shape[1])
        won, met = np.zeros(shape), np.zeros(shape)
        np.add.at(won, (ratings.item, pair.reshape(-1)), ratings.wins)
        np.add.at(met, (ratings.item, pair.reshape(-1)), 1)
        return cls(tuple(range(len(ratings.systems))), pairs[0], pairs[1], won, met)

    @property
    def matches(self) -> float:
        """Count the matches."""
        return float(self.met.sum())

    def among(self, members: Sequence[int]) -> Tally:
        """Keep the matches that these systems played with each other, and number the systems anew."""
        import numpy as np

        kept = np.isin(self.first, members) & np.isin(self.second, members)
        first, second = (np.searchsorted(members, each[kept]) for each in (self.first, self.second))
        return Tally(tuple(range(len(members))), first, second, self.won[:, kept], self.met[:, kept])

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


def groups_of(tally: Tally) -> list[list[int]]:
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


def fit(won: Floats, met: Floats, tally: Tally, position: bool) -> tuple[Floats, Floats]:
    """Find the likeliest strengths by Newton's method, for many draws at once.

    `won` and `met` have the shape (draws, pairs). Gives strengths whose mean is 0, shape (draws, systems), and the
    position, shape (draws,), 0 where it is left out; infinity stands for what has no bound, NaN for what then has no
    value.
    """
    import numpy as np

    design = tally.design(position)
    found = np.zeros((len(won), design.shape[1]))
    ridge = _RIDGE * np.eye(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-(found @ design.T)))
        slope = (won - met * chance) @ design
        if np.abs(slope).max(initial=0) < _FLAT:
            break
        curve = np.einsum("dp,pi,pj->dij", met * chance * (1 - chance), design, design, optimize=True) + ridge
        step = np.linalg.solve(curve, slope[..., None])[..., 0]
        found += step * _LONGEST / np.maximum(np.abs(step).max(axis=1, keepdims=True), _LONGEST)
    strengths = np.pad(found[:, : len(tally.systems) - 1], ((0, 0), (0, 1)))
    strengths -= strengths.mean(axis=1, keepdims=True)
    bias = found[:, -1] if position else np.zeros(len(won))
    far = np.abs(bias) > _FARTHEST
    strengths[far] = np.nan
    return _unbounded(strengths, won, met, tally), np.where(far, np.copysign(np.inf, bias), bias)


def _unbounded(strengths: Floats, won: Floats, met: Floats, tally: Tally) -> Floats:
    """Put infinity where a draw's winners never lost a point to others, and no value for the others of that draw.

    Where one strength has no bound, the mean of all has none either, and nothing can be compared with it.
    """
    import numpy as np

    count = len(tally.systems)
    points = np.zeros((len(won), count, count))
    points[:, tally.first, tally.second] += won
    points[:, tally.second, tally.first] += met - won
    above: NDArray[np.bool_] = (points > 0) | np.eye(count, dtype=bool)
    for _ in range(count.bit_length()):  # each round doubles the length of the ways that are known
        above = np.matmul(above.astype(np.float32), above.astype(np.float32)) > 0
    only = above & ~above.transpose(0, 2, 1)
    over, under = only.any(axis=2), only.any(axis=1)
    ends = np.where(over & ~under, np.inf, np.where(under & ~over, -np.inf, np.nan))
    missing = (~above).sum(axis=(1, 2))
    return np.where(missing[:, None] > 0, ends, strengths)
