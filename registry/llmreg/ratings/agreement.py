"""Whether judges agree: on the order of systems, on single items, and each judge with itself in the other order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from llmreg.ratings.draws import draw, interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from llmreg.ratings.read import Ratings

_Verdicts = dict[tuple[int, int, int], int]
"""By item and pair of systems, the lower place first: 1 where that one wins, -1 where the other does, 0 for a tie."""


@dataclass(frozen=True)
class JudgePosition:
    """How one judge's verdicts hang on the order of the answers."""

    judge: str
    ratings: int
    first: float
    """Share of ratings in which the answer shown first wins."""
    second: float
    tie: float
    both_orders: int
    """Pairs of answers that it judged in both orders."""
    same: float | None
    """Share of those on which both its verdicts were the same; none where there are none."""


@dataclass(frozen=True)
class JudgePair:
    """How two judges agree on what both judged."""

    judges: tuple[str, str]
    pairs: int
    """Pairs of answers that both judged."""
    same: float
    kappa: float | None
    kendall: float | None
    """Of the systems' shares of points, among the same pairs of answers; none where one judge tells nobody apart."""
    spearman: float | None


@dataclass(frozen=True)
class Agreement:
    """What can be said of all judges together."""

    positions: tuple[JudgePosition, ...]
    judges: tuple[JudgePair, ...]
    kappa: float | None
    """Fleiss's, among all judges on the pairs of answers that all judged; none where it has no value."""
    low: float | None
    high: float | None
    pairs: int
    draws: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg evaluate agreement --json` prints."""
        lists = {"positions": [vars(each) for each in self.positions], "judges": [vars(each) for each in self.judges]}
        return {**vars(self), **lists}


def agreement(ratings: Ratings, *, draws: int = 1000, seed: int = 0) -> Agreement:
    """Compare the judges on what they have all judged; of scores the higher wins.

    Where a judge saw two answers more than once, as in both orders, the balance of its verdicts counts.
    """
    ratings = ratings.judged()
    verdicts = [_verdicts(ratings, judge) for judge in range(len(ratings.judges))]
    pairs = [_pair(ratings, verdicts, one, other) for one, other in combinations(range(len(verdicts)), 2)]
    common = sorted(set.intersection(*map(set, verdicts)))
    counts = _counts([[found[unit] for unit in common] for found in verdicts])
    several = len(verdicts) > 1 and common
    kappa = fleiss_kappa(counts) if several else None
    low, high = _interval(counts, [unit[0] for unit in common], draws, seed) if several else (None, None)
    positions = tuple(_position(ratings, judge) for judge in range(len(ratings.judges)))
    return Agreement(positions, tuple(filter(None, pairs)), kappa, low, high, len(common), draws, seed)


def _verdicts(ratings: Ratings, judge: int) -> _Verdicts:
    balance: defaultdict[tuple[int, int, int], float] = defaultdict(float)
    for item, first, second, wins in _rows(ratings, judge):
        low, high = sorted((first, second))
        balance[item, low, high] += (wins - 0.5) * (1 if low == first else -1)
    return {unit: (sum_ > 0) - (sum_ < 0) for unit, sum_ in balance.items()}


def _rows(ratings: Ratings, judge: int) -> list[tuple[int, int, int, float]]:
    kept = ratings.judge == judge
    columns = (ratings.item, ratings.first, ratings.second, ratings.wins)
    return list(zip(*(column[kept].tolist() for column in columns), strict=True))


def _position(ratings: Ratings, judge: int) -> JudgePosition:
    rows = _rows(ratings, judge)
    shares = [sum(row[3] == outcome for row in rows) / len(rows) for outcome in (1.0, 0.0, 0.5)]
    seen = {(item, first, second): wins for item, first, second, wins in rows}
    both = [
        (wins, 1 - seen[item, two, one])
        for (item, one, two), wins in seen.items()
        if one < two and (item, two, one) in seen
    ]
    same = sum(one == other for one, other in both) / len(both) if both else None
    return JudgePosition(ratings.judges[judge], len(rows), shares[0], shares[1], shares[2], len(both), same)


def _pair(ratings: Ratings, verdicts: Sequence[_Verdicts], one: int, other: int) -> JudgePair | None:
    """Compare two judges; none where they judged nothing in common."""
    common = sorted(set(verdicts[one]) & set(verdicts[other]))
    if not common:
        return None
    mine, theirs = ([verdicts[judge][unit] for unit in common] for judge in (one, other))
    systems = sorted({system for _, *pair in common for system in pair})
    shares = [[_points(common, said, system) for system in systems] for said in (mine, theirs)]
    return JudgePair(
        (ratings.judges[one], ratings.judges[other]),
        len(common),
        sum(a == b for a, b in zip(mine, theirs, strict=True)) / len(common),
        fleiss_kappa(_counts([mine, theirs])),
        kendall_tau_b(*shares),
        spearman(*shares),
    )


def _points(units: Sequence[tuple[int, int, int]], said: Sequence[int], system: int) -> float:
    """Give a system's share of the points, a tie being half."""
    won = [
        (1 + verdict * (1 if low == system else -1)) / 2
        for (_, low, high), verdict in zip(units, said, strict=True)
        if system in (low, high)
    ]
    return sum(won) / len(won)


def _counts(said: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Count for each unit the judges that gave each verdict, shape (units, 3); `said` has one list per judge."""
    import numpy as np

    table = np.array(said)
    return np.stack([(table == verdict).sum(axis=0) for verdict in (-1, 0, 1)], axis=1).astype(float)


def _interval(
    counts: NDArray[np.float64], items: Sequence[int], draws: int, seed: int
) -> tuple[float | None, float | None]:
    """Give the interval of kappa into which 95% of the draws of items fall."""
    import numpy as np

    _, places = np.unique(items, return_inverse=True)
    drawn = draw(int(places.max()) + 1, draws, seed)
    found = (fleiss_kappa(counts, weights[places]) for weights in drawn)
    return interval(np.array([np.nan if each is None else each for each in found]))


def fleiss_kappa(counts: NDArray[np.float64], weights: NDArray[Any] | None = None) -> float | None:
    """Give Fleiss's kappa (1971) of counts by unit and category, each unit judged equally often.

    It is none where all verdicts are alike, since chance alone would agree then. `weights` counts units more than once.
    """
    import numpy as np

    weights = np.ones(len(counts)) if weights is None else weights
    judges = counts.sum(axis=1)[0]
    total = weights.sum()
    observed = weights @ ((counts**2).sum(axis=1) - judges) / (total * judges * (judges - 1))
    chance = ((weights @ counts / (total * judges)) ** 2).sum()
    return float((observed - chance) / (1 - chance)) if chance < 1 - 1e-12 else None


def kendall_tau_b(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Give Kendall's tau-b, which allows for ties; none where one of them orders nothing."""
    import numpy as np

    above = np.triu_indices(len(one), 1)
    first, second = (np.sign(np.subtract.outer(each, each))[above] for each in (np.array(one), np.array(other)))
    scale = np.sqrt(np.abs(first).sum() * np.abs(second).sum())
    return float((first * second).sum() / scale) if scale else None


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Give Spearman's rank correlation, equal values sharing their mean rank; none where one of them orders nothing."""
    import numpy as np

    first, second = (_ranks(each) - (len(each) - 1) / 2 for each in (one, other))
    scale = np.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum() / scale) if scale else None


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    import numpy as np

    array = np.array(values)
    below = (array[None, :] < array[:, None]).sum(axis=1)
    equal = (array[None, :] == array[:, None]).sum(axis=1)
    return below + (equal - 1) / 2  # type: ignore[no-any-return]
