"""`llmreg plan`: the license first, then what a run would take, with what the catalog knows of the gaps."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from llmreg import plugins
from llmreg.cli.app import app
from llmreg.cli.options import parse_pairs
from llmreg.errors import LlmregError, UsageError


def llmreg(*args):
    return CliRunner().invoke(app, list(map(str, args)))


def test_the_verdict_is_told_before_any_plugin_is_loaded(monkeypatch):
    def load():
        raise LlmregError("a plugin was loaded")

    monkeypatch.setattr(plugins, "load", load)
    result = llmreg("plan", "guanaco-33b", "--use", "commercial")
    assert str(result.exception) == "a plugin was loaded"
    assert result.stdout == "guanaco-33b for commercial use: forbidden\n"
    assert llmreg("plan", "guanaco-33b", "--json").stdout == ""


def test_an_id_that_does_not_exist_loads_no_plugin_either(monkeypatch):
    monkeypatch.setattr(plugins, "load", lambda: pytest.fail("a plugin was loaded"))
    assert "no entry has the id 'nosuch'" in str(llmreg("plan", "nosuch").exception)


def test_a_plan_says_what_settings_mean_and_what_is_known_of_those_that_nobody_published():
    text = " ".join(llmreg("plan", "meta-llama/Llama-2-7b-hf").stdout.split())
    assert text.startswith("llama-2-7b for research use: allowed-with-conditions method: pretrain from random weights")
    assert text.count("allowed-with-conditions") == 1
    assert "min_learning_rate 0.1 of learning_rate" in text
    assert "published: A100-80GB (184,320 GPU-hours), hours unknown" in text
    assert "training.batch_size = 32" in text
    assert "about 1,000 sequences a step and 500,000 steps" in text
    plan = json.loads(llmreg("plan", "llama-2-7b", "--json").stdout)
    assert plan["verdict"] == "allowed-with-conditions"
    assert "4M tokens" in plan["notes"][0]


@pytest.mark.parametrize("pairs", [("rank=4", "settings.rank=8"), ("training.epochs=2", "epochs=1")])
def test_a_setting_that_is_named_in_two_ways_is_refused(pairs):
    with pytest.raises(UsageError, match="are one setting; give one of them"):
        parse_pairs(pairs, "--set")
    assert len(parse_pairs(("training.seed=1", "data.seed=2"), "--set")) == 2
