"""What systems score as a share of a reference's score: pooled over both orders, and each order by itself.

The pooled figure is the sum of the system's scores over the sum of the reference's, in all ratings of the two; it is
not the average of the two orders. Intervals come from drawing the items again with repetition, both scores of a rating
staying together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, UsageError, did_you_mean
from llmreg.ratings.draws import draw, interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from llmreg.ratings.read import Ratings

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """A ratio with the interval that 95% of the draws fall into; ratios, not percent."""

    ratio: float
    low: float | None
    """None where there is one item only."""
    high: float | None
    ratings: int


@dataclass(frozen=True)
class Relative:
    """One system's scores beside the reference's."""

    system: str
    pooled: Share
    reference_first: Share | None
    """From the ratings in which the judge read the reference's answer first; none where there are none."""
    system_first: Share | None

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg evaluate relative --json` prints."""
        orders = {name: vars(share) if share else None for name, share in vars(self).items() if name != "system"}
        return {"system": self.system, **orders}


def reference_of(ratings: Ratings) -> str:
    """Give the system that every rating compares with; raise `UsageError` where none or several are that."""
    import numpy as np

    pairs = set(zip(*np.sort([ratings.first, ratings.second], axis=0).tolist(), strict=True))
    everywhere = sorted(set.intersection(*map(set, pairs)))
    if len(everywhere) != 1:
        names = [ratings.systems[each] for each in everywhere] or ratings.systems
        raise UsageError(
            f"--reference: name the system that the others are compared with; it may be {' or '.join(names)}"
        )
    return ratings.systems[int(everywhere[0])]


def relative(ratings: Ratings, reference: str, *, draws: int = 1000, seed: int = 0) -> tuple[Relative, ...]:
    """Compare every system with the reference, the best first.

    Raises `UsageError` for a reference that was not rated, `LlmregError` where the reference scores nothing.
    """
    ratings = ratings.scored
    if reference not in ratings.systems:
        raise UsageError(f"--reference: no system {reference!r} was rated{did_you_mean(reference, ratings.systems)}")
    drawn = draw(len(ratings.items), draws, seed)
    found = [
        _compare(ratings, system, ratings.systems.index(reference), drawn) for system in range(len(ratings.systems))
    ]
    return tuple(sorted(filter(None, found), key=lambda each: (-each.pooled.ratio, each.system)))


def _compare(ratings: Ratings, system: int, reference: int, drawn: Floats) -> Relative | None:
    """Compare one system; none for the reference itself and for what was never rated against it."""
    import numpy as np

    after = (ratings.first == reference) & (ratings.second == system)
    before = (ratings.first == system) & (ratings.second == reference)
    if not (after | before).any():
        return None
    name = ratings.systems[system]
    pair = np.where(after[:, None], ratings.scores[:, ::-1], ratings.scores)
    pooled = _share(ratings, pair, after | before, drawn)
    if pooled is None:
        raise LlmregError(
            f"{ratings.systems[reference]}: scores 0 throughout beside {name}; nothing is a share of that"
        )
    return Relative(name, pooled, _share(ratings, pair, after, drawn), _share(ratings, pair, before, drawn))


def _share(ratings: Ratings, pair: Floats, kept: NDArray[np.bool_], drawn: Floats) -> Share | None:
    """Divide the sums of the rows kept, `pair` holding the scores of system and reference in this order."""
    import numpy as np

    sums = np.zeros((len(ratings.items), 2))
    np.add.at(sums, ratings.item[kept], pair[kept])
    mine, theirs = sums.sum(axis=0)
    if theirs == 0:
        return None
    again = drawn @ sums
    with np.errstate(invalid="ignore"):
        low, high = interval(np.where(again[:, 1] > 0, again[:, 0], np.nan) / again[:, 1])
    return Share(float(mine / theirs), low, high, int(kept.sum()))
