"""Scores as shares of a reference's: pooled over both orders, with intervals from the items."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rated import SHARED, columns

from llmreg.errors import LlmregError, UsageError
from llmreg.ratings import read, read_answers, reference_of, relative

PAPER = {"gpt4": 114.5, "65b": 99.3, "30b": 97.8, "vicuna-13b": 94.9, "bard": 94.8, "13b": 90.4, "7b": 87.0}


def rated(*rows, judge="j"):
    return columns([(item, judge, first, second, tuple(map(float, scores))) for item, first, second, scores in rows])


def test_the_pooled_share_is_of_sums_and_not_the_mean_of_both_orders():
    (found,) = relative(rated((1, "ref", "a", (8, 4)), (1, "a", "ref", (9, 1))), "ref")
    assert found.reference_first.ratio == pytest.approx(0.5)
    assert found.system_first.ratio == pytest.approx(9)
    assert found.pooled.ratio == pytest.approx(13 / 9)
    assert found.pooled.ratings == 2


scores = st.tuples(st.integers(1, 10), st.integers(1, 10))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), scores), min_size=1, max_size=20))
def test_shares_are_what_a_loop_adds_up(rows):
    ratings = rated(*[(item, *(("a", "ref") if swap else ("ref", "a")), said) for item, swap, said in rows])
    mine = sum(said[0 if swap else 1] for _, swap, said in rows)
    theirs = sum(said[1 if swap else 0] for _, swap, said in rows)
    (found,) = relative(ratings, "ref", draws=20)
    assert found.pooled.ratio == pytest.approx(mine / theirs)
    assert (found.reference_first is None) == all(swap for _, swap, _ in rows)
    assert (found.system_first is None) == (not any(swap for _, swap, _ in rows))
    assert (found.pooled.low is None) == (len({item for item, _, _ in rows}) == 1)


def test_systems_that_never_met_the_reference_have_no_share_of_it():
    found = relative(rated((1, "ref", "a", (8, 4)), (1, "a", "b", (9, 1))), "ref")
    assert [each.system for each in found] == ["a"]


def test_the_reference_is_the_one_that_everybody_met():
    assert reference_of(rated((1, "ref", "a", (8, 4)), (1, "b", "ref", (9, 1)))) == "ref"
    with pytest.raises(UsageError, match=r"it may be a or b"):
        reference_of(rated((1, "a", "b", (8, 4))))
    with pytest.raises(UsageError, match=r"it may be a or b or c or d"):
        reference_of(rated((1, "a", "b", (8, 4)), (1, "c", "d", (8, 4))))


def test_a_reference_that_was_not_rated_or_scored_nothing_is_refused():
    with pytest.raises(UsageError, match=r"no system 'reff' was rated; did you mean 'ref'"):
        relative(rated((1, "ref", "a", (8, 4))), "reff")
    with pytest.raises(LlmregError, match=r"ref: scores 0 throughout beside a"):
        relative(rated((1, "ref", "a", (0, 4))), "ref")


def test_an_order_in_which_the_reference_scored_nothing_has_no_share():
    (found,) = relative(rated((1, "ref", "a", (0, 4)), (2, "a", "ref", (4, 4))), "ref")
    assert found.reference_first is None
    assert found.pooled.ratio == 2


def test_intervals_hold_the_truth_as_often_as_they_say():
    random = np.random.default_rng(11)
    held = []
    for seed in range(300):
        easy = random.normal(0, 1, 80)  # what is hard for one system is hard for the other
        pairs = np.stack([8 + easy + random.normal(0, 0.7, 80), 7 + easy + random.normal(0, 0.7, 80)], axis=1)
        (found,) = relative(
            rated(*[(item, "ref", "a", pair) for item, pair in enumerate(pairs)]), "ref", draws=300, seed=seed
        )
        held.append(found.pooled.low <= 7 / 8 <= found.pooled.high)
    assert 0.91 <= np.mean(held) <= 0.98


@pytest.mark.skipif(not SHARED.is_dir(), reason="the released QLoRA ratings are not beside the checkout")
@pytest.mark.parametrize("known", [True, False])
def test_the_released_ratings_give_the_papers_means_and_swapped_names_are_found(known):
    table = read_answers([SHARED / "answer-ids.json"]) if known else {}
    ratings = read([SHARED / "relative"], table)
    found = relative(ratings, reference_of(ratings), draws=10)
    by_paper = {next(name for name in PAPER if each.system.startswith(name)): 100 * each.pooled.ratio for each in found}
    assert by_paper == pytest.approx(PAPER, abs=0.1)
    gpt4 = next(each for each in found if each.system == "gpt4")
    assert (gpt4.reference_first.ratio, gpt4.system_first.ratio) == pytest.approx((1.101, 1.194), abs=0.001)
    assert len(ratings.report.notes) == 8
    assert all("has the two swapped" in note.message and "guanaco" in note.file.name for note in ratings.report.notes)
