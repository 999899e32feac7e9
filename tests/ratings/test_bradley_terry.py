"""Bradley-Terry agrees with a slow fit of another kind, and what has no finite rating is said to have none."""

from __future__ import annotations

import json
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rated import SHARED, columns, matches

from llmreg.ratings import bradley_terry, read, read_answers

SCALE = 400 / math.log(10)


def minorize(rows, systems, rounds=4000):
    """Fit strengths without position by Hunter's minorize-maximize steps (2004), a tie being half a win for each."""
    strength = dict.fromkeys(systems, 1.0)
    for _ in range(rounds):
        new = {}
        for system in systems:
            won = sum(
                wins if first == system else 1 - wins for first, second, wins in rows if system in (first, second)
            )
            met = sum(1 / (strength[one] + strength[two]) for one, two, _ in rows if system in (one, two))
            new[system] = won / met
        mean = math.exp(sum(map(math.log, new.values())) / len(new))
        strength = {system: value / mean for system, value in new.items()}
    return {system: 1000 + SCALE * math.log(value) for system, value in strength.items()}


def slope(found, rows):
    """Give how the likelihood would change with each strength and with the position, at what was found."""
    at = {each.system: each.rating / SCALE for each in found.strengths}
    bias = found.position.points / SCALE
    change = dict.fromkeys([*at, "position"], 0.0)
    for first, second, wins in rows:
        left = wins - 1 / (1 + math.exp(at[second] - at[first] - bias))
        for name, sign in ((first, 1), (second, -1), ("position", 1)):
            change[name] += sign * left
    return change


def ratings_of(found):
    return {each.system: each.rating for each in found.strengths}


def connected(rows):
    """Give the matches with a tie of each pair added in both orders, so that every rating is finite."""
    ties = [(one, two, 0.5) for one in "abc" for two in "abc" if one != two]
    return [*rows, *ties]


pairs = st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.sampled_from([0.0, 0.5, 1.0]))
tournaments = st.lists(pairs.filter(lambda row: row[0] != row[1]), max_size=25).map(connected)


@settings(max_examples=25, deadline=None)
@given(tournaments)
def test_strengths_are_those_that_another_method_finds(rows):
    found = bradley_terry(matches(*rows), draws=2, position=False)
    assert ratings_of(found) == pytest.approx(minorize(rows, "abc"), abs=0.01)


@settings(max_examples=50, deadline=None)
@given(tournaments)
def test_with_the_position_nothing_makes_what_was_seen_likelier(rows):
    found = bradley_terry(matches(*rows), draws=2)
    assert slope(found, rows) == pytest.approx(dict.fromkeys(["a", "b", "c", "position"], 0.0), abs=1e-6)
    assert np.mean(list(ratings_of(found).values())) == pytest.approx(1000)


@settings(max_examples=60, deadline=None)
@given(st.lists(pairs.filter(lambda row: row[0] != row[1]), min_size=1, max_size=12))
def test_no_figure_is_ever_infinite_and_every_missing_one_is_explained(rows):
    found = bradley_terry(matches(*rows), draws=5)
    json.dumps(found.to_json(), allow_nan=False)
    sizes = Counter(each.group for each in found.strengths)
    assert all((each.rating is None) == (sizes[each.group] == 1) for each in found.strengths)
    assert found.notes or (len(sizes) == 1 and found.position.points is not None)


@given(st.lists(pairs.filter(lambda row: row[0] != row[1]), min_size=1, max_size=12), st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows, random):
    assume(len(rows) > 1)
    items = list(enumerate(rows))
    random.shuffle(items)
    one, other = (columns([(item, "j", *row) for item, row in order]) for order in (enumerate(rows), items))
    assert ratings_of(bradley_terry(one, draws=1)) == pytest.approx(ratings_of(bradley_terry(other, draws=1)))


def test_who_never_lost_a_point_has_no_finite_rating():
    found = bradley_terry(matches(*connected([]), ("d", "a", 1.0), ("b", "d", 0.0)), draws=5)
    first = found.strengths[0]
    assert (first.system, first.rating, first.low, first.high, first.group, first.share) == (
        "d",
        None,
        None,
        None,
        1,
        1.0,
    )
    assert {each.group for each in found.strengths[1:]} == {2}
    assert all(each.rating is not None for each in found.strengths[1:])
    assert "d: never lost a point to any other, so no distance to the others is finite" in found.notes


def test_a_tournament_that_falls_apart_is_rated_in_its_parts():
    two = [("x", "y", 1.0), ("y", "x", 1.0), ("x", "y", 1.0)]
    found = bradley_terry(matches(*connected([]), *two), draws=5)
    groups = {each.system: each.group for each in found.strengths}
    assert groups["a"] == groups["b"] == groups["c"] != groups["x"] == groups["y"]
    assert "x, y: met nobody else, so their ratings compare with nobody else's" in found.notes
    for group in set(groups.values()):
        assert np.mean([each.rating for each in found.strengths if each.group == group]) == pytest.approx(1000)


def test_one_order_only_tells_no_position_bias():
    found = bradley_terry(matches(("a", "b", 1.0), ("a", "b", 0.0), ("a", "b", 1.0)), draws=5)
    assert found.position.points is None
    assert found.position.first == pytest.approx(2 / 3)
    assert "a, b: shown in one order only, so no position bias can be told from strength" in found.notes
    assert ratings_of(found)["a"] - ratings_of(found)["b"] == pytest.approx(SCALE * math.log(2))


def test_a_judge_that_always_takes_the_first_has_no_finite_bias():
    found = bradley_terry(matches(*[("a", "b", 1.0), ("b", "a", 1.0)] * 3), draws=5)
    assert found.position.points is None
    assert found.position.odds is None
    assert found.position.first == 1.0
    assert ratings_of(found) == pytest.approx({"a": 1000, "b": 1000})
    assert "a, b: the likeliest position bias has no bound, so the ratings leave it out" in found.notes


def test_the_position_is_what_equal_answers_win_by_in_first_place():
    rows = [("a", "b", 1.0), ("b", "a", 1.0)] * 3 + [("a", "b", 0.0), ("b", "a", 0.0)]
    found = bradley_terry(matches(*rows), draws=200)
    assert found.position.odds == pytest.approx(3)
    assert ratings_of(found) == pytest.approx({"a": 1000, "b": 1000})


def test_ratings_of_one_item_have_no_interval():
    found = bradley_terry(columns([(1, "j", one, two, wins) for one, two, wins in connected([])]), draws=50)
    assert {(each.low, each.high) for each in found.strengths} == {(None, None)}
    assert any("one item" in note for note in found.notes)


def test_intervals_hold_the_truth_as_often_as_they_say():
    random = np.random.default_rng(7)
    truth, bias, items, rounds = np.array([0.6, 0.0, -0.6]), 0.4, 60, 150
    orders = [(one, two) for one in range(3) for two in range(3) if one != two]
    held = []
    for _ in range(rounds):
        rows = []
        for item in range(items):
            for one, two in orders:
                chance = 1 / (1 + math.exp(truth[two] - truth[one] - bias))
                rows.append((item, "j", "abc"[one], "abc"[two], float(random.random() < chance)))
        found = bradley_terry(columns(rows), draws=200, seed=int(random.integers(1000)))
        by_name = {each.system: each for each in found.strengths}
        held += [
            by_name[name].low <= 1000 + SCALE * value <= by_name[name].high
            for name, value in zip("abc", truth, strict=True)
        ]
        held.append(found.position.low <= SCALE * bias <= found.position.high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_ratings_of_one_item_are_drawn_together():
    """An item that is rated ten times tells hardly more than one that is rated once, and the interval knows."""
    random = np.random.default_rng(3)
    wins = [float(each) for each in random.random(40) < 0.6]
    once = [(item, "j", *("ab" if item % 2 else "ba"), won) for item, won in enumerate(wins)]
    widths = []
    for rows in (once, once * 10):
        best = bradley_terry(columns(rows), draws=300).strengths[0]
        widths.append(best.high - best.low)
    assert widths[1] == pytest.approx(widths[0], rel=0.05)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the released QLoRA ratings are not beside the checkout")
def test_the_released_ratings_show_the_judges_liking_for_the_first_answer():
    found = bradley_terry(read([SHARED / "pairwise"], read_answers([SHARED / "answer-ids.json"])), draws=200)
    assert (found.position.first, found.position.second) == pytest.approx((0.562, 0.303), abs=0.0006)
    assert found.position.low > 80
    assert not found.notes
    assert all(each.low < each.rating < each.high for each in found.strengths)
