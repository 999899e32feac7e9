"""Recipes on several datasets: each read by its own reader, joined in order, recorded and checked one by one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import several
from typer.testing import CliRunner

from llmreg import plugins
from llmreg.catalog import load_catalog
from llmreg.cli.app import app
from llmreg.errors import LlmregError, UsageError
from llmreg.nano.makers import rows_like
from llmreg.reproduce import record
from llmreg.reproduce.base import file_hash
from llmreg.reproduce.data import check_readers, files_given, rows_for
from llmreg.reproduce.plan import make_plan
from llmreg.reproduce.recipe import datasets_of, resolve
from llmreg.schema import Model
from llmreg.training.rows import place_of

OPEN = {"data.datasets.tiny-answers.reader": "hc3", "data.datasets.tiny-answers.fraction": 1.0}
REAL = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def mix(tmp_path_factory):
    """The words for the command line and the file of each dataset."""
    return several.write_mix(tmp_path_factory.mktemp("mix"))


@pytest.fixture(scope="module")
def catalog(mix):
    return load_catalog(Path(mix[0][1]))


@pytest.fixture(scope="module")
def resolved(catalog):
    entry = catalog.get_as(Model, "tiny-mix")
    return resolve(entry, plugins.load(), {}, datasets_of(catalog, entry))[0]


def llmreg(*args):
    try:
        return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)
    except LlmregError as error:
        return error


def named(files):
    return [word for name, path in files.items() for word in ("--data", f"{name}={path}")]


def read(catalog, resolved, files, **changes):
    given = {name: (path,) for name, path in files.items()}
    data = resolved.data.model_copy(update=changes)
    return rows_for(catalog, catalog.get_as(Model, "tiny-mix"), data, given, seed=1)


def test_each_dataset_is_read_by_its_own_reader_and_they_follow_each_other(catalog, resolved, mix):
    rows = read(catalog, resolved, mix[1], held_out=0)
    assert [(one.id, one.rows, one.held_out) for one in rows.records] == [
        ("tiny-talks", 24, 0),
        ("tiny-tasks", 40, 0),
        ("tiny-answers", 40, 0),
    ]
    places = [place_of(rows.train, number) for number in (24, 63, 64)]
    assert places == [f"{mix[1]['tiny-tasks']}:1", f"{mix[1]['tiny-tasks']}:40", f"{mix[1]['tiny-answers']}:1"]
    asked = json.loads(mix[1]["tiny-tasks"].read_text().splitlines()[0])
    assert list(rows.train)[24] == {
        "messages": [
            {"role": "user", "content": f"{asked['instruction']}\n\n{asked['input']}"},
            {"role": "assistant", "content": asked["output"]},
        ]
    }
    assert rows.records[1].reading == {"an input was put after its instruction": 40}


def test_a_share_is_drawn_with_the_seed_and_held_out_rows_are_counted_by_dataset(catalog, resolved, mix):
    rows = read(catalog, resolved, mix[1])
    assert sum(one.held_out for one in rows.records) == len(rows.held_out) == 12
    assert [one.rows + one.held_out for one in rows.records] == [24, 40, 40]
    assert [one.files for one in rows.records] == [{str(path): file_hash(path)} for path in mix[1].values()]
    assert list(read(catalog, resolved, mix[1]).train) == list(rows.train)
    held = [json.dumps(row) for row in rows.held_out]
    of_tasks = sum("\\n\\n" in text for text in held)
    assert of_tasks == rows.records[1].held_out


def test_what_nobody_published_of_a_dataset_is_assumed_and_set_by_its_key(catalog, resolved):
    assert resolved.assumed == OPEN
    assert list(resolved.data.datasets) == list(several.COUNTS)
    entry = catalog.get_as(Model, "tiny-mix")
    changes = {"data.datasets.tiny-answers.reader": "hc3-human", "data.datasets.tiny-answers.fraction": "0.5"}
    changed, _ = resolve(entry, plugins.load(), changes, datasets_of(catalog, entry))
    assert changed.assumed == {}
    assert changed.overridden == {
        "data.datasets.tiny-answers.reader": "hc3-human",
        "data.datasets.tiny-answers.fraction": 0.5,
    }
    assert changed.data.datasets["tiny-answers"].reader == "hc3-human"
    assert changed.data.datasets["tiny-talks"] == resolved.data.datasets["tiny-talks"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data.datasets.tiny-talk.reader": "hc3"}, "did you mean 'data.datasets.tiny-talks'"),
        ({"data.datasets.tiny-talks.readr": "hc3"}, "did you mean 'reader'"),
        ({"data.datasets.tiny-talks.fraction": "1.5"}, "data.datasets.tiny-talks.fraction: .* less than or equal to 1"),
        ({"data.datasets.tiny-talks.reader": "sharegp"}, "data.datasets.tiny-talks.reader: .* did you mean 'sharegpt'"),
    ],
)
def test_a_wrong_key_or_value_of_a_dataset_is_a_usage_error(catalog, change, message):
    entry = catalog.get_as(Model, "tiny-mix")
    with pytest.raises(UsageError, match=message):
        resolve(entry, plugins.load(), change, datasets_of(catalog, entry))


def test_the_plan_states_each_dataset_and_counts_its_share(catalog):
    plan = make_plan(catalog, plugins.load(), "tiny-mix", "research", {"steps": "1", "batch_size": "4"})
    assert [(one.id, one.rows, one.fraction, one.reader) for one in plan.datasets] == [
        ("tiny-talks", 30, 0.8, "sharegpt"),
        ("tiny-tasks", 40, 1, "alpaca"),
        ("tiny-answers", 20, 1, "hc3"),
    ]
    shown = llmreg("plan", "tiny-mix", "--catalog", catalog.roots[-1]).output
    assert "tiny-talks: 30 rows, 80% of them, reader sharegpt" in shown


def test_files_are_given_by_dataset_or_one_for_all(catalog, mix):
    entry, files = catalog.get_as(Model, "tiny-mix"), mix[1]
    talks, tasks = files["tiny-talks"], files["tiny-tasks"]
    assert files_given(catalog, entry, [str(talks)]) == {"tiny-talks+tiny-tasks+tiny-answers": (talks,)}
    found = files_given(catalog, entry, [f"tiny-talks={talks}", f"tiny-tasks={tasks}", f"tiny-talks={tasks}"])
    assert found == {"tiny-talks": (talks, tasks), "tiny-tasks": (tasks,)}
    single = catalog.get_as(Model, "tiny-lora")
    assert files_given(catalog, single, [f"tiny-rows={talks}"]) == files_given(catalog, single, [str(talks)])


def test_a_file_for_all_holds_rows_in_the_recipes_format(catalog, resolved, tmp_path):
    path = tmp_path / "a=b.jsonl"
    turns = [{"role": "user", "content": "How?"}, {"role": "assistant", "content": "So."}]
    path.write_text("\n".join([json.dumps({"messages": turns})] * 14))
    entry = catalog.get_as(Model, "tiny-mix")
    given = files_given(catalog, entry, [str(path)])
    check_readers(catalog, entry, resolved.data, given)
    (found,) = rows_for(catalog, entry, resolved.data, given).records
    assert (found.id, found.rows, found.held_out) == ("tiny-talks+tiny-tasks+tiny-answers", 2, 12)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tiny-talk={f}"], "is not trained on 'tiny-talk'; did you mean 'tiny-talks'"),
        (["{f}", "tiny-talks={f}"], "a FILE without a dataset holds all rows of tiny-mix"),
        (["tiny-talks=nowhere.jsonl"], "no data file at nowhere.jsonl"),
    ],
)
def test_wrong_files_are_named(catalog, mix, words, message):
    words = [word.format(f=mix[1]["tiny-talks"]) for word in words]
    with pytest.raises(LlmregError, match=message):
        files_given(catalog, catalog.get_as(Model, "tiny-mix"), words)


def test_a_dataset_without_a_fitting_reader_is_named_with_the_remedy(catalog, resolved, mix):
    entry = catalog.get_as(Model, "tiny-mix")
    portions = {
        name: portion.model_copy(update={"reader": None} if name == "tiny-talks" else {})
        for name, portion in resolved.data.datasets.items()
    }
    without = resolved.data.model_copy(update={"datasets": portions})
    with pytest.raises(LlmregError, match=r"tiny-talks, .*no reader .* format conversation.*tiny-talks.reader=NAME"):
        check_readers(catalog, entry, without, {})
    text = resolved.data.model_copy(update={"format": "text"})
    with pytest.raises(LlmregError, match="the reader sharegpt does not give the format text"):
        check_readers(catalog, entry, text, {})


def test_a_full_run_wants_every_dataset_and_every_open_setting(mix, tmp_path):
    words, files = mix
    two = {name: path for name, path in files.items() if name != "tiny-answers"}
    missing = str(llmreg("reproduce", "tiny-mix", *words, *named(two), "--assume", "--out", tmp_path / "run"))
    assert "the data (tiny-answers), to be given with --data tiny-answers=FILE" in missing
    assert "tiny-talks" not in missing
    open_ones = str(llmreg("reproduce", "tiny-mix", *words, *named(files), "--out", tmp_path / "run"))
    assert "data.datasets.tiny-answers.fraction (would be 1.0)" in open_ones
    assert not (tmp_path / "run").exists()


def test_a_full_run_records_each_dataset_and_is_verified(mix, tmp_path):
    words, files = mix
    run = tmp_path / "run"
    done = llmreg("reproduce", "tiny-mix", *words, *named(files), "--assume", "--out", run)
    assert done.exit_code == 0, done.output
    written = record.read(run)
    assert [one.id for one in written.data] == list(files)
    assert [one.source for one in written.data] == [str(path) for path in files.values()]
    assert [one.rows + one.held_out for one in written.data] == [24, 40, 40]
    assert written.recipe.assumed == OPEN
    assert f"tiny-talks: {written.data[0].rows} rows, {written.data[0].held_out} held back" in done.output
    assert llmreg("verify", run, *words[:2]).exit_code == 0


def test_a_run_on_one_file_for_all_asks_nothing_about_single_datasets(mix, tmp_path):
    path, run = tmp_path / "all.jsonl", tmp_path / "run"
    path.write_text("\n".join(map(json.dumps, rows_like("conversation", 60, 1))))
    done = llmreg("reproduce", "tiny-mix", *mix[0], "--data", path, "--out", run)
    assert done.exit_code == 0, done.output
    written = record.read(run)
    assert (written.recipe.assumed, written.data[0].files) == ({}, {str(path): file_hash(path)})
    assert llmreg("verify", run, *mix[0][:2]).exit_code == 0


def test_rehearsals_read_made_up_rows_as_each_dataset_is_published(mix, tmp_path):
    done = llmreg("reproduce", "tiny-mix", "--rehearse", *mix[0][:2], "--out", tmp_path / "run")
    assert done.exit_code == 0, done.output
    lines = {path.stem: path.read_text().splitlines() for path in (tmp_path / "run" / "rows").iterdir()}
    assert {name: set(json.loads(found[0])) for name, found in lines.items()} == {
        "tiny-talks": {"conversations"},
        "tiny-tasks": {"instruction", "input", "output"},
        "tiny-answers": {"question", "human_answers", "chatgpt_answers"},
    }


def test_of_the_catalogs_recipes_only_these_have_a_dataset_that_no_reader_fits(built_in):
    without, known = set(), plugins.load()
    for name in built_in.ids(Model):
        entry = built_in.get_as(Model, name)
        if entry.recipe is None or entry.recipe.method not in known.methods:
            continue
        found, _ = resolve(entry, known, {}, datasets_of(built_in, entry))
        try:
            check_readers(built_in, entry, found.data, {})
        except LlmregError:
            without.add(name)
    assert without == {"baize-7b", "baize-13b", "baize-30b", "llama-adapter-v2-7b"}


def test_real_rows_of_three_projects_make_one_set(built_in):
    files = {
        "oasst1": REAL / "oasst-en-100-trees.jsonl",
        "alpaca-libre": REAL / "alpaca-libre-tasks-v1.jsonl",
        "self-instruct-seeds": REAL / "self-instruct-seed-tasks.jsonl",
    }
    if not all(path.is_file() for path in files.values()):
        pytest.skip("the real rows are not beside the repository")
    edges = [{"relation": "trained-on", "of": name, "stage": "sft", "source": "hub-card"} for name in files]
    plain = built_in.get_as(Model, "oasst-sft-4-pythia-12b")
    entry = Model.model_validate({**plain.model_dump(exclude_unset=True), "id": plain.id, "made_from": edges})
    found, _ = resolve(entry, plugins.load(), {}, datasets_of(built_in, entry))
    given = {name: (path,) for name, path in files.items()}
    check_readers(built_in, entry, found.data, given)
    rows = rows_for(built_in, entry, found.data, given, seed=1)
    assert len(rows.train) == sum(one.rows for one in rows.records)
    assert all(set(row) == {"messages"} for row in rows.train)
    assert {one.id: one.rows for one in rows.records} == {
        "oasst1": 100,
        "alpaca-libre": 1202,
        "self-instruct-seeds": 175,
    }
