"""The filter keeps rows that meet every condition, and counts each other row under the condition that it fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making_helpers import work_on

from llmreg_makers.filter import Filter

ROW = {
    "instruction": "Say hello",
    "input": "",
    "output": "Hello there",
    "lang": "en",
    "n": 1,
    "messages": [{"content": "Hi"}],
}

CASES = [
    ({"equal": {"lang": "en"}}, True),
    ({"equal": {"lang": ["de", "en"]}}, True),
    ({"equal": {"lang": "de"}}, False),
    ({"equal": {"n": True}}, False),
    ({"equal": {"absent": None}}, True),
    ({"equal": {"messages.0.content": "Hi"}}, True),
    ({"equal": {"messages.7.content": "Hi"}}, False),
    ({"words": {"output": [2, 2]}}, True),
    ({"words": {"output": [3, 9]}}, False),
    ({"words": {"output": [0, 1]}}, False),
    ({"filled": ["output"]}, True),
    ({"filled": ["input"]}, False),
    ({"filled": ["absent"]}, False),
    ({"without": ["openai"]}, True),
    ({"without": ["HELLO"]}, False),
    ({"different": [["instruction", "output"]]}, True),
    ({"different": [["input", "input"]]}, False),
]


@pytest.mark.parametrize(("settings", "kept"), CASES)
def test_a_row_is_kept_where_it_meets_the_condition(settings, kept):
    work = work_on([ROW])
    assert list(Filter.model_validate(settings).make(work)) == ([ROW] if kept else [])
    assert sum(work.dropped.values()) == (0 if kept else 1)


@given(st.lists(st.fixed_dictionaries({"output": st.text(max_size=20), "lang": st.sampled_from(["en", "de"])})))
def test_rows_kept_and_rows_dropped_are_all_rows(rows):
    work = work_on(rows)
    kept = list(Filter(equal={"lang": "en"}, filled=("output",)).make(work))
    assert len(kept) + sum(work.dropped.values()) == len(rows)
    assert kept == [row for row in rows if row["lang"] == "en" and row["output"].strip()]


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="the fewest, 5, are more than the most, 2"):
        Filter.model_validate({"words": {"output": [5, 2]}})
