"""One rule for ids: what the Hub may have, and the entries that stand for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmreg.schema.ids import ENTRY_ID, HUB_ID, hub_entry_id, hub_id_of, is_hub_id

REAL = Path(__file__).parents[3] / "shared" / "import" / "hf-names-2022" / "hf_model_ids_2022-08-15.txt"


def test_every_real_name_of_the_hub_has_an_entry_of_its_own():
    if not REAL.is_file():
        pytest.skip(f"no names of the Hub at {REAL}")
    names = {line for line in REAL.read_text(encoding="utf-8").split("\n") if line}
    assert len(names) > 63_000
    assert [name for name in names if not is_hub_id(name)] == []
    entries = {hub_entry_id(name) for name in names}
    assert len({each.casefold() for each in entries}) == len(names)
    assert [each for each in entries if not re.search(ENTRY_ID, each)] == []


@pytest.mark.parametrize("name", [
    "gpt2", "a/b", "a/b_c", "_a/__b._", "0x/1.5-B", "o/a--b", "a--b", "A/b", "a.b/c", "x" * 96, f"{'o' * 96}/{'n' * 96}",
])  # fmt: skip
def test_what_the_hub_may_have(name):
    assert is_hub_id(name)


@pytest.mark.parametrize("name", [
    "", "a/", "/a", "a/b/c", "-a/b", "a/b-", ".a", "a.", "a..b/c", "a/b.git", "a b/c", "a/b\n", "мета/x", "a/b+c",
    "x" * 97, "datasets/a", "models/a", "a--b/c", "../a", "a\\b",
])  # fmt: skip
def test_what_the_hub_cannot_have(name):
    assert not is_hub_id(name)


NAMES = st.from_regex(HUB_ID, fullmatch=True).filter(is_hub_id)


@given(NAMES, NAMES, st.sampled_from(["model", "dataset"]), st.sampled_from(["model", "dataset"]))
def test_no_two_repositories_share_an_entry(name, other, kind, kind_of_other):
    entry = hub_entry_id(name, kind)
    assert re.search(ENTRY_ID, entry)
    assert hub_id_of(entry, kind) == name
    assert (entry == hub_entry_id(other, kind_of_other)) == ((name, kind) == (other, kind_of_other))


@pytest.mark.parametrize(("one", "other"), [("a--b", "a/b"), ("a/b--c", "a/b-c"), ("squad", "datasets")])
def test_names_that_look_alike_stay_apart(one, other):
    assert len({hub_entry_id(name, kind) for name in (one, other) for kind in ("model", "dataset")}) == 4
