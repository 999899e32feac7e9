"""How judges agree, beside definitions worked out pair by pair and a published example."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rated import columns

from llmreg.ratings import agreement
from llmreg.ratings.agreement import fleiss_kappa, kendall_tau_b, spearman

# Fleiss, Nee and Landis's example as the encyclopedias print it: 10 subjects, 14 raters, 5 categories.
FLEISS = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
          [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]  # fmt: skip

values = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=9)


def said(*rows):
    """Build ratings from (judge, item, first, second, wins)."""
    return columns([(item, judge, first, second, wins) for judge, item, first, second, wins in rows])


def test_fleiss_kappa_of_the_textbook():
    assert fleiss_kappa(np.array(FLEISS, dtype=float)) == pytest.approx(0.210, abs=0.0005)


@given(st.lists(st.tuples(*[st.sampled_from([-1, 0, 1])] * 3), min_size=1, max_size=12))
def test_fleiss_kappa_is_agreement_beyond_chance(rows):
    counts = np.array([[row.count(verdict) for verdict in (-1, 0, 1)] for row in rows], dtype=float)
    agreeing = np.mean([a == b for row in rows for a, b in itertools.permutations(row, 2)])
    everything = [verdict for row in rows for verdict in row]
    chance = sum((everything.count(verdict) / len(everything)) ** 2 for verdict in (-1, 0, 1))
    found = fleiss_kappa(counts)
    assert found is None if chance == pytest.approx(1) else found == pytest.approx((agreeing - chance) / (1 - chance))


@given(values)
def test_kendall_counts_pairs_in_the_same_and_in_the_other_order(pairs):
    both = list(itertools.combinations(pairs, 2))
    order = sum(np.sign((a - c) * (b - d)) for (a, b), (c, d) in both)
    untied = math.prod(sum(one[place] != other[place] for one, other in both) for place in (0, 1))
    found = kendall_tau_b(*zip(*pairs, strict=True))
    assert found is None if not untied else found == pytest.approx(order / math.sqrt(untied))


@given(values)
def test_spearman_is_the_correlation_of_ranks(pairs):
    ranks = [
        [np.mean([k for k, other in enumerate(sorted(side)) if other == each]) for each in side]
        for side in zip(*pairs, strict=True)
    ]
    found = spearman(*zip(*pairs, strict=True))
    if any(len(set(side)) == 1 for side in ranks):
        assert found is None
    else:
        assert found == pytest.approx(np.corrcoef(*ranks)[0, 1])


def test_judges_that_say_the_same_agree_whatever_order_they_saw():
    rows = [("ann", 1, "a", "b", 1.0), ("bob", 1, "b", "a", 0.0), ("ann", 2, "a", "b", 0.0), ("bob", 2, "b", "a", 1.0)]
    found = agreement(said(*rows))
    assert (found.kappa, found.judges[0].kappa, found.judges[0].same, found.pairs) == (1.0, 1.0, 1.0, 2)


def test_only_what_both_judged_counts():
    rows = [("ann", 1, "a", "b", 1.0), ("ann", 2, "a", "b", 1.0), ("bob", 2, "a", "b", 0.0), ("bob", 3, "a", "b", 1.0)]
    (pair,) = agreement(said(*rows)).judges
    assert (pair.pairs, pair.same, pair.kendall, pair.spearman) == (1, 0.0, -1.0, -1.0)


def test_a_judge_that_turns_with_the_order_is_told_from_one_that_does_not():
    steady = [
        ("steady", item, *order, wins) for item in range(3) for order, wins in ((("a", "b"), 1.0), (("b", "a"), 0.0))
    ]
    turning = [("turning", item, *order, 1.0) for item in range(3) for order in (("a", "b"), ("b", "a"))]
    positions = {each.judge: each for each in agreement(said(*steady, *turning)).positions}
    assert (positions["steady"].same, positions["steady"].first, positions["steady"].both_orders) == (1.0, 0.5, 3)
    assert (positions["turning"].same, positions["turning"].first, positions["turning"].second) == (0.0, 1.0, 0.0)


def test_the_balance_of_both_orders_is_a_judges_verdict():
    rows = [("ann", 1, "a", "b", 1.0), ("ann", 1, "b", "a", 1.0), ("bob", 1, "a", "b", 0.5)]
    assert agreement(said(*rows)).judges[0].same == 1.0


def test_of_scores_the_higher_wins():
    rows = [
        ("ann", 1, "a", "b", (9.0, 8.0)),
        ("bob", 1, "a", "b", 1.0),
        ("ann", 2, "a", "b", (5.0, 5.0)),
        ("bob", 2, "a", "b", 0.5),
    ]
    assert agreement(said(*rows)).kappa == 1.0


def test_one_judge_agrees_with_nobody_and_strangers_have_nothing_in_common():
    one = agreement(said(("ann", 1, "a", "b", 1.0)))
    assert (one.judges, one.kappa, one.low) == ((), None, None)
    strangers = agreement(said(("ann", 1, "a", "b", 1.0), ("bob", 2, "a", "b", 1.0)))
    assert (strangers.judges, strangers.kappa, strangers.pairs) == ((), None, 0)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 3), st.sampled_from(["ab", "ba", "ac", "cb"]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=30))  # fmt: skip
def test_whatever_was_judged_the_figures_are_finite_or_none(rows):
    found = agreement(said(*[(judge, item, *pair, wins) for judge, item, pair, wins in rows]), draws=10)
    json.dumps(found.to_json(), allow_nan=False)
    assert all(-1 <= figure <= 1 for pair in found.judges for figure in (pair.kappa, pair.kendall, pair.spearman) if figure is not None)  # fmt: skip


def test_intervals_of_kappa_hold_the_truth_as_often_as_they_say():
    """Two judges see the same truth and each errs in a fifth of the cases; without ties kappa is (1 - 2/5) squared."""
    random = np.random.default_rng(5)
    held = []
    for seed in range(150):
        truth = random.random(120) < 0.5
        rows = [
            (judge, item, "a", "b", float(right ^ (random.random() < 0.2)))
            for judge in "xy"
            for item, right in enumerate(truth)
        ]
        found = agreement(said(*rows), draws=200, seed=seed)
        held.append(found.low <= 0.36 <= found.high)
    assert 0.90 <= np.mean(held) <= 0.99
