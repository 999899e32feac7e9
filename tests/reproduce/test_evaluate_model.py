"""`evaluate model` on a folder of weights: license, rows, examples, templates, and what is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny
from typer.testing import CliRunner

from llmreg.catalog import load_catalog
from llmreg.cli.app import app
from llmreg.errors import LlmregError
from llmreg.evaluation.tasks import TASKS, task_named
from llmreg.reproduce.gate import StoppedByLicenseError
from llmreg.training.formats.files import records

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
ROWS = {"clickbait": "clickbait", "joke-explanation": "jokes", "multiple-choice": "choices", "perplexity": "texts", "text-to-sql": "sql"}  # fmt: skip


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return tiny.write_catalog(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def base(words):
    return Path(words[3])


def llmreg(*args):
    try:
        return CliRunner().invoke(app, ["evaluate", "model", *map(str, args)], catch_exceptions=False)
    except LlmregError as error:
        return error


def scored(*args):
    return json.loads(llmreg(*args, "--json").stdout)


@pytest.mark.parametrize("task", [*ROWS])
def test_each_task_scores_the_rows_of_the_documentation(base, tmp_path, task):
    file, items = EXAMPLES / f"{ROWS[task]}.jsonl", tmp_path / "items.jsonl"
    short = [] if task in ("perplexity", "multiple-choice") else ["--set", "max_new_tokens=4"]
    found = scored(base, "--task", task, "--data", file, *short, "--limit", 2, "-o", items)
    assert [figure["metric"] for figure in found["figures"]] == list(TASKS[task].metrics)[: len(found["figures"])]
    lines = [json.loads(line) for line in items.read_text().splitlines()]
    assert [line["id"] for line in lines] == [row["id"] for _, row in records(file)][:2]
    assert {line["system"] for line in lines} == {"base"}
    assert (found["license"], found["data"]["rows"]) == (None, 2)


def test_rows_of_the_documentation_can_be_scored():
    for task, name in ROWS.items():
        for file in EXAMPLES.glob(f"{name}*.jsonl"):
            if file.stem in (name, f"{name}-examples"):
                found = task_named(task)
                found.check(found.read(records(file)), file.name)


def test_answers_written_for_judges_are_what_judges_read(base, tmp_path):
    from llmreg.judging.answers import read_pairs

    files = [tmp_path / "one.jsonl", tmp_path / "other.jsonl"]
    for file in files:
        asked = ("--task", "joke-explanation", "--data", EXAMPLES / "jokes.jsonl", "--limit", 2, "--name", file.stem)
        assert llmreg(base, *asked, "--set", "max_new_tokens=3", "-o", file).exit_code == 0
    pairs = read_pairs(files)
    assert pairs.systems == ("one", "other")
    assert (len(pairs.found), pairs.unasked) == (2, 0)
    assert pairs.found[0].question.startswith("Explain this joke: The neural network")


def test_examples_are_shown_before_and_never_scored(base, tmp_path):
    asked = (base, "--task", "multiple-choice", "--data", EXAMPLES / "choices.jsonl")
    shown = ("--examples", EXAMPLES / "choices-examples.jsonl")
    found = scored(*asked, *shown, "--few-shot", 1)
    assert found["examples"]["rows"] == 1
    items = [tmp_path / "with.jsonl", tmp_path / "without.jsonl"]
    assert llmreg(*asked, *shown, "-o", items[0]).exit_code == llmreg(*asked, "-o", items[1]).exit_code == 0
    assert items[0].read_text() != items[1].read_text()
    assert "needs worked examples" in str(llmreg(*asked, "--few-shot", 1))
    assert "has 1 examples, and 3 are wanted" in str(llmreg(*asked, *shown, "--few-shot", 3))
    again = ("--examples", EXAMPLES / "choices.jsonl")
    assert "is one of the rows to score" in str(llmreg(*asked, *again))


def test_equal_questions_give_equal_records(base):
    asked = (base, "--task", "multiple-choice", "--data", EXAMPLES / "choices.jsonl")
    assert scored(*asked) == scored(*asked)


def test_a_template_of_the_catalog_goes_before_the_plain_text(base):
    asked = (base, "--task", "clickbait", "--data", EXAMPLES / "clickbait.jsonl", "--limit", 1)
    found = scored(*asked, "--template", "nano-question", "--set", "max_new_tokens=1")
    assert found["template"] == "nano-question"
    assert found["template_sha256"] == load_catalog()["nano-question"].sha256


def test_the_license_of_a_named_entry_comes_before_the_model(base, words, monkeypatch):
    asked = (base, "--task", "perplexity", "--data", EXAMPLES / "texts.jsonl", "--limit", 1)
    found = scored(*asked, "--entry", "tiny-base", "--use", "commercial", *words[:2])
    assert found["license"]["verdict"] == "allowed"
    monkeypatch.setattr("llmreg.reproduce.evaluate._subject", lambda *_: pytest.fail("the model was touched"))
    stopped = llmreg(*asked, "--entry", "guanaco-33b", "--use", "commercial")
    assert isinstance(stopped, StoppedByLicenseError)
    assert stopped.exit_code == 4
    assert "name a use that its terms allow with --use" in str(stopped)


def test_an_unclear_license_stops_unless_it_is_accepted(base, words, tmp_path):
    root = tmp_path / "catalog"
    entry = root / "models/murky.yaml"
    entry.parent.mkdir(parents=True)
    entry.write_text((Path(words[1]) / "models/tiny-base.yaml").read_text().replace("id: MIT", "id: unknown"))
    asked = (
        base,
        "--task",
        "perplexity",
        "--data",
        EXAMPLES / "texts.jsonl",
        "--limit",
        1,
        "--entry",
        "murky",
        "--catalog",
        root,
    )
    assert llmreg(*asked).exit_code == 3
    found = scored(*asked, "--accept-unclear")
    assert (found["license"]["verdict"], found["license"]["accepted_unclear"]) == ("unclear", True)


def test_figures_stand_beside_the_published_ones(base):
    asked = (base, "--task", "multiple-choice", "--data", EXAMPLES / "choices.jsonl", "--benchmark", "mmlu-5shot")
    result = llmreg(*asked, "--entry", "llama-7b", "--accept-unclear")
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert "mmlu-5shot accuracy (percent) 35.1" in said
    assert "not comparable" in said
    assert "nobody published how much runs differ" in said
    assert "name it with --entry ID" in str(llmreg(*asked))
    assert "no figure of gpt-j-6b for mmlu-5shot" in str(llmreg(*asked, "--entry", "gpt-j-6b"))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "say what to score"),
        (["--task", "perplexity"], "give them with --data FILE"),
        (["--task", "perplexity", "--lm-eval", "x"], "say what to score"),
        (["--task", "vibes", "--data", "ROWS"], "no task has the id 'vibes'"),
        (["--task", "perplexity", "--data", "nowhere.jsonl"], "no data file at nowhere.jsonl"),
        (["--task", "clickbait", "--data", "ROWS"], "rows of the task clickbait have id, title, clickbait"),
        (["--task", "perplexity", "--data", "ROWS", "--set", "windw=3"], "did you mean 'window'"),
        (["--task", "perplexity", "--data", "ROWS", "--examples", "ROWS"], "takes no examples"),
        (["--lm-eval", "x", "--template", "none"], "leave out --set, --examples and --template"),
    ],
)
def test_what_cannot_be_scored_says_what_to_do(base, args, message):
    rows = EXAMPLES / "texts.jsonl"
    assert message in str(llmreg(base, *[rows if word == "ROWS" else word for word in args]))


def test_folders_without_a_whole_model_are_refused(tmp_path):
    asked = ("--task", "perplexity", "--data", EXAMPLES / "texts.jsonl")
    assert "no run or folder" in str(llmreg(tmp_path / "nowhere", *asked))
    (tmp_path / "adapter_config.json").write_text("{}")
    assert "holds an adapter without its base" in str(llmreg(tmp_path, *asked))


def test_names_and_rows_may_be_ugly(base, tmp_path):
    rows, items = tmp_path / "[bold]rows.jsonl", tmp_path / "items.jsonl"
    rows.write_text('{"id": "<b>\\u202e", "title": "\\"quotes\\"\\n🙂", "clickbait": "no"}\n')
    asked = (base, "--task", "clickbait", "--data", rows, "--name", "[red]🙂</script>", "--set", "max_new_tokens=2")
    result = llmreg(*asked, "-o", items)
    assert result.exit_code == 0
    assert "[red]🙂</script>: clickbait, 1 rows of [bold]rows.jsonl" in result.stdout
    assert json.loads(items.read_text())["id"] == "<b>\u202e"


def test_half_a_character_is_refused_by_its_place(base, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"title": "half \\ud83d", "clickbait": "no"}\n')
    assert f"{rows}:1: title: " in str(llmreg(base, "--task", "clickbait", "--data", rows))


def test_the_help_names_every_task():
    help_ = "".join(llmreg("--help").stdout.split())
    assert f"Oneof{','.join(TASKS)}." in help_
