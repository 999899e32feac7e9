"""Elo ratings as papers print them: the mean of many tournaments that play the same matches in random orders."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

from llmreg.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from llmreg.ratings.read import Ratings

START = 1000.0
K = 32.0
_SCALE = 400.0 / log(10)
"""Points of rating for one unit of the logarithm of the odds."""
_MOST = 12_000_000
"""Matches that are held in one array at once."""


@dataclass(frozen=True)
class Standing:
    """One system's ratings at the end of each tournament."""

    system: str
    rating: float
    """The mean over the orders."""
    spread: float
    """The standard deviation over the orders: how much the order matters, not how well the rating is known."""
    low: float
    """Below this, 2.5% of the orders end."""
    high: float
    """Above this, 2.5% of the orders end."""


@dataclass(frozen=True)
class Elo:
    """A tournament's standings, the highest first."""

    standings: tuple[Standing, ...]
    matches: int
    """Matches in one order."""
    of: int
    """Matches that there are."""
    orders: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg evaluate elo --json` prints."""
        return {**vars(self), "start": START, "k": K, "standings": [vars(each) for each in self.standings]}


def elo(ratings: Ratings, *, orders: int = 10_000, matches: int | None = None, seed: int = 0) -> Elo:
    """Play `orders` tournaments, each of `matches` drawn without repetition; all of them where no number is given.

    Raises `UsageError` where more matches are asked for than there are.
    """
    import numpy as np

    ratings = ratings.pairwise
    played = len(ratings) if matches is None else matches
    if not 0 < played <= len(ratings):
        raise UsageError(f"--matches {played:,}: there are {len(ratings):,} matches to draw from")
    different, codes = np.unique(
        np.stack([ratings.first, ratings.second, (2 * ratings.wins).astype(np.int64)]), axis=1, return_inverse=True
    )
    codes = codes.reshape(-1).astype(np.uint16 if different.shape[1] < 2**16 else np.uint32)
    random = np.random.default_rng(seed)
    at_once = max(1, min(orders, _MOST // len(codes)))
    ends = []
    for begin in range(0, orders, at_once):
        drawn = random.permuted(np.tile(codes, (min(at_once, orders - begin), 1)), axis=1)
        ends.append(_play(np.ascontiguousarray(drawn[:, :played].T), different, len(ratings.systems)))
    return Elo(_standings(ratings.systems, np.concatenate(ends)), played, len(ratings), orders, seed)


def _play(drawn: NDArray[Any], different: NDArray[np.int64], systems: int) -> NDArray[np.float64]:
    """Play every order at once, match by match.

    `drawn` holds the kind of each match, shape (matches, orders). Gives ratings, shape (orders, systems).
    """
    import numpy as np

    first, second, halves = different
    share = halves / 2
    table = np.full(drawn.shape[1] * systems, START)
    rows = np.arange(drawn.shape[1]) * systems
    for kinds in drawn:
        one, other = rows + first[kinds], rows + second[kinds]
        mine, theirs = table[one], table[other]
        expected = 1 / (1 + np.exp((theirs - mine) / _SCALE))
        gain = K * (share[kinds] - expected)
        table[one] = mine + gain
        table[other] = theirs - gain
    return table.reshape(-1, systems)


def _standings(systems: tuple[str, ...], ends: NDArray[np.float64]) -> tuple[Standing, ...]:
    import numpy as np

    low, high = np.quantile(ends, (0.025, 0.975), axis=0)
    columns = zip(systems, ends.mean(axis=0), ends.std(axis=0), low, high, strict=True)
    found = [Standing(system, *map(float, numbers)) for system, *numbers in columns]
    return tuple(sorted(found, key=lambda each: (-each.rating, each.system)))
