"""Every published figure ends as reproduced, not reproduced, or not comparable with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny
from typer.testing import CliRunner

from llmreg.catalog import load_catalog
from llmreg.cli.app import app
from llmreg.errors import LlmregError
from llmreg.evaluation.figures import Figure
from llmreg.reproduce import record
from llmreg.reproduce.compare import _obstacle, against, nothing_compared
from llmreg.schema import Benchmark, Model


def llmreg(*args):
    try:
        return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)
    except LlmregError as error:
        return error


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


def figure(metric, value, items=400, unit="percent"):
    return Figure(metric, value, unit, 0.5, items)


def test_every_published_figure_of_the_catalog_is_measured_or_has_a_reason(catalog):
    told = {}
    for entry in (catalog[entry_id] for entry_id in catalog if catalog.kind_of(entry_id) is Model):
        for result in entry.results:
            told[entry.id, result.benchmark, result.metric] = _obstacle(
                entry, result, catalog.get_as(Benchmark, result.benchmark), True
            )
    assert told["nano-qlora", "nano-records", "exact-match"] == ""
    assert told["nano-base", "nano-held-out-text", "held-out-loss"] == ""
    assert "--task clickbait or multiple-choice --benchmark mmlu-5shot" in told["guanaco-7b", "mmlu-5shot", "accuracy"]
    assert "GPT-4 judges" in told["guanaco-7b", "oasst1-vicuna-elo", "elo-vicuna-gpt4"]
    assert not [place for place, why in told.items() if "works out no" in why]


def test_without_held_out_rows_there_is_nothing_to_measure_on(catalog):
    entry, benchmark = catalog["nano-qlora"], catalog["nano-records"]
    assert _obstacle(entry, entry.results[0], benchmark, False) == "the run kept no rows back"


def test_a_metric_that_nobody_knows_is_named(catalog):
    entry = catalog["nano-qlora"]
    result = entry.results[0].model_copy(update={"metric": "<script>vibes"})
    assert _obstacle(entry, result, catalog["nano-records"], True) == "llmreg works out no <script>vibes"


@pytest.mark.parametrize(("value", "outcome"), [(98, "reproduced"), (102.95, "reproduced"), (96.9, "not reproduced")])
def test_a_figure_within_the_published_tolerance_is_reproduced(catalog, value, outcome):
    (found,) = against(catalog["nano-qlora"], catalog["nano-records"], [figure("exact-match", value)], "held.jsonl")
    assert (found.measured, found.outcome, found.why) == (value, outcome, "held.jsonl, standard error 0.5")


def test_fewer_rows_than_the_benchmark_has_are_not_comparable(catalog):
    few = [figure("exact-match", 100, items=20)]
    (found,) = against(catalog["nano-qlora"], catalog["nano-records"], few, "held.jsonl")
    assert found.outcome == "not comparable"
    assert "20 rows, and the benchmark has 400" in found.why


def test_a_figure_without_a_published_tolerance_is_shown_and_not_judged(catalog):
    mmlu = catalog["mmlu-5shot"]
    (found,) = against(catalog["guanaco-7b"], mmlu, [figure("accuracy", 36.4)], "mmlu.jsonl")
    assert (found.measured, found.published, found.outcome) == (36.4, 36.6, "not comparable")
    assert "nobody published how much runs differ" in found.why


@pytest.mark.parametrize("other", [figure("accuracy", 50), figure("exact-match", 50, unit="ratio")])
def test_a_task_that_gives_another_metric_is_told(catalog, other):
    (found,) = against(catalog["nano-qlora"], catalog["nano-records"], [other], "held.jsonl")
    assert (found.measured, found.why) == (None, "the task gives no exact-match in percent")


def test_nothing_of_a_rehearsal_is_compared_and_everything_is_listed(catalog):
    found = nothing_compared(catalog["guanaco-33b"], "too small")
    assert len(found) == len(catalog["guanaco-33b"].results)
    assert {(each.outcome, each.measured, each.why) for each in found} == {("not comparable", None, "too small")}


# A whole run, right and wrong


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of tiny-lora whose figure is then taken for the published one, and the words that give the catalog."""
    root = tmp_path_factory.mktemp("published")
    words = tiny.write_catalog(root)
    folder = tmp_path_factory.mktemp("runs") / "right"
    assert llmreg("reproduce", "tiny-lora", "--out", folder, *words).exit_code == 0
    measured = record.read(folder).comparisons[0].measured
    entry = root / "models/tiny-lora.yaml"
    published = f"value: {measured}, unit: nats, tolerance: 0.1,"
    entry.write_text(entry.read_text().replace("value: 5.0, unit: nats, tolerance: 2.0,", published))
    return folder, words


def test_a_wrong_learning_rate_trains_and_yet_does_not_reproduce(runs, tmp_path):
    _, words = runs
    result = llmreg("reproduce", "tiny-lora", "--out", tmp_path / "run", "--set", "learning_rate=5e-4", *words)
    assert result.exit_code == 5
    run = record.read(tmp_path / "run")
    assert all(check.passed for check in run.checks)
    assert [each.outcome for each in run.comparisons] == ["not reproduced", "not comparable"]
    said = " ".join(result.stdout.split())
    assert "not reproduced" in said
    assert "tiny-records held-out-loss: 24 held-out rows, standard error" in said
    assert "vicuna-80 gpt4-score: llmreg works out no gpt4-score" in said


def test_verify_repeats_the_figure_and_tells_of_one_that_is_gone(runs, tmp_path):
    folder, words = runs
    assert llmreg("verify", folder, *words[:2]).exit_code == 0
    bare = tmp_path / "catalog"
    for file in Path(words[1]).rglob("*.yaml"):
        copy = bare / file.relative_to(words[1])
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(file.read_text().replace("metric: held-out-loss", "metric: exact-match"))
    result = llmreg("verify", folder, "--catalog", bare)
    assert result.exit_code == 5
    assert "the catalog has no such figure now" in result.stdout


def test_a_runs_model_is_scored_through_the_template_it_was_trained_with(runs, tmp_path):
    folder, words = runs
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"instruction": "What is its name?", "input": "bado", "output": "x"}\n')
    asked = ("evaluate", "model", folder, "--task", "exact-match", "--data", rows, *words[:2], "--json")
    found = json.loads(llmreg(*asked).stdout)
    assert (found["system"], found["entry"], found["template"]) == ("tiny-lora", "tiny-lora", "alpaca-stanford")
    assert found["weights_sha256"] == record.read(folder).artifact_sha256
    assert found["license"]["verdict"] == "allowed"
    plain = json.loads(llmreg(*asked, "--template", "none").stdout)
    assert (plain["template"], plain["template_sha256"]) == (None, None)
    assert "is a run of tiny-lora, not of tiny-base" in str(llmreg(*asked, "--entry", "tiny-base"))
