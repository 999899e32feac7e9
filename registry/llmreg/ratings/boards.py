"""Boards: the pictures that the statistics of ratings are told by, for the command line and the site alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.ratings.plots import Bar, leaderboard, win_rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmreg.ratings.bradley_terry import BradleyTerry
    from llmreg.ratings.elo import Elo
    from llmreg.ratings.read import Ratings
    from llmreg.ratings.relative import Relative


def interval(draws: int) -> str:
    """Say what an interval over items means."""
    return (
        f"holds 95% of {draws:,} draws of the items with repetition: what other questions like these could have given"
    )


def percent(value: float) -> str:
    """Write a ratio in percent, without the sign."""
    return f"{value:.1%}".removesuffix("%")


def elo_board(ratings: Ratings, played: Elo, fitted: BradleyTerry) -> str:
    """Draw both ratings of each system as SVG, the strongest first."""
    by_order = {each.system: each.rating for each in played.standings}
    bars = [Bar(each.system, each.rating, each.low, each.high, by_order[each.system]) for each in fitted.strengths]
    notes = [
        f"Dot: Bradley-Terry rating; the bar {interval(fitted.draws)}.",
        f"Ring: Elo rating, the mean of {played.orders:,} random orders of {played.matches:,} matches.",
    ]
    return leaderboard(f"Ratings from {_size(ratings)}", bars, notes)


def elo_matrix(ratings: Ratings, fitted: BradleyTerry) -> str:
    """Draw as SVG how often each system beats each other."""
    return win_rates(ratings, [each.system for each in fitted.strengths], f"Who beats whom in {_size(ratings)}")


def relative_board(found: Sequence[Relative], reference: str, draws: int) -> str:
    """Draw the pooled scores as SVG, in percent of the reference's."""
    bars = [Bar(each.system, each.pooled.ratio, each.pooled.low, each.pooled.high) for each in found]
    notes = [f"Pooled over both orders; the bar {interval(draws)}."]
    return leaderboard(f"Scores in percent of {reference}'s", bars, notes, percent)


def _size(ratings: Ratings) -> str:
    return f"{len(ratings):,} comparisons on {len(ratings.items):,} items"
