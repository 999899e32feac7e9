"""Ratings as statistics: what judges said of systems' answers, and what follows from it with which certainty."""

from __future__ import annotations

from llmreg.ratings.agreement import Agreement, agreement
from llmreg.ratings.bradley_terry import BradleyTerry, bradley_terry
from llmreg.ratings.elo import Elo, elo
from llmreg.ratings.files import read_answers
from llmreg.ratings.read import Ratings, Report, read
from llmreg.ratings.relative import Relative, reference_of, relative
from llmreg.ratings.rows import Rating

__all__ = [
    "Agreement", "BradleyTerry", "Elo", "Rating", "Ratings", "Relative", "Report", "agreement", "bradley_terry", "elo",
    "read", "read_answers", "reference_of", "relative",
]  # fmt: skip
