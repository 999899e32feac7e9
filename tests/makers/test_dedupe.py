"""Of rows that say the same the first is kept, exactly or by MinHash."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from making_helpers import work_on

from llmreg_makers.dedupe import Dedupe

LONG = "the quick brown fox jumps over the lazy dog while the cat sleeps on a warm mat in the afternoon sun"


@given(st.lists(st.fixed_dictionaries({"text": st.sampled_from(["a", "b", "A ", "c"])})))
def test_exact_copies_are_dropped_and_counted(rows):
    work = work_on(rows)
    kept = list(Dedupe().make(work))
    assert kept == [row for number, row in enumerate(rows) if row not in rows[:number]]
    assert len(kept) + work.dropped["the same as an earlier row"] == len(rows)


def test_case_and_blanks_count_unless_they_are_said_not_to():
    rows = [{"text": "A  b"}, {"text": "a b"}]
    assert len(list(Dedupe().make(work_on(rows)))) == 2
    assert len(list(Dedupe(normal=True).make(work_on(rows)))) == 1


def test_only_the_named_fields_are_compared():
    rows = [{"q": "same", "a": "one"}, {"q": "same", "a": "two"}]
    assert list(Dedupe(fields=("q",)).make(work_on(rows))) == rows[:1]
    assert list(Dedupe(fields=("a",)).make(work_on(rows))) == rows


def test_minhash_drops_what_shares_most_of_its_runs_and_keeps_the_rest():
    near, other = LONG.replace("warm", "soft"), "something else entirely, with other words in another order than before"
    rows = [{"text": LONG}, {"text": LONG.upper()}, {"text": near}, {"text": other}]
    work = work_on(rows)
    assert list(Dedupe(by="minhash", threshold=0.5, shingle=2).make(work)) == [rows[0], rows[3]]
    assert work.dropped == {"nearly the same as an earlier row": 2}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.fixed_dictionaries({"text": st.text(alphabet="abc ", max_size=30)}), max_size=12))
def test_minhash_comes_to_the_same_each_time_and_loses_no_count(rows):
    first, again = work_on(rows), work_on(rows)
    kept = list(Dedupe(by="minhash", shingle=1).make(first))
    assert kept == list(Dedupe(by="minhash", shingle=1).make(again))
    assert len(kept) + sum(first.dropped.values()) == len(rows)
