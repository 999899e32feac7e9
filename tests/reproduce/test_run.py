"""Whole runs of a 20-step recipe: records, equal artifacts, kill and resume, comparison, verification."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import tiny
from huggingface_hub import ModelCard
from typer.testing import CliRunner

from limits import files_up_to
from llmreg.cli.app import app
from llmreg.errors import LlmregError
from llmreg.reproduce import compare, execute, record
from llmreg_methods.qlora import Qlora


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return tiny.write_catalog(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def reference(words, tmp_path_factory):
    """One finished run of tiny-qlora."""
    folder = tmp_path_factory.mktemp("reference") / "run"
    result = llmreg("reproduce", "tiny-qlora", "--out", folder, *words)
    assert result.exit_code == 0, result.output
    return folder


def llmreg(*args):
    """Run a command in this process; errors become what `main` makes of them."""
    try:
        return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)
    except LlmregError as error:
        return error


def test_a_run_ends_with_a_comparison_and_a_whole_record(reference):
    run = record.read(reference)
    assert run.status == "finished"
    assert (run.steps, run.seed, run.kind) == (20, 1, "reproduction")
    assert all(check.passed for check in run.checks)
    assert [row.outcome for row in run.comparisons] == ["reproduced", "not comparable"]
    assert run.verdicts["commercial"] == "allowed"
    assert run.data[0].rows == 80
    assert len(run.losses) == 20
    assert set(run.artifact_files) >= {
        "adapter_model.safetensors",
        "adapter_config.json",
        "prompt_template.json",
        "tokenizer.json",
    }
    assert run.environment["packages"]["torch"]


def test_the_card_carries_metadata_that_the_hubs_parser_reads(reference):
    card = ModelCard.load(reference / "artifact/README.md")
    data = card.data.to_dict()
    assert data["license"] == "mit"
    assert not {"base_model", "base_model_relation", "datasets"} & set(data), "neither has an id of the Hub"
    assert "tiny-base" in card.text
    assert "tiny-rows" in card.text
    assert "held-out-loss" in card.text


def test_the_same_seed_gives_the_same_artifact_and_another_seed_another(reference, words, tmp_path):
    assert llmreg("reproduce", "tiny-qlora", "--out", tmp_path / "same", *words).exit_code == 0
    assert llmreg("reproduce", "tiny-qlora", "--out", tmp_path / "other", "--set", "seed=2", *words).exit_code == 0
    expected = record.read(reference).artifact_sha256
    assert record.read(tmp_path / "same").artifact_sha256 == expected
    assert record.read(tmp_path / "other").artifact_sha256 != expected


def test_a_run_killed_in_the_middle_of_training_resumes_to_the_same_artifact(reference, words, tmp_path):
    folder = tmp_path / "killed"
    command = [sys.executable, "-m", "llmreg", "reproduce", "tiny-qlora", "--out", str(folder), *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(folder.glob("checkpoints/checkpoint-*")) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert record.read(folder).status == "running"
    assert not (folder / "artifact").exists()
    again = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert record.read(folder).artifact_sha256 == record.read(reference).artifact_sha256


class KilledError(BaseException):
    """What nothing catches, as nothing catches SIGKILL."""


def test_a_run_killed_between_its_artifact_and_its_record_is_finished_by_resuming(
    reference, words, tmp_path, monkeypatch
):
    def die(_):
        raise KilledError

    folder = tmp_path / "run"
    command = ("reproduce", "tiny-qlora", "--out", folder, *words)
    with monkeypatch.context() as patch:
        patch.setattr(record, "hash_artifact", die)
        with pytest.raises(KilledError):
            llmreg(*command)
    shutil.copytree(folder / "artifact", folder / ".artifact")  # and one that was never renamed
    os.truncate(folder / "artifact/adapter_model.safetensors", 100)
    assert record.read(folder).status == "running"
    assert llmreg(*command, "--resume").exit_code == 0
    assert record.read(folder).artifact_sha256 == record.read(reference).artifact_sha256
    assert not (folder / ".artifact").exists()


def test_resuming_names_a_damaged_checkpoint(words, reference, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(reference, folder)
    shutil.rmtree(folder / "artifact")
    run = record.read(folder)
    record.write(folder, run.model_copy(update={"status": "running"}))
    weights = folder / "checkpoints/checkpoint-20/trained.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    result = llmreg("reproduce", "tiny-qlora", "--out", folder, "--resume", *words)
    assert result.exit_code == 0
    said = f"- {folder}/checkpoints/checkpoint-20 is damaged (trained.safetensors has changed since it was written)"
    assert said in result.stderr
    assert record.read(folder).artifact_sha256 == run.artifact_sha256


def test_a_learning_rate_that_is_wrong_does_not_reproduce(words, tmp_path):
    result = llmreg(
        "reproduce", "tiny-lora", "--out", tmp_path / "run", "--set", "learning_rate=1e-9", "--json", *words
    )
    assert result.exit_code == 5
    run = json.loads(result.stdout)
    assert run["passed"] is False
    assert run["recipe"]["overridden"] == {"training.learning_rate": 1e-9}


def test_verify_repeats_the_score_and_finds_a_changed_byte(reference, words, tmp_path):
    catalog = words[:2]
    whole = llmreg("verify", reference, *catalog)
    assert whole.exit_code == 0
    assert "tiny-records held-out-loss" in whole.stdout
    copy = tmp_path / "copy"
    shutil.copytree(reference, copy)
    weights = copy / "artifact/adapter_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    result = llmreg("verify", copy, *catalog)
    assert result.exit_code == 5
    assert "adapter_model.safetensors" in result.stdout


def test_several_processes_do_not_make_a_base(monkeypatch, tmp_path):
    monkeypatch.setenv("WORLD_SIZE", "2")
    error = llmreg("reproduce", "nano-qlora", "--out", tmp_path / "run", "--set", "training.micro_batch_size=8")
    assert str(error) == "nano-base is not here yet, and one process makes it: llmreg reproduce nano-base"


@pytest.mark.parametrize("rank", ["0", "1"])
def test_a_finished_run_is_not_run_again_by_any_process(reference, words, monkeypatch, rank):
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setattr(execute, "execute", None)
    before = (reference / "run.json").stat().st_mtime_ns
    assert llmreg("reproduce", "tiny-qlora", "--out", reference, "--resume", *words).exit_code == 0
    assert (reference / "run.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--out", "REFERENCE"], "is not empty; give --out a new folder"),
        (["--out", "REFERENCE", "--resume", "--set", "rank=8"], "is a run of another recipe"),
        (
            ["--out", "REFERENCE", "--resume", "--use", "commercial"],
            "is a run for research use, not commercial; repeat",
        ),
        (
            ["--out", "REFERENCE", "--resume", "--data", "OTHER"],
            r"on other data: tiny-rows .*rows.jsonl\), not .*other.js",
        ),
        (["--out", "EMPTY", "--resume"], "is no run: it has no run.json"),
    ],
)
def test_what_cannot_go_on_says_what_to_do(reference, words, tmp_path, args, message):
    (tmp_path / "empty").mkdir()
    places = {"REFERENCE": reference, "EMPTY": tmp_path / "empty", "OTHER": other_rows(words, tmp_path)}
    data = [] if "OTHER" in args else words[4:]
    before = (reference / "run.json").read_bytes()
    error = llmreg("reproduce", "tiny-qlora", *[places.get(word, word) for word in args], *words[:4], *data)
    assert isinstance(error, LlmregError)
    assert re.search(message, str(error))
    assert (reference / "run.json").read_bytes() == before


def other_rows(words, tmp_path):
    """The rows but for the last one, in a file of their own."""
    place = tmp_path / "other.jsonl"
    place.write_text("\n".join(Path(words[5]).read_text().splitlines()[:-1]))
    return place


def unfinished(reference, name, started, **changes):
    """Put a run that was killed before its first checkpoint among the user's own."""
    folder = record.home() / "runs" / name
    folder.mkdir(parents=True)
    fresh = {"status": "running", "started": started, **changes}
    record.write(folder, record.read(reference).model_copy(update=fresh))
    return folder


def test_the_newest_unfinished_run_of_the_same_inputs_is_resumed(reference, words):
    older = unfinished(reference, "tiny-qlora-001", "2026-01-01T00:00:00+00:00")
    ours = unfinished(reference, "tiny-qlora-002", "2026-01-02T00:00:00+00:00")
    unfinished(reference, "tiny-qlora-003", "2026-01-03T00:00:00+00:00", recipe_hash="0" * 64)
    unfinished(reference, "tiny-qlora-004", "2026-01-04T00:00:00+00:00", use="commercial")
    with record.only_one(ours):
        assert f"another process is at work in {ours}" in str(llmreg("reproduce", "tiny-qlora", "--resume", *words))
    with record.only_one(older):
        assert llmreg("reproduce", "tiny-qlora", "--resume", *words).exit_code == 0
    assert record.read(ours).artifact_sha256 == record.read(reference).artifact_sha256
    assert record.read(older).status == "running"


def test_where_all_unfinished_runs_are_others_the_newest_is_named_with_its_command(reference, words):
    unfinished(reference, "tiny-qlora-001", "2026-01-01T00:00:00+00:00", use="commercial")
    newest = unfinished(
        reference, "tiny-qlora-002", "2026-01-02T00:00:00+00:00", recipe_hash="0" * 64, command=("llmreg", "as before")
    )
    message = str(llmreg("reproduce", "tiny-qlora", "--resume", *words))
    assert message.startswith("no unfinished run of tiny-qlora is the one asked for, and of those there are, ")
    assert f"{newest} is a run of another recipe or base; repeat its own command: llmreg as before; or" in message
    assert len(record.all_runs()) == 2


def test_no_other_process_gets_into_a_run_before_its_record_is_finished(words, tmp_path, monkeypatch):
    tried, write, score = [], record.write, compare.compare
    folder = tmp_path / "run"

    def try_to_get_in():
        with pytest.raises(LlmregError, match="another process is at work"), record.only_one(folder):
            pass

    def watched(act, *given):
        tried.append(act.__name__)
        try_to_get_in()
        return act(*given)

    monkeypatch.setattr(record, "write", partial(watched, write))
    monkeypatch.setattr(compare, "compare", partial(watched, score))
    assert llmreg("reproduce", "tiny-lora", "--out", folder, *words).exit_code == 0
    assert tried == ["write", "compare", "write"]


def test_of_two_new_runs_with_one_folder_the_second_is_turned_away(words, tmp_path, monkeypatch):
    folder, new_folder = tmp_path / "run", record.new_folder

    def while_another_takes_it(*given):
        new_folder(*given)
        (folder / "run.json").write_text("another's")
        return folder

    monkeypatch.setattr(record, "new_folder", while_another_takes_it)
    assert "run is not empty; give --out a new folder" in str(llmreg("reproduce", "tiny-lora", "--out", folder, *words))
    assert (folder / "run.json").read_text() == "another's"


def test_a_run_killed_before_its_record_was_written_leaves_a_folder_that_is_as_good_as_new(tmp_path):
    with record.only_one(tmp_path):
        pass
    assert record.new_folder("m", tmp_path) == tmp_path


def test_resume_starts_a_run_where_none_is_unfinished(words):
    result = llmreg("reproduce", "tiny-lora", "--resume", *words)
    assert result.exit_code == 0
    assert [run.status for _, run in record.all_runs()] == ["finished"]


@pytest.mark.parametrize("revision", [None, "1" * 40])
def test_the_commit_that_a_push_notes_leaves_the_hash_what_it_was_without_one(tmp_path, revision):
    (tmp_path / "adapter_config.json").write_text(json.dumps({"r": 4, "revision": revision}))
    assert record.hash_artifact(tmp_path)[1] == {"adapter_config.json": record.hash_json({"r": 4, "revision": None})}


def test_folders_of_runs_that_start_at_once_differ():
    assert len({record.new_folder("m", None) for _ in range(3)}) == 3


def test_weights_of_another_shape_are_refused(words, tmp_path):
    catalog, base, data = words[:2], Path(words[3]), words[4:]
    config = json.loads((base / "config.json").read_text())
    other = tmp_path / "other"
    shutil.copytree(base, other)
    (other / "config.json").write_text(json.dumps({**config, "hidden_size": 128}))
    error = llmreg("reproduce", "tiny-qlora", *catalog, "--base", other, *data)
    assert "hidden_size is 128, not 64" in str(error)
    (other / "model.safetensors").rename(other / "pytorch_model.bin")
    assert "is a pickle" in str(llmreg("reproduce", "tiny-qlora", *catalog, "--base", other, *data))


def test_runs_lists_what_is_there_and_passes_over_what_is_broken(reference):
    broken = reference.parent / "broken"
    broken.mkdir()
    (broken / "run.json").write_text('{"id": "cut off')
    (found,) = json.loads(llmreg("runs", reference.parent, "--json").stdout)
    assert (found["id"], found["passed"]) == ("tiny-qlora", True)
    assert "is damaged" in str(llmreg("verify", broken))


def test_a_full_disk_leaves_no_half_written_artifact(words, tmp_path, monkeypatch):
    save = Qlora.save

    def without_room(*given):
        with files_up_to(8000):
            save(*given)

    monkeypatch.setattr(Qlora, "save", without_room)
    error = llmreg("reproduce", "tiny-qlora", "--out", tmp_path / "run", *words)
    assert f"the artifact could not be written to {tmp_path}/run/artifact: {os.strerror(errno.EFBIG)}" in str(error)
    assert "--resume" in str(error)
    assert not list((tmp_path / "run").glob("*artifact*"))
    monkeypatch.undo()
    resume = ["reproduce", "tiny-qlora", "--out", tmp_path / "run", "--resume", *words]
    with record.only_one(tmp_path / "run"):
        assert "another process is at work" in str(llmreg(*resume))
    assert llmreg(*resume).exit_code == 0
