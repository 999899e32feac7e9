"""Elo over random orders agrees with a plain loop, and says of what its spread is the spread."""

from __future__ import annotations

import itertools
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rated import SHARED, columns, matches

from llmreg.errors import UsageError
from llmreg.ratings import elo, read, read_answers
from llmreg.ratings.elo import START, K

PAPER = {"gpt4": 1348, "65b": 1022, "30b": 992, "vicuna-13b": 974, "gpt35": 966, "13b": 916, "bard": 902, "7b": 879}


def plain(rows):
    """Play one tournament in this order, as the definition says."""
    table = dict.fromkeys({name for row in rows for name in row[:2]}, START)
    for first, second, wins in rows:
        expected = 1 / (1 + 10 ** ((table[second] - table[first]) / 400))
        table[first], table[second] = table[first] + K * (wins - expected), table[second] - K * (wins - expected)
    return table


def ratings_of(played):
    return {each.system: each.rating for each in played.standings}


rows = st.tuples(st.sampled_from("abcd"), st.sampled_from("efg"), st.sampled_from([0.0, 0.5, 1.0]))


@settings(max_examples=30, deadline=None)
@given(st.lists(rows, min_size=1, max_size=4))
def test_the_mean_over_orders_nears_that_of_all_orders_played_one_by_one(played):
    every = [plain(order) for order in itertools.permutations(played)]
    found = elo(matches(*played), orders=3000, seed=1)
    for each in found.standings:
        ends = [table[each.system] for table in every]
        assert each.rating == pytest.approx(np.mean(ends), abs=0.5)
        assert each.spread == pytest.approx(np.std(ends), abs=0.5)
        assert min(ends) - 1e-6 <= each.low <= each.high <= max(ends) + 1e-6


@given(rows)
def test_one_match_has_one_order(match):
    assert ratings_of(elo(matches(match), orders=1)) == pytest.approx(plain([match]))


@settings(deadline=None)
@given(st.lists(rows, min_size=1, max_size=30), st.integers(0, 9))
def test_points_go_from_one_to_another_and_none_are_lost(played, seed):
    found = elo(matches(*played), orders=20, seed=seed)
    assert np.mean([each.rating for each in found.standings]) == pytest.approx(START)
    assert [each.rating for each in found.standings] == sorted((each.rating for each in found.standings), reverse=True)


def test_a_number_of_matches_is_drawn_anew_for_each_order():
    played = matches(*[("a", "b", 1.0)] * 5, *[("c", "d", 1.0)] * 5)
    found = elo(played, orders=400, matches=1)
    assert (found.matches, found.of) == (1, 10)
    assert ratings_of(found)["a"] == pytest.approx(START + K / 4, abs=1.5)
    with pytest.raises(UsageError, match=r"there are 10 matches to draw from"):
        elo(played, matches=11)


def test_the_same_seed_gives_the_same_figures_and_another_gives_others():
    played = matches(("a", "b", 1.0), ("b", "c", 1.0), ("c", "a", 0.5), ("a", "c", 1.0))
    assert elo(played, orders=50, seed=3).to_json() == elo(played, orders=50, seed=3).to_json()
    assert ratings_of(elo(played, orders=50, seed=3)) != ratings_of(elo(played, orders=50, seed=4))


def test_orders_beyond_what_is_held_at_once_are_played_too(monkeypatch):
    monkeypatch.setattr(import_module("llmreg.ratings.elo"), "_MOST", 7)
    found = elo(matches(("a", "b", 1.0), ("b", "c", 1.0)), orders=10)
    assert found.orders == 10
    assert found.standings[0].spread > 0


def test_rows_with_scores_are_no_matches():
    mixed = columns([(1, "j", "a", "b", 1.0), (2, "j", "a", "b", (1.0, 9.0))])
    assert elo(mixed, orders=1).of == 1


@pytest.mark.skipif(not SHARED.is_dir(), reason="the released QLoRA ratings are not beside the checkout")
def test_the_released_ratings_give_the_papers_ranking_and_ratings():
    ratings = read([SHARED / "pairwise"], read_answers([SHARED / "answer-ids.json"]))
    assert len(ratings) == 4467
    for drawn in (500, None):
        found = elo(ratings, orders=2000 if drawn is None else 10_000, matches=drawn)
        by_paper = [next(name for name in PAPER if each.system.startswith(name)) for each in found.standings]
        assert by_paper == list(PAPER)
        if drawn:
            assert [each.rating for each in found.standings] == pytest.approx(list(PAPER.values()), abs=4)
