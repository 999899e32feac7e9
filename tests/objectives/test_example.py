"""The package that the documentation shows: an objective and a reader that no file of the core knows."""

import json
import sys
from pathlib import Path

import pytest

from llmreg import plugins
from llmreg.catalog import load_catalog
from llmreg.errors import LlmregError
from llmreg.nano.tokenizer import tokenizer
from llmreg.schema import RecipeData, Template, Training
from llmreg.training.formats.reader import Tally
from llmreg.training.loop import train
from llmreg.training.rows import Table
from llmreg.training.samples import samples_of

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "llmreg-slic"
TRAINING = Training(learning_rate=0.05, batch_size=4, steps=6, seed=1)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Put the package on the path with the entry point that its pyproject.toml has."""
    site = tmp_path / "site"
    info = site / "llmreg_slic-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: llmreg-slic\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[llmreg]\nslic = llmreg_slic\n")
    monkeypatch.syspath_prepend(EXAMPLE)
    monkeypatch.syspath_prepend(site)
    yield plugins.load()
    sys.modules.pop("llmreg_slic", None)


@pytest.fixture
def samples(installed, tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [
        {"question": f"What is {number}?", "answers": [["no", 1], [f"the number {number}", 5], ["maybe", 2]]}
        for number in range(12)
    ]
    rows += [{"question": "Alike?", "answers": [["a", 1], ["b", 1]]}]
    path.write_text("\n".join(map(json.dumps, rows)))
    data = RecipeData(format="preference", reader="rated-answers", template="alpaca-stanford", loss_on="response")
    table = Table([path], data)
    assert dict(table.tally) == {"a question without a better and a worse answer was left out": 1}
    template = load_catalog().get_as(Template, "alpaca-stanford")
    objective = installed.objective("slic", {"margin": 2})
    return objective, samples_of(objective, table, data, Training(), template, tokenizer(), None, Tally())


def model():
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer()), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4
    )
    return transformers.LlamaForCausalLM(config)


def test_it_is_found_and_its_settings_are_checked(installed):
    assert installed.objectives["slic"].distribution == "llmreg-slic"
    with pytest.raises(LlmregError, match="objective 'slic', setting 'margin': input should be a valid number"):
        installed.objective("slic", {"margin": "wide"})


def test_it_trains_and_goes_on_with_the_same_bits_after_an_interruption(samples, tmp_path):
    import torch

    objective, found = samples
    whole, again = model(), model()
    options = {"objective": objective, "pad_token_id": 0, "save_every": 2}
    outcome = train(whole, found, TRAINING, tmp_path / "whole", **options)
    assert outcome.losses[-1] < outcome.losses[0]

    def stop(step, _):
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(model(), found, TRAINING, tmp_path / "cut", on_step=stop, **options)
    resumed = train(again, found, TRAINING, tmp_path / "cut", resume=True, **options)
    assert resumed.losses == outcome.losses
    assert all(torch.equal(one, other) for one, other in zip(whole.parameters(), again.parameters(), strict=True))
    other = installed_with_another_margin(objective)
    with pytest.raises(LlmregError, match="cannot be resumed exactly"):
        train(model(), found, TRAINING, tmp_path / "cut", resume=True, **{**options, "objective": other})


def installed_with_another_margin(objective):
    return objective.model_copy(update={"margin": 3.0})


def test_the_page_shows_the_package_as_it_is():
    page = (ROOT / "docs" / "writing-an-objective.md").read_text(encoding="utf-8")
    assert (EXAMPLE / "llmreg_slic.py").read_text(encoding="utf-8") in page
