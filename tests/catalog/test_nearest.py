"""What is suggested for an id that nothing has: a slip of the keys, and never another version, size or model."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmreg.catalog.nearest import nearest
from llmreg.errors import UnknownIdError
from llmreg.licensing import Checker
from llmreg.schema import License, Model, Policy

MODELS = (
    "deepseek-coder-33b", "deepseek-r1", "falcon-7b", "gemma-7b", "guanaco-33b", "guanaco-33b-adapter", "guanaco-65b",
    "llama-13b", "llama-2-7b", "llama-3-8b", "llama-7b", "mpt-7b-chat", "open-llama-7b", "phi-2", "qwen-72b",
    "vicuna-7b-v1.1", "vicuna-7b-v1.5",
)  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("guanco-33b", "guanaco-33b"),
        ("Guanaco33B", "guanaco-33b"),
        ("timdettmers/guanac-33b", "guanaco-33b"),
        ("guanaco-33c", "guanaco-33b"),
        ("lama-7b", "llama-7b"),
        ("llama2-7b", "llama-2-7b"),
        ("openllama_7b", "open-llama-7b"),
        ("mpt-7b-caht", "mpt-7b-chat"),
        ("vicuna-7b-v1.50", None),
        ("falcon-7.0b", "falcon-7b"),
    ],
)
def test_a_slip_of_the_keys_is_corrected(wanted, meant):
    assert nearest(wanted, MODELS).startswith(f"; did you mean {meant!r}?" if meant else "; entries whose name begins")


@pytest.mark.parametrize(
    ("wanted", "family"),
    [
        ("phi-4", "phi-2"),
        ("deepseek-v3", "deepseek-coder-33b, deepseek-r1"),
        ("vicuna", "vicuna-7b-v1.1, vicuna-7b-v1.5"),
        ("vicuna-7b", "vicuna-7b-v1.1, vicuna-7b-v1.5"),
        ("vicuna-7b-v1.3", "vicuna-7b-v1.1, vicuna-7b-v1.5"),
        ("guanaco-34b", "guanaco-33b, guanaco-65b"),
        ("guanaco-13b-adapter", "guanaco-33b, guanaco-33b-adapter, guanaco-65b"),
        ("qwen-7b", "qwen-72b"),
        ("gemma-7b-it", "gemma-7b"),
        ("falcon-rw-7b", "falcon-7b"),
        ("llama-7b-hf", "llama-7b"),
        ("llama-7b-x", "llama-7b"),
        ("mpt-7b-chat-x", "mpt-7b-chat"),
        ("guanaco-33b-adapter-v", "guanaco-33b-adapter"),
        ("meta-llama/Llama-4-8B", "llama-13b, llama-2-7b, llama-3-8b, llama-7b"),
    ],
)
def test_another_version_or_size_is_listed_and_not_offered(wanted, family):
    assert nearest(wanted, MODELS) == f"; entries whose name begins so: {family}"


@pytest.mark.parametrize("wanted", ["lima-7b", "mistral-7b", "7b", "", "-", "x/", "\udcff", "日本語"])
def test_another_model_is_no_suggestion(wanted):
    assert nearest(wanted, MODELS) == ""


def test_many_are_counted():
    names = [f"llama-{size}b" for size in range(1, 20)]
    assert nearest("llama-99b", names).endswith("llama-16b, llama-17b and 11 more")


@given(st.sampled_from(MODELS), st.text("0123456789", min_size=1, max_size=3))
def test_no_suggestion_has_another_number(name, digits):
    wanted = re.sub(r"\d+", digits, name, count=1)
    if offered := re.search("did you mean '(.+)'", nearest(wanted, MODELS)):
        assert [*map(int, re.findall(r"\d+", offered[1]))] == [*map(int, re.findall(r"\d+", wanted))]


@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=4))
def test_any_text_is_borne(wanted, known):
    assert nearest(wanted, known) == "" or nearest(wanted, known).startswith("; ")


@pytest.mark.parametrize(
    ("wanted", "never"),
    [("deepseek-v99", "'deepseek'"), ("vicuna", "vicuna-v0"), ("MTI", "MIT"), ("phi-9", "did you mean")],
)
def test_a_check_is_offered_what_can_be_checked(built_in, wanted, never):
    with pytest.raises(UnknownIdError, match=r"`llmreg search WORDS` finds .*`llmreg import hub ") as caught:
        Checker(built_in).check(wanted, "research")
    assert never not in str(caught.value)


@pytest.mark.parametrize("wanted", ["falcon-7b-instruct-x", "falcon-70b-instruct", "deepseek-v9", "guanaco-33b-x"])
def test_another_model_is_never_offered_as_if_it_were_the_same(built_in, wanted):
    with pytest.raises(UnknownIdError) as caught:
        Checker(built_in).check(wanted, "research")
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize("wanted", ["falcon-7b-instruct-x", "deepseek-v9", "guanco-33b", "zzqqxx"])
def test_ways_on_are_named_with_a_suggestion_and_without(built_in, wanted):
    with pytest.raises(UnknownIdError, match=r"`llmreg search WORDS` .* `llmreg import hub OWNER/NAME`"):
        Checker(built_in).check(wanted, "research")


def test_what_is_listed_is_of_the_kind_that_was_asked_for(built_in):
    for kind, name in ((Model, "vicuna"), (License, "llama-5")):
        with pytest.raises(UnknownIdError) as caught:
            built_in.get_as(kind, name)
        listed = re.search("begins so: ([^;]+)", str(caught.value))[1].split(", ")
        assert listed
        assert all(issubclass(built_in.kind_of(each.split(" and ")[0]), kind) for each in listed)
    with pytest.raises(UnknownIdError, match="no policy has the id 'x'; there are permissive, standard, strict"):
        built_in.get_as(Policy, "x")
