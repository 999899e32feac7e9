"""Names that people ask about are answered from the catalog alone, without the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import yaml
from typer.testing import CliRunner

from llmreg.cli.app import app
from llmreg.licensing import Answer, Checker
from llmreg.schema import Dataset, Model

ASKED = Path(__file__).parents[3] / "shared" / "facts" / "modern-models.yaml"
USED = {
    "gpt2": "gpt2",
    "openai-community/gpt2": "gpt2",
    "tiiuae/falcon-7b-instruct": "falcon-7b-instruct",
    "lmsys/vicuna-13b-v1.3": "vicuna-13b-v1.3",
    "Open-Orca/Mistral-7B-OpenOrca": "mistral-7b-openorca",
    "WizardLM/WizardLM-13B-V1.2": "wizardlm-13b-v1.2",
    "NousResearch/Llama-2-7b-hf": "nousresearch-llama-2-7b",
    "Qwen/Qwen2.5-3B-Instruct": "qwen2.5-3b-instruct",
    "llama3.1:8b": "llama-3.1-8b-instruct",
    "HuggingFaceTB/SmolLM2-135M-Instruct": "smollm2-135m-instruct",
    "HuggingFaceH4/zephyr-7b-beta": "zephyr-7b-beta",
    "databricks/dolly-v2-12b": "dolly-v2-12b",
    "HuggingFaceH4/ultrafeedback_binarized": "ultrafeedback-binarized",
    "Open-Orca/OpenOrca": "open-orca",
}
"""What a small repository named, of which the catalog once lacked half: by each name, the entry that it means."""


def answers(catalog, name):
    """Return the entry that a name means, and the verdict on it."""
    entry = catalog.named(name, Model)
    entry = entry if entry in catalog else catalog.named(name, Dataset)
    return entry, Checker(catalog).check(entry, "commercial", "standard").verdict


@pytest.mark.parametrize(("name", "entry"), USED.items())
def test_a_name_that_code_uses_is_answered_from_the_catalog(built_in, name, entry):
    found, verdict = answers(built_in, name)
    assert found == entry
    assert verdict in get_args(Answer)


@pytest.mark.skipif(not ASKED.exists(), reason="the list of the models that people ask about is not at hand")
def test_every_model_that_people_ask_about_is_answered_from_the_catalog(built_in):
    asked = [each["hub"] for each in yaml.safe_load(ASKED.read_text()) if each.get("top100")]
    assert len(asked) == 100
    for name in asked:
        entry, _ = answers(built_in, name)
        assert name.lower() in {each.lower() for each in built_in[entry].hub}, name


def test_the_command_answers_without_asking_the_hub(monkeypatch):
    monkeypatch.setenv("LLMREG_HUB", "never")
    done = CliRunner().invoke(app, ["check", "llama3.1:8b", "--use", "commercial", "--json"])
    assert done.exit_code in (0, 3, 4), done.output
    assert '"llama-3.1-8b-instruct"' in done.stdout
