"""A mixture takes from each dataset its share, by rows or by tokens, drawn by its seed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making_helpers import work_on

from llmreg import LlmregError
from llmreg_makers.mixture import Mixture


def table(name, count, words=1):
    return [{"text": " ".join([f"{name}{number}"] * words)} for number in range(count)]


def mixed(settings, a, b, seed=1):
    work = work_on(a, b, names=["a", "b"], seed=seed)
    rows = list(Mixture.model_validate(settings).make(work))
    return rows, work


def test_without_shares_all_rows_are_taken():
    rows, work = mixed({}, table("a", 5), table("b", 3))
    assert sorted(row["text"] for row in rows) == sorted(row["text"] for row in table("a", 5) + table("b", 3))
    assert not sum(work.dropped.values())


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.1, 9), st.floats(0.1, 9))
def test_without_a_total_the_shares_hold_and_a_dataset_is_used_up(a, b, share_a, share_b):
    rows, work = mixed({"shares": {"a": share_a, "b": share_b}}, table("a", a), table("b", b))
    taken = sum(row["text"].startswith("a") for row in rows)
    assert abs(taken - len(rows) * share_a / (share_a + share_b)) <= 1
    assert len(rows) + sum(work.dropped.values()) == a + b
    assert len({row["text"] for row in rows}) == len(rows)


def test_a_total_is_met_to_the_row():
    rows, _ = mixed({"shares": {"a": 1, "b": 2}, "total": 10}, table("a", 20), table("b", 20))
    assert [sum(row["text"].startswith(name) for row in rows) for name in "ab"] == [3, 7]


def test_tokens_are_counted_as_words_and_signs():
    rows, _ = mixed({"shares": {"a": 1, "b": 1}, "total": 40, "by": "tokens"}, table("a", 20, 10), table("b", 20, 2))
    assert [sum(row["text"].startswith(name) for row in rows) for name in "ab"] == [2, 10]


def test_equal_seeds_draw_equal_rows_in_equal_order_and_others_do_not():
    settings = {"shares": {"a": 1, "b": 1}, "total": 20}
    first, same, other = (mixed(settings, table("a", 50), table("b", 50), seed)[0] for seed in (1, 1, 2))
    assert first == same != other


def test_rows_stay_in_order_where_they_are_not_shuffled():
    rows, _ = mixed({"shuffle": False, "shares": {"a": 1, "b": 1}, "total": 8}, table("a", 9), table("b", 9))
    numbers = [int(row["text"][1:]) for row in rows]
    assert numbers[:4] == sorted(numbers[:4])
    assert numbers[4:] == sorted(numbers[4:])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shares": {"a": 1, "b": 1}, "total": 30}, "a has 5 rows, and its share of 30 is 15"),
        ({"shares": {"a": 1}}, "shares are of a, and the step reads a, b"),
    ],
)
def test_what_cannot_be_mixed_is_said(settings, message):
    with pytest.raises(LlmregError, match=message):
        mixed(settings, table("a", 5), table("b", 50))


def test_a_total_without_shares_is_refused():
    with pytest.raises(ValueError, match="`total` goes with `shares`"):
        Mixture(total=5)
