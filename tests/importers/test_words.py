"""Single words: blanks, dates, counts, links, and the ids that names become."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmreg.importers.words import (
    count,
    earlier,
    github,
    hub_dataset,
    hub_links,
    hub_model,
    hub_name,
    link,
    partial_date,
    slug,
    texts,
    words,
)


@pytest.mark.parametrize("blank", [None, "", "  ", "-", "N/A", "null", "\n", [], {}, True, ["x"], {"a": 1}])
def test_a_blank_says_nothing(blank):
    assert words(blank) == ""


def test_words_are_one_line():
    assert words(" a\n  b\tc ") == "a b c"
    assert (words(7), words(1.5), words("No"), words("none")) == ("7", "1.5", "No", "none")
    assert texts(["a", None, "-", 3]) == ["a", "3"]
    assert texts("a") == ["a"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2023", "2023"), (2023, "2023"), ("2023-3", "2023-03"), ("2023-03-13", "2023-03-13"),
        ("2023-03-13T10:00:00Z", "2023-03-13"), ("2023-13", None), ("2023-02-30", None), ("March 2023", None),
        ("20231", None), ("0000-01", None), ("", None), (None, None), ("2023-03-13x", None), ("٢٠٢٣", None),
    ],
)  # fmt: skip
def test_dates_may_lack_parts_and_nothing_else(written, read):
    assert partial_date(written) == read


def test_one_date_is_earlier_only_if_it_is_so_for_certain():
    assert earlier("2022", "2023-01")
    assert not earlier("2023", "2023-01")
    assert not earlier("2023-05", "2023-01")
    assert not earlier(None, "2023")


@pytest.mark.parametrize(
    ("written", "read"),
    [("52,002", 52002), ("7B", 7 * 10**9), ("1.5 m", 1_500_000), (7, 7), ("0", None), ("7-13B", None), ("big", None)],
)  # fmt: skip
def test_counts(written, read):
    assert count(written) == read


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://huggingface.co/tiiuae/falcon-40b", [("model", "tiiuae/falcon-40b")]),
        ("https://huggingface.co/tiiuae/falcon-40b/blob/main/README.md#x", [("model", "tiiuae/falcon-40b")]),
        ("huggingface.co/gpt2/tree/main", [("model", "gpt2")]),
        ("hf.co/a/b.", [("model", "a/b")]),
        ("https://huggingface.co/datasets/squad", [("dataset", "squad")]),
        ("https://huggingface.co/datasets/squad/viewer", [("dataset", "squad")]),
        ("https://huggingface.co/datasets/a/b?x=1", [("dataset", "a/b")]),
        ("https://huggingface.co/tiiuae", []),
        ("https://huggingface.co/spaces/a/b", []),
        ("https://huggingface.co/papers/2309.16609", []),
        ("https://example.org/a/b", []),
    ],
)
def test_links_to_the_hub(address, found):
    assert hub_links(address) == found


def test_the_first_of_several_links_counts():
    links = ["https://example.org", "https://huggingface.co/datasets/a/b", "https://huggingface.co/c/d"]
    assert (hub_model(links), hub_dataset(links), link(links)) == ("c/d", "a/b", "https://example.org")
    assert github("https://github.com/tatsu-lab/stanford_alpaca.git#x") == "tatsu-lab/stanford_alpaca"
    assert github("see https://github.com/a/b") is None
    assert (hub_name("a/b-c"), hub_name("Baichuan 2"), hub_name("a/b/c")) == ("a/b-c", None, None)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Command R", "command-r"), ("Command R+", "command-r+"), ("Llama 3.1", "llama-3.1"), ("a/b_c", "a-b-c"),
        ("Tülu", "tulu"), ("悟道", "u609fu9053"), ("(?)", "unnamed"), ("--x--", "x"), ("A  -  B", "a-b"),
    ],
)  # fmt: skip
def test_slugs(name, part):
    assert slug(name) == part


@given(st.text())
def test_every_name_becomes_an_id_that_fits_a_file_name(name):
    entry_id = f"osai.{slug(name)}"
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", entry_id)
    assert len(entry_id) < 150


def test_long_names_that_begin_alike_stay_apart():
    assert slug("x" * 500 + "a") != slug("x" * 500 + "b")
