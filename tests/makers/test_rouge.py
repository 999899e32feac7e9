"""The pool tells exactly which texts have a ROUGE-L above the threshold to one in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmreg_makers.rouge import Pool

TEXTS = st.text(alphabet="abcdE ,é\n", max_size=24)


def plainly(one, other):
    """ROUGE-L's F measure as rouge-score defines it, by the textbook table."""
    a, b = (re.findall(r"[a-z0-9]+", text.lower()) for text in (one, other))
    if not a or not b:
        return 0.0
    row = [0] * (len(b) + 1)
    for word in a:
        last = 0
        for at, against in enumerate(b, start=1):
            last, row[at] = row[at], last + 1 if word == against else max(row[at], row[at - 1])
    return 2 * row[-1] / (len(a) + len(b))


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, max_size=8), TEXTS, st.sampled_from([0.3, 0.5, 0.7, 0.8]))
def test_it_agrees_with_the_plain_definition(texts, text, threshold):
    pool = Pool(threshold)
    for each in texts:
        pool.add(each)
    assert pool.too_similar(text) == any(plainly(text, each) > threshold + 1e-9 for each in texts)


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, max_size=14))
def test_no_two_that_are_kept_are_too_similar(texts):
    pool, kept = Pool(0.7), []
    for text in texts:
        if not pool.too_similar(text):
            pool.add(text)
            kept.append(text)
    assert all(plainly(one, other) <= 0.7 + 1e-9 for at, one in enumerate(kept) for other in kept[:at])
    assert all(any(plainly(text, each) > 0.7 for each in kept) for text in texts if text not in kept)


@pytest.mark.parametrize(
    ("one", "other", "above"), [("a b c d e f g x y z", "a b c d e f g u v w", False), ("A, b!", "a b", True)]
)
def test_the_threshold_itself_is_not_above_it(one, other, above):
    pool = Pool(0.7)
    pool.add(one)
    assert pool.too_similar(other) is above
