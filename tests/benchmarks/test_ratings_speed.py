"""How long ratings take to read, to play and to draw again, beside a loop in plain Python.

Run with `pytest tests/benchmarks`; figures are printed with `-s` and in the report of a failure.
"""

from __future__ import annotations

import json
import random
import time

import pytest

from llmreg.ratings import bradley_terry, elo, read

READ_LIMIT, ELO_LIMIT, FIT_LIMIT = 2.0, 5.0, 1.0
"""Seconds of processor for 40,000 rows, for 10,000 orders of 4,467 matches, and for 1,000 draws of up to 40,000."""
SYSTEMS = [f"system-{number}" for number in range(8)]


def seconds(work):
    """Measure the processor's time, which other programs on the machine do not lengthen; one thread does it all."""
    began = time.process_time()
    work()
    return time.process_time() - began


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Give a function that writes as many rows as asked for, by ordered pairs of systems, as QLoRA's were released."""

    def written(rows):
        folder, chance = tmp_path_factory.mktemp("ratings"), random.Random(0)
        pairs = [(one, two) for one in SYSTEMS for two in SYSTEMS if one != two]
        for place, (one, two) in enumerate(pairs):
            count = rows // len(pairs) + (place < rows % len(pairs))
            lines = [
                {"review_id": f"{one}{two}{item}", "message_id": f"message-{item}", "answer1_id": f"{one}-{item}",
                 "answer2_id": f"{two}-{item}", "reviewer_id": 1, "metadata": {}, "text": "x" * 400,
                 "score": chance.choice([1, 1, 2, 3])}
                for item in range(count)
            ]  # fmt: skip
            path = folder / f"{one}-vs-{two}-gpt-4-reviewer-threeclass.jsonl"
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return folder

    return written


def test_forty_thousand_rows_are_read_in_time(released):
    folder = released(40_000)
    taken = seconds(lambda: read([folder]))
    print(f"\n40,000 rows: {taken:.2f} s")
    assert taken < READ_LIMIT


def test_ten_thousand_orders_are_played_in_time(released):
    ratings = read([released(4_467)])
    pairs = list(zip(ratings.first.tolist(), ratings.second.tolist(), ratings.wins.tolist(), strict=True))

    def plain():
        chance = random.Random(0)
        for _ in range(20):
            chance.shuffle(pairs)
            table = [1000.0] * len(SYSTEMS)
            for first, second, wins in pairs:
                gain = 32 * (wins - 1 / (1 + 10 ** ((table[second] - table[first]) / 400)))
                table[first] += gain
                table[second] -= gain

    taken, loop = seconds(lambda: elo(ratings, orders=10_000)), seconds(plain) * 10_000 / 20
    print(
        f"\n10,000 orders of {len(pairs):,} matches: {taken:.2f} s; in a plain loop {loop:.0f} s, {loop / taken:.0f} times as long"
    )
    assert taken < ELO_LIMIT
    assert loop > 5 * taken


@pytest.mark.parametrize("rows", [4_467, 40_000])
def test_a_thousand_draws_are_fitted_in_time(released, rows):
    ratings = read([released(rows)])
    taken = seconds(lambda: bradley_terry(ratings))
    print(f"\nBradley-Terry, {rows:,} matches, 1,000 draws: {taken:.2f} s")
    assert taken < FIT_LIMIT
