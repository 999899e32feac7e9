"""Methods that stand as assets, and fine-tunes of which no base is named."""

from __future__ import annotations

import pytest

from builders import SOURCES, claims, dataset, edge, model
from llmreg.catalog.methods import folded, method_names
from llmreg.schema import Software


def software(entry_id, **fields):
    return Software(id=entry_id, name=entry_id, source="page", sources=SOURCES, **fields)


def named(entry, name):
    return entry.model_copy(update={"name": name})


@pytest.mark.parametrize(
    "name", ["QLoRA", "LoRA", "q-lora", "Prefix Tuning", "prefix_tuning", "RLHF", "LLaMA-Adapter V2"]
)
def test_a_method_is_known_by_its_name_however_it_is_spelt(find, name):
    (finding,) = find("method-as-asset", named(model("tracker.x", stub=True), name))
    assert finding.text == f"{name!r} is a way to train, not a model"


@pytest.mark.parametrize("name", ["Command R+", "LoRA-tuned Llama", "Poly", "Vera", "alpaca-lora-7b", ""])
def test_a_name_that_only_resembles_a_method_is_none(find, name):
    assert find("method-as-asset", named(model("tracker.x"), name)) == []


@pytest.mark.parametrize(
    "entry",
    [
        model("qlora", edge("adapter", "base")),
        model("qlora", parameters=7),
        dataset("qlora", rows=9),
        software("qlora", repository="artidoro/qlora"),
        software("qlora", licenses=claims(code="MIT")),
    ],
    ids=["weights", "parameters", "rows", "repository", "code"],
)
def test_what_has_weights_rows_or_code_is_no_method_whatever_its_name(find, entry):
    assert find("method-as-asset", entry, model("base")) == []


def test_software_that_is_a_bare_name_is_a_method(find):
    assert [finding.id for finding in find("method-as-asset", software("qlora"))] == ["qlora"]


def test_it_tells_who_names_the_method(find):
    children = [model(f"m{number}", edge("trained-on", "x.qlora", "sft")) for number in range(4)]
    (finding,) = find("method-as-asset", named(dataset("x.qlora", stub=True), "QLoRA"), *children)
    assert finding.text.endswith("m0 names it; m1 names it; m2 names it; 1 more do")


def test_methods_come_from_recipes_plugins_and_what_was_written_down(bare, recipe):
    names = method_names(bare.over(model("m", recipe=recipe("house-blend"))))
    assert {"houseblend", "qlora", "adalora", "grpo"} <= names
    assert folded("Multitask_Prompt Tuning") in names


@pytest.fixture
def recipe():
    return lambda method: {"method": method, "data": {"format": "text"}, "source": "page"}


def test_a_tuned_stage_without_weights_is_a_fine_tune_without_a_base(find):
    rows = dataset("rows")
    entries = [
        rows,
        model("tuned", edge("trained-on", "rows", "sft")),
        model("pretrained", edge("trained-on", "rows", "pretrain")),
        model("based", edge("trained-on", "rows", "sft"), edge("finetune", "pretrained")),
    ]
    (finding,) = find("no-base", *entries)
    assert (finding.id, finding.text) == ("tuned", "has no base model, and was tuned: it is tuned on rows")


@pytest.mark.parametrize("method", ["lora", "qlora", "dpo"])
def test_a_recipe_that_tunes_asks_for_a_base(find, recipe, method):
    (finding,) = find("no-base", model("m", recipe=recipe(method)))
    assert f"its recipe's method is {method}" in finding.text


@pytest.mark.parametrize("method", ["pretrain", "full", "a-plugin-of-mine"])
def test_a_recipe_that_may_start_from_nothing_asks_for_none(find, recipe, method):
    assert find("no-base", model("m", recipe=recipe(method))) == []


@pytest.mark.parametrize("name", ["Falcon 7B Instruct", "Llama-2-13b-chat", "gemma-7b-it", "Baize LoRA 7B", "x-RLHF"])
def test_a_name_can_say_that_a_model_was_tuned(find, name):
    assert "its name says so" in find("no-base", named(model("m"), name))[0].text


@pytest.mark.parametrize("name", ["Chatterbox", "Pythia 12B", "InstructLab kit"[:10], "Italia 9B", "GPT-4"])
def test_a_name_that_only_contains_such_a_word_says_nothing(find, name):
    assert find("no-base", named(model("m"), name)) == []


@pytest.mark.parametrize(
    ("description", "found"),
    [
        ("A model family trained with QLORA, an efficient approach.", True),
        ("LLaMA fine-tuned on chats.", True),
        ("An instruction tuned model.", True),
        ("A base model that you can fine-tune.", False),
        (None, False),
    ],
)
def test_a_description_can_say_so_too(find, description, found):
    assert bool(find("no-base", model("m", description=description))) is found


def test_a_method_in_the_place_of_a_base_is_no_base(find):
    entries = [named(model("x.lora", stub=True), "LoRA"), model("m", edge("finetune", "x.lora"))]
    (finding,) = find("no-base", *entries)
    assert finding.text == "has no base model, and was tuned: it is made with LoRA, a method"


def test_the_guanaco_of_a_tracker_has_no_base_although_the_catalog_knows_one(find):
    """The flagship as one tracker records it: dependencies QLoRA and OASST1, and no LLaMA."""
    entries = [
        named(dataset("t.qlora", stub=True), "QLoRA"),
        dataset("oasst1"),
        model("llama-33b"),
        model("guanaco-33b", edge("adapter", "llama-33b"), edge("trained-on", "oasst1", "sft")),
        model(
            "t.guanaco",
            edge("trained-on", "t.qlora", "sft"),
            edge("trained-on", "oasst1", "sft"),
            licenses=claims(weights="MIT"),
            same_as=("guanaco-33b",),
        ),
    ]
    (finding,) = find("no-base", *entries)
    assert finding.id == "t.guanaco"
    assert "it is made with QLoRA, a method" in finding.text
    assert "guanaco-33b, which it is about, is made from another model" in finding.text
    assert [(side.entry, side.says) for side in finding.sides][-1] == ("guanaco-33b", "adapter llama-33b")
    assert [finding.id for finding in find("method-as-asset", *entries)] == ["t.qlora"]


def test_of_a_mere_name_nothing_is_asked(find):
    assert find("no-base", named(model("m", stub=True), "LLaMA 2 Chat")) == []


def test_a_file_has_the_base_of_the_model_it_makes(find):
    entries = [model("base"), model("m", edge("adapter", "base")), model("m-adapter", file_of="m", component="adapter")]
    assert find("no-base", *(named(entry, f"{entry.id} LoRA") for entry in entries[1:]), entries[0]) == []
