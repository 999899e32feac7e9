"""A run's card says what was done: a rehearsal claims nothing of the real thing, a run shows what its user changed."""

from __future__ import annotations

import json

import pytest
from huggingface_hub import ModelCard
from records import run_with

from llmreg import plugins
from llmreg.reproduce.card import card
from llmreg.reproduce.evaluate import _Target
from llmreg.reproduce.recipe import resolve
from llmreg.reproduce.run import Options, rehearse
from llmreg.schema import Model

ENVIRONMENT = {"llmreg": "9.9"}
VERDICT = {"verdict": "allowed", "policy": "standard", "catalog_date": "2026-11-21", "obligations": [], "reasons": []}


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    from llmreg.catalog import load_catalog

    return rehearse(load_catalog(), "guanaco-33b", Options(out=tmp_path_factory.mktemp("card") / "run"), lambda _: None)


def row(written, name):
    (found,) = [line for line in written.splitlines() if line.startswith(f"| {name} |")]
    return [cell.strip() for cell in found.strip("|").split("|")][1:]


def test_the_card_of_a_rehearsal_names_no_base_no_data_and_no_license(rehearsed):
    written = ModelCard.load(rehearsed[0] / "artifact/README.md")
    assert written.data.to_dict() == {"library_name": "peft", "tags": ["llmreg", "rehearsal", "qlora"]}
    assert "rehearsal: random weights, scaled down" in written.text
    for claim in ("huggyllama", "llama-33b", "llama-30b", "oasst", "License verdicts", "Duties", "9.9"):
        assert claim not in written.text


def test_it_lists_the_settings_as_they_ran(rehearsed):
    written = ModelCard.load(rehearsed[0] / "artifact/README.md").text
    assert row(written, "rank") == ["4", "scaled from 64"]
    assert row(written, "steps") == ["60", "scaled from 1875"]
    assert row(written, "learning_rate") == ["0.005", "scaled from 0.0001"]
    assert row(written, "warmup_steps") == ["2", "scaled; the recipe leaves it open"]
    assert row(written, "hidden_size") == ["128", "6656"]
    assert row(written, "quant") == ["nf4", ""]
    assert "| warmup_ratio |" not in written
    assert "60 steps, " in written
    assert "no published figure can be compared" in written
    assert "artifact loads back: held" in written


def test_its_adapter_names_the_small_base_and_the_small_rank(rehearsed):
    folder, run = rehearsed
    config = json.loads((folder / "artifact/adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(folder / "base")
    assert (config["r"], config["lora_alpha"]) == (run.ran["rank"], run.ran["alpha"]) == (4, 1)


def test_whoever_scores_it_is_not_told_that_it_is_the_entry(rehearsed):
    folder, run = rehearsed
    assert _Target(folder, run, run.id).name == "guanaco-33b (rehearsal)"
    assert _Target(folder, run.model_copy(update={"kind": "reproduction"}), run.id).name == "guanaco-33b"


def reproduced(catalog, base, overrides=None, data=()):
    entry = catalog.get_as(Model, "guanaco-7b")
    recipe, _ = resolve(entry, plugins.load(), overrides or {})
    run = run_with(
        id=entry.id, kind="reproduction", recipe=recipe, base=base, data=data, verdict=VERDICT, environment=ENVIRONMENT,
        verdicts={"research": "allowed"}, artifact_files={"adapter_config.json": "0"}, steps=7, tokens=1234,
    )  # fmt: skip
    return card(catalog, entry, run, ["MIT"])


FOLDER = {"id": "llama-7b", "folder": "/home/ada/secret/llama", "sha256": "abc"}


def test_a_reproduction_shows_what_its_user_changed(built_in):
    overrides = {"training.steps": "7", "rank": "16", "data.held_out": "9"}
    written = reproduced(built_in, FOLDER, overrides)
    assert row(written, "steps") == ["7", "changed with --set"]
    assert row(written, "rank") == ["16", "changed with --set"]
    assert row(written, "alpha")[1:] in ([""], [])
    assert "Changed with `--set`: data.held_out = 9." in written
    assert "7 steps, 1,234 tokens." in written


def test_what_nobody_changed_is_not_called_changed(built_in):
    assert "--set" not in reproduced(built_in, FOLDER)


@pytest.mark.parametrize(
    ("base", "words"),
    [
        (FOLDER, "A local folder, given with `--base` in place of `llama-7b`, SHA-256 `abc`"),
        ({"id": "llama-7b", "hub": "a/b", "revision": "f00", "sha256": "abc"}, "`a/b` at the commit `f00`, SHA-256 `abc`"),
        ({"id": "nano-base", "run": "nano-base-001", "sha256": "abc"}, "The artifact of a run of `nano-base`"),
        ({"architecture": {"model_type": "llama"}}, "Random weights."),
    ],
)  # fmt: skip
def test_it_says_which_weights_it_started_from_and_no_place_on_the_machine(built_in, base, words):
    rows = {"id": "oasst1", "rows": 5, "held_out": 1, "sha256": "123", "source": "/home/ada/rows.jsonl"}
    written = reproduced(built_in, base, data=(rows,))
    assert words in written
    assert row(written, "oasst1") == ["5", "1", "a file given with --data", "123"]
    assert "/home" not in written
    data = ModelCard(written).data.to_dict()
    assert data["base_model_relation"] == "adapter"
    assert data["base_model"] == built_in["llama-7b"].hub_id


def test_it_says_on_what_evidence_the_verdict_rests(built_in, monkeypatch):
    assert "evidence not recorded by the version that ran it;" in reproduced(built_in, FOLDER)
    monkeypatch.setitem(VERDICT, "evidence", "from the author's card of a, read 2026-11-21")
    assert "evidence from the author's card of a, read 2026-11-21;" in reproduced(built_in, FOLDER)
