"""Draw items again with repetition, which shows how far a figure hangs on the questions that happened to be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def draw(items: int, draws: int, seed: int) -> Floats:
    """Give how often each item comes in each draw, shape (draws, items); of a single item no draws."""
    import numpy as np

    random = np.random.default_rng(seed)
    return random.multinomial(items, np.full(items, 1 / items), size=draws if items > 1 else 0).astype(float)


def interval(values: Floats) -> tuple[float | None, float | None]:
    """Give the bounds of the middle 95% of what the draws gave, none where there are none; NaN counts as no value."""
    import numpy as np

    there = values[~np.isnan(values)]
    low, high = np.quantile(there, (0.025, 0.975), method="inverted_cdf") if len(there) else (np.nan, np.nan)
    return (float(low) if np.isfinite(low) else None, float(high) if np.isfinite(high) else None)
