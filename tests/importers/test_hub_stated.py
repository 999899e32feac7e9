"""What cards state as bases and data: what resolves is an id, and all else stays with its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmreg.importers.hub_stated import is_blank, shown, stated
from llmreg.schema.ids import is_hub_id

ID = "meta-llama/Llama-2-7b-hf"


@pytest.mark.parametrize(
    "written",
    [
        ID, f" {ID} ", f"{ID}/", f"'{ID}'", f"`{ID}`", f"{ID}@main", f"{ID}:Q4_K_M",
        f"https://huggingface.co/{ID}", f"http://www.huggingface.co/{ID}/", f"huggingface.co/{ID}", f"hf.co/{ID}",
        f"HTTPS://HuggingFace.co/{ID}", f"https://huggingface.co/{ID}/tree/main", f"https://huggingface.co/{ID}/blob/main/README.md",
        f"https://huggingface.co/{ID}/resolve/main/config.json?download=true", f"https://huggingface.co/{ID}#use",
        "https://huggingface.co/meta-llama%2FLlama-2-7b-hf", f"hf://{ID}", f"hf://models/{ID}", f"hf://{ID}@main/config.json",
        f"[Llama 2]({'https://huggingface.co/' + ID})", f"<https://huggingface.co/{ID}>", [ID], [[ID]], [None, ID, ""],
        {"name": ID}, {"name": ID, "revision": "main"}, {"id": ID}, [{"model": ID}], {"name": "Llama 2", "url": f"https://hf.co/{ID}"},
        {ID: 0.5}, {"teacher": ID}, (ID,), {ID},
    ],
)  # fmt: skip
def test_every_way_to_write_a_model_gives_its_id(written):
    assert [one.hub_id for one in stated(written, "model")] == [ID]


@pytest.mark.parametrize(
    "written",
    [
        "./models/llama-2-7b", "../llama", "/home/me/hf/llama", "~/llama", "C:\\models\\llama", "models/llama-2-7b",
        "LLaMA 2 (7B)", "мета/llama", "None", "none", "n/a", "unknown", "-", "?", "[More Information Needed]", "<base-model>",
        "{{ base_model }}", "https://github.com/facebookresearch/llama", "https://huggingface.co/", "https://huggingface.co/spaces/a/b",
        "https://huggingface.co/collections/a/b", "https://huggingface.co/datasets/a/b", "a/b/checkpoint-500", "a..b/c", 7, 1.5, True, False,
        {"revision": "main"}, {"name": None}, {"name": 7}, {"x": {}}, ["./x"], {"name": "a b"}, b"a/b", "x" * 5000, "\u200b", "a/b\0",
    ],
)  # fmt: skip
def test_what_names_no_model_keeps_its_words(written):
    (found,) = stated(written, "model")
    assert found.hub_id is None
    assert found.words == shown(found.words)


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        ("A/x, B/y", ["A/x", "B/y"]),
        ("A/x; B/y | C/z", ["A/x", "B/y", "C/z"]),
        ("A/x and B/y", ["A/x", "B/y"]),
        ("A/x + B/y & C/z", ["A/x", "B/y", "C/z"]),
        ("A/x B/y", ["A/x", "B/y"]),
        ("A/x\nB/y", ["A/x", "B/y"]),
        ("['A/x', 'B/y']", ["A/x", "B/y"]),
        ("A/x, our own model", ["A/x", None]),
        (["A/x", "./y", 7], ["A/x", None, None]),
        (["A/x", "a/X", "https://hf.co/A/x"], ["A/x"]),
        ({"name": ["A/x", "our own"]}, ["A/x", None]),
        ({"A/x": 0.5, "B/y": 0.5}, ["A/x", "B/y"]),
        ([{"name": "A/x"}, {"name": "B/y", "weight": 1}], ["A/x", "B/y"]),
    ],
)
def test_what_is_half_understood_is_kept_whole(written, ids):
    assert [one.hub_id for one in stated(written, "model")] == ids


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        ("tatsu-lab/alpaca", ["tatsu-lab/alpaca"]),
        ({"train": "tatsu-lab/alpaca"}, ["tatsu-lab/alpaca"]),
        ({"train": "squad", "rows": 7}, ["squad"]),
        ([{"name": "tatsu-lab/alpaca", "split": "train"}], ["tatsu-lab/alpaca"]),
        ({"type": "tatsu-lab/alpaca", "name": "Alpaca"}, ["tatsu-lab/alpaca"]),
        ("https://huggingface.co/datasets/tatsu-lab/alpaca/viewer", ["tatsu-lab/alpaca"]),
        ("hf://datasets/tatsu-lab/alpaca/data.json", ["tatsu-lab/alpaca"]),
        ("datasets/tatsu-lab/alpaca", ["tatsu-lab/alpaca"]),
        ("https://huggingface.co/tatsu-lab/alpaca", [None]),
        ("custom", [None]),
        ({"train": ["a/b", "c/d"], "test": "our own rows"}, ["a/b", "c/d", None]),
        ({"a": 1}, [None]),
    ],
)
def test_data_is_named_in_as_many_ways(written, ids):
    assert [one.hub_id for one in stated(written, "dataset")] == ids


@pytest.mark.parametrize("blank", [None, "", "  ", [], {}, [None, ""], [[]], ()])
def test_a_blank_states_nothing(blank):
    assert stated(blank, "model") == []


@pytest.mark.parametrize(
    ("written", "how"),
    [(f"{ID}@v1", "at v1"), (f"https://hf.co/{ID}/tree/dev", "at dev"), ({"name": ID, "revision": "abc"}, "revision: abc"), (ID, None)],
)  # fmt: skip
def test_what_is_said_beside_a_name_is_kept(written, how):
    assert stated(written, "model")[0].how == how


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.binary(max_size=5),
              st.sampled_from([ID, "./x", "A/x, B/y", "name", "https://huggingface.co/gpt2"])),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.one_of(st.text(), st.sampled_from(["name", "url"])), inner)),
    max_leaves=20,
)  # fmt: skip


@given(VALUES, st.sampled_from(["model", "dataset"]))
def test_whatever_is_stated_something_of_it_is_left(value, kind):
    def says_nothing(one):
        return is_blank(one) or (isinstance(one, list) and all(map(says_nothing, one)))

    found = stated(value, kind)
    assert bool(found) != says_nothing(value)
    for one in found:
        assert one.hub_id is None or is_hub_id(one.hub_id)
        one.words.encode()
        assert one.words.isprintable()
        assert len(one.words) <= 301


def test_a_value_that_refers_to_itself_or_grows_without_end_is_cut():
    circle = []
    circle.append(circle)
    bomb = ["a/b"]
    for _ in range(60):
        bomb = [bomb, bomb]
    assert [one.hub_id for one in stated(circle, "model")] == [None]
    assert stated(bomb, "model")
    many = stated([f"a/b{number}" for number in range(5000)], "model")
    assert many[-1].words == "more than 1000 names"
