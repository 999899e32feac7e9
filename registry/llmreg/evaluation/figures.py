"""Figures with standard errors: means over items, and ratios of sums over items."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import exp, sqrt
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Figure:
    """What came out, how certainly, and over how many items."""

    metric: str
    value: float
    unit: str
    standard_error: float | None
    """Of the mean over items, as if they were drawn independently; none for a single item."""
    items: int
    notes: tuple[str, ...] = ()
    """What has to be known to read it."""

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {name: value for name, value in asdict(self).items() if name != "notes" or value}


def share(metric: str, credits_: Sequence[float]) -> Figure:
    """Give the mean of credits from 0 to 1 in percent."""
    mean, error = _mean(credits_)
    return Figure(metric, 100 * mean, "percent", None if error is None else 100 * error, len(credits_))


def mean(metric: str, values: Sequence[float], unit: str) -> Figure:
    """Give the mean of one value for each item."""
    found, error = _mean(values)
    return Figure(metric, found, unit, error, len(values))


def ratio(metric: str, above: Sequence[float], below: Sequence[float], unit: str) -> Figure:
    """Give the sum of `above` over that of `below`; the error is that of a ratio of means, by linearization."""
    whole = sum(below)
    found = sum(above) / whole
    size = len(above)
    error = None
    if size > 1:
        squares = sum((one - found * other) ** 2 for one, other in zip(above, below, strict=True))
        error = sqrt(size / (size - 1) * squares) / whole
    return Figure(metric, found, unit, error, size)


def exponential(metric: str, figure: Figure, unit: str) -> Figure:
    """Give e to the power of a figure, its error by linearization."""
    value = exp(figure.value)
    error = None if figure.standard_error is None else value * figure.standard_error
    return Figure(metric, value, unit, error, figure.items)


def _mean(values: Sequence[float]) -> tuple[float, float | None]:
    """Give the mean and its standard error, from the sample deviation."""
    found = fmean(values)
    if len(values) < 2:
        return found, None
    spread = sum((value - found) ** 2 for value in values) / (len(values) - 1)
    return found, sqrt(spread / len(values))
