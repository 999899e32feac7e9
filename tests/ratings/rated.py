"""Ratings made up for tests: as files, and as columns without any file."""

from __future__ import annotations

import json
from itertools import permutations, product
from pathlib import Path

import numpy as np

from llmreg.ratings.read import Ratings, Report

SHARED = Path(__file__).parents[3] / "shared" / "qlora-ratings"
WINS = {"first": 1.0, "tie": 0.5, "second": 0.0}


def write(path, *rows):
    """Write rows as JSON lines; strings are written as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def rating(first, second, winner, item=1, **more):
    return {"item": item, "first": first, "second": second, "winner": winner, **more}


def released(number, first, second, score, **more):
    """Give a line as QLoRA's were released; `first` and `second` are ids of answers."""
    row = {"review_id": f"review-{number}", "question_id": number, "answer1_id": first, "answer2_id": second}
    return {**row, "reviewer_id": 1, "metadata": {}, "score": score, **more}


def columns(rows):
    """Build ratings from (item, judge, first, second, wins or a pair of scores)."""
    systems, items, judges = (sorted({each for row in rows for each in pick(row)}) for pick in (
        lambda row: row[2:4], lambda row: row[:1], lambda row: row[1:2]))  # fmt: skip
    scored = [row[4] if isinstance(row[4], tuple) else (np.nan, np.nan) for row in rows]
    return Ratings(
        tuple(systems), tuple(map(str, items)), tuple(judges),
        np.array([systems.index(row[2]) for row in rows]), np.array([systems.index(row[3]) for row in rows]),
        np.array([items.index(row[0]) for row in rows]), np.array([judges.index(row[1]) for row in rows]),
        np.array([np.nan if isinstance(row[4], tuple) else row[4] for row in rows]), np.array(scored, dtype=float),
        Report(1, len(rows), 0, 0, (), ()),
    )  # fmt: skip


def matches(*rows):
    """Build pairwise ratings from (first, second, wins), each of an item of its own."""
    return columns([(item, "judge", first, second, wins) for item, (first, second, wins) in enumerate(rows)])


def tournament(folder, systems, items, *, same=(), answer="{system}:{item}", suffix=".jsonl"):
    """Write a file of every ordered pair, in which the system that comes first in `systems` wins throughout.

    `same` names (item, systems that gave one answer to it). The ids of answers follow from the words, as in QLoRA's release.
    """
    for first, second in permutations(systems, 2):
        rows = []
        for item in range(items):
            ids = [next((f"same:{item}" for place, who in same if place == item and each in who), None) or
                   answer.format(system=each, item=item) for each in (first, second)]  # fmt: skip
            row = released(f"{first}/{second}/{item}", *ids, 1 if systems.index(first) < systems.index(second) else 2)
            rows.append({**row, "message_id": f"m{item}", "question_id": None})
        write(folder / f"{first}-vs-{second}-gpt-4-reviewer-threeclass{suffix}", *rows)
    return folder


def table_of(systems, items, *, same=()):
    """Give the rows of a table of answers, as FastChat writes them, for what `tournament` writes."""
    for system, item in product(systems, range(items)):
        shared = any(place == item and system in who for place, who in same)
        yield {"answer_id": f"same:{item}" if shared else f"{system}:{item}", "model_id": system}
