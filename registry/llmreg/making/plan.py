"""What making a dataset again would take: rows read, requests, tokens, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.making.recipe import ResolvedMaking, resolve
from llmreg.schema import Dataset, Strict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmreg.catalog import Catalog
    from llmreg.plugins import Plugins

_SECONDS = 2.0
"""A guess of how long one request takes."""


class Price(Strict):
    """US dollars for a million tokens, of prompts and of replies."""

    tokens_in: float
    tokens_out: float


class MakingPlan(Strict):
    """What a making would do and take at most, as far as the catalog tells how many rows there are."""

    id: str
    recipe: ResolvedMaking
    rows_read: int | None
    """None where the catalog does not say how many rows a dataset has."""
    calls: int | None
    """Questions to the generator, at most; None where that hangs on a number of rows that nobody published."""
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    hours: float | None
    unknown: tuple[str, ...]


def make_plan(
    catalog: Catalog,
    plugins: Plugins,
    entry_id: str,
    overrides: Mapping[str, str] | None = None,
    price: Price | None = None,
    concurrency: int = 1,
    rows: Mapping[str, int] | None = None,
) -> MakingPlan:
    """Resolve the recipe and add up what its steps take, reading and asking nothing.

    `rows` says how many rows datasets really have; where it does not, the catalog does.
    """
    entry = catalog.get_as(Dataset, entry_id)
    resolved, makers = resolve(catalog, entry, plugins, overrides)
    known = {name: catalog.get_as(Dataset, name).rows for step in resolved.steps for name in step.of}
    known |= rows or {}
    calls = tokens_in = tokens_out = 0
    uncounted = False
    at_hand: int | None = 0
    for step, maker in zip(resolved.steps, makers, strict=True):
        read = [known[name] for name in step.of]
        at_hand = None if at_hand is None or None in read else at_hand + sum(filter(None, read))
        estimate = maker.estimate(at_hand or 0)
        uncounted |= maker.asks and at_hand is None and not estimate.calls
        calls, tokens_in = calls + estimate.calls, tokens_in + estimate.tokens_in
        tokens_out += estimate.tokens_out
        at_hand = estimate.rows if maker.asks else at_hand
    cost = (tokens_in * price.tokens_in + tokens_out * price.tokens_out) / 1e6 if price else None
    return MakingPlan(
        id=entry_id,
        recipe=resolved,
        rows_read=None if None in known.values() else sum(filter(None, known.values())),
        calls=None if uncounted else calls,
        tokens_in=None if uncounted else tokens_in,
        tokens_out=None if uncounted else tokens_out,
        cost_usd=None if uncounted or cost is None else round(cost, 2),
        hours=None if uncounted else round(calls * _SECONDS / max(1, concurrency) / 3600, 2),
        unknown=entry.recipe.unknown if entry.recipe else (),
    )
