"""The page of ratings: leaderboards with intervals and who beats whom, worked out from the ratings that were given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.ratings import bradley_terry, elo, reference_of, relative
from llmreg.ratings.boards import elo_board, elo_matrix, relative_board
from llmreg.site.templating import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.ratings import Ratings
    from llmreg.site.catalogue import Catalogue

HERE = "ratings.html"
DRAWS = 1000
"""Draws of the items from which intervals come."""


def ratings_page(site: Catalogue, ratings: Ratings) -> tuple[str, bytes]:
    """Give the page of what judges said, with its path; raise `LlmregError` where nothing can be compared."""
    notes = tuple(f"{note.file.name}:{note.line}: {note.message}" for note in ratings.report.notes)
    return HERE, render(
        "ratings.html", site.frame, HERE, pictures=tuple(_pictures(ratings, site.reference)), notes=notes
    ).encode()


def _pictures(ratings: Ratings, beside: str | None) -> Iterator[str]:
    if len(ratings.pairwise):
        played = elo(ratings.pairwise)
        fitted = bradley_terry(ratings.pairwise, draws=DRAWS)
        yield elo_board(ratings.pairwise, played, fitted)
        yield elo_matrix(ratings.pairwise, fitted)
    if len(ratings.scored):
        reference = beside or reference_of(ratings.scored)
        yield relative_board(relative(ratings.scored, reference, draws=DRAWS), reference, DRAWS)
