"""Rehearsals: one entry for each method, architecture and data format, and the rule by which recipes are scaled."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from llmreg import plugins
from llmreg.catalog import load_catalog
from llmreg.nano.tokenizer import tokenizer
from llmreg.reproduce import rehearse
from llmreg.reproduce.architecture import architecture_of, base_of, scaled_config
from llmreg.reproduce.many import obstacle, rehearsable, rehearse_many, with_recipe
from llmreg.reproduce.run import Options
from llmreg.reproduce.run import rehearse as rehearse_run
from llmreg.schema import Model, Training

EVERY_KIND = ("llama", "gpt_neox", "t5")
"""Architectures rehearsed here by every method and in every format; `llmreg rehearse --all` does so for all of them."""


@cache
def selection():
    """Give the first entry of each method, architecture and data format; of the later architectures one entry each."""
    catalog, chosen = load_catalog(), {}
    for entry_id in rehearsable(catalog):
        recipe = catalog.get_as(Model, entry_id).recipe
        architecture = architecture_of(catalog, entry_id)["model_type"]
        kind = (recipe.method, recipe.data.format, str(recipe.settings.get("prompts")))
        chosen.setdefault((architecture, *kind) if architecture in EVERY_KIND else architecture, entry_id)
    return sorted(chosen.values())


def test_every_entry_with_a_recipe_is_rehearsed_or_says_why_not(built_in):
    can, methods = set(rehearsable(built_in)), plugins.load().methods
    assert len(can) > 100
    for entry_id in set(with_recipe(built_in)) - can:
        reason, method = obstacle(built_in, entry_id), built_in.get_as(Model, entry_id).recipe.method
        known = ("no architecture is recorded", "starts from several models", "does not have")
        assert repr(method) in reason if method not in methods else any(words in reason for words in known)
    assert {built_in.get_as(Model, entry_id).recipe.method for entry_id in selection()} >= {
        "full", "lora", "qlora", "llama-adapter-v2", "pretrain",
    }  # fmt: skip


def test_each_recipe_that_is_not_rehearsed_is_named_in_the_docs_and_no_other(built_in):
    text = (Path(__file__).parents[2] / "docs" / "rehearsals.md").read_text()
    table = text.partition("## What is not rehearsed")[2].partition("\n## ")[0]
    named = {word for word in re.findall(r"`([^`]+)`", table) if word in built_in}
    assert named == set(with_recipe(built_in)) - set(rehearsable(built_in))


@pytest.mark.parametrize("entry_id", selection())
def test_the_rehearsal_passes(built_in, entry_id):
    (row,) = rehearse_many(built_in, [entry_id], lambda _: None)
    assert row.outcome == "passed"


def test_an_unclear_verdict_is_recorded_and_stops_nothing(built_in, tmp_path):
    said = []
    _, record = rehearse_run(built_in, "koala-13b", Options(out=tmp_path / "run"), said.append)
    assert record.verdict["verdict"] == "unclear"
    assert said[0].startswith("license: unclear")
    assert record.recipe.assumed["training.learning_rate"] == 2e-5
    assert record.scaled["steps"] == [None, rehearse.STEPS]


@pytest.mark.parametrize(
    ("training", "share"),
    [
        (Training(), 0.0),
        (Training(warmup_ratio=0.03), 0.03),
        (Training(warmup_steps=100, steps=1000), 0.1),
        (Training(warmup_steps=100), 0.1),
        (Training(warmup_epochs=2, epochs=5), 0.4),
        (Training(warmup_steps=900, steps=1000), 0.5),
    ],
)
def test_warm_up_keeps_its_share(training, share):
    assert rehearse.warmup_share(training) == pytest.approx(share)


def test_the_learning_rate_grows_with_the_ratio_of_the_widths_up_to_a_cap():
    small, _ = rehearse.scaled_training(Training(learning_rate=2e-5), 4096)
    assert small.learning_rate == pytest.approx(2e-5 * 32)
    large, changed = rehearse.scaled_training(Training(learning_rate=9e-3), 4096)
    assert large.learning_rate == rehearse.MAX_LEARNING_RATE
    assert changed["learning_rate"] == [9e-3, rehearse.MAX_LEARNING_RATE]


@pytest.mark.parametrize("entry_id", ["llama-65b", "pythia-12b", "phi-2"])
def test_the_small_model_keeps_the_architecture_and_its_ratios(built_in, entry_id):
    architecture = architecture_of(built_in, entry_id)
    small = scaled_config(architecture, tokenizer())
    assert small.model_type == architecture["model_type"]
    assert (small.hidden_size, small.num_hidden_layers, small.num_attention_heads) == (128, 4, 4)
    ratio = architecture["intermediate_size"] / architecture["hidden_size"]
    assert small.intermediate_size % 64 == 0
    assert small.intermediate_size / small.hidden_size == pytest.approx(ratio, abs=0.25)
    assert small.vocab_size == len(tokenizer())


def test_grouped_queries_stay_grouped():
    grouped = {
        "model_type": "llama", "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336,
        "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    }  # fmt: skip
    assert scaled_config(grouped, tokenizer()).num_key_value_heads == 1


def test_a_model_takes_the_architecture_of_its_base(built_in):
    assert base_of(built_in, "guanaco-33b") == "llama-33b"
    assert architecture_of(built_in, "guanaco-33b")["hidden_size"] == 6656


def test_one_that_fails_does_not_stop_the_others(built_in):
    rows = rehearse_many(built_in, ["guanaco-33b-adapter"], lambda _: None)
    assert "has no recipe" in rows[0].outcome
    assert plugins.load().faults == ()


def test_one_that_cannot_be_rehearsed_is_listed_with_the_reason_and_has_not_failed(built_in):
    no_architecture, no_method = rehearse_many(built_in, ["chatglm-6b", "zephyr-7b-beta"], lambda _: None)
    assert (no_architecture.outcome, no_method.outcome) == ("not rehearsed", "not rehearsed")
    assert "no architecture is recorded" in no_architecture.reason
    assert no_method.reason == "no installed plugin offers the method 'dpo'"


def test_a_template_that_nobody_published_is_assumed(built_in, tmp_path):
    _, record = rehearse_run(built_in, "bloomz-176b", Options(out=tmp_path / "run"), lambda _: None)
    assert record.recipe.assumed["data.template"] == "alpaca-stanford"
    assert record.passed


def test_an_encoder_decoder_learns_each_answer_of_a_conversation_by_itself(built_in, tmp_path):
    said = []
    _, record = rehearse_run(built_in, "fastchat-t5-3b", Options(out=tmp_path / "run"), said.append)
    answers = 2  # that the conversations made here have
    assert f"training on {answers * rehearse.ROWS:,} answers" in said
    (fall,) = [check.detail for check in record.checks if check.name == "held-out loss falls"]
    assert fall.endswith(f"{answers * rehearse.HELD_OUT} answers")
    assert record.passed
