"""`llmreg reproduce` with base and rows on the Hub: fetched after gate and plan, recorded, repeated and verified."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import several
from server import Hub
from typer.testing import CliRunner

from llmreg.catalog import load_catalog
from llmreg.cli.app import app
from llmreg.errors import LlmregError
from llmreg.reproduce import record
from llmreg.reproduce.base import file_hash
from llmreg.reproduce.fetch import fetch_inputs


@pytest.fixture
def filled(hub, files):
    """A Hub with the base and the rows; gives their commits."""
    _, base, rows = files
    evil = {"modeling_evil.py": b"raise SystemExit('remote code ran')\n", "pytorch_model.bin": b"a pickle"}
    return hub.add("ada/tiny-base", {**base, **evil}), hub.add("ada/tiny-rows", rows, kind="dataset")


def llmreg(monkeypatch, *args):
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    try:
        return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)
    except LlmregError as error:
        return error


def test_a_run_fetches_base_and_rows_and_is_the_run_of_the_same_files_given_by_hand(
    hub, files, filled, by_hand, tmp_path, monkeypatch
):
    catalog = ["--catalog", files[0]]
    fetched = llmreg(monkeypatch, "reproduce", "tiny-lora", "--out", tmp_path / "hub", *catalog)
    assert fetched.exit_code == 0, fetched.output
    said = fetched.stderr.splitlines()
    sizes = [number for number, line in enumerate(said) if "to fetch" in line]
    assert [said[number].split(" at ")[0] for number in sizes] == ["- ada/tiny-base", "- the dataset ada/tiny-rows"]
    assert said.index("- plan: lora with seed 1") < sizes[0] < said.index("- loading the base")
    assert "- tiny-rows has 104 rows here; the catalog states 105" in said
    assert not [request for request in hub.seen if "evil" in request or ".bin" in request or "test.jsonl" in request]
    run = record.read(tmp_path / "hub")
    assert run.base == {"id": "tiny-base", "hub": "ada/tiny-base", "revision": filled[0], "sha256": run.base["sha256"]}
    assert run.data[0].source == f"hub:ada/tiny-rows@{filled[1]}"

    hub.repos.clear()
    requests = len(hub.seen)
    verified = llmreg(monkeypatch, "verify", tmp_path / "hub", *catalog)
    assert verified.exit_code == 0, verified.output
    assert "tiny-records held-out-loss" in verified.stdout
    assert len(hub.seen) == requests
    other = record.read(by_hand)
    assert run.artifact_sha256 == other.artifact_sha256
    assert run.base["sha256"] == other.base["sha256"]
    assert run.data[0].sha256 == other.data[0].sha256


def test_the_revision_that_the_catalog_pins_is_taken_and_main_is_that_of_the_day(hub, files, filled, tmp_path):
    hub.add("ada/tiny-base", {"README.md": b"moved on"})
    (tmp_path / "mine/models").mkdir(parents=True)
    entry = (files[0] / "models/tiny-base.yaml").read_text()
    (tmp_path / "mine/models/tiny-base.yaml").write_text(f"{entry}revision: {filled[0]}\n")
    pinned, unpinned = load_catalog(files[0], tmp_path / "mine"), load_catalog(files[0])

    def commit(catalog, offline):
        inputs = fetch_inputs(catalog, catalog["tiny-lora"], None, {}, offline=offline, say=lambda _: None)
        return inputs.base.listing.commit

    assert [commit(pinned, offline) for offline in (False, True)] == [filled[0]] * 2
    now = hub.repos["model", "ada/tiny-base"].commits[-1][0]
    assert [commit(unpinned, offline) for offline in (False, True)] == [now] * 2


def test_a_base_of_another_shape_is_refused_before_its_weights_come(hub, files, filled, tmp_path, monkeypatch):
    config = json.loads(files[1]["config.json"])
    hub.add("ada/tiny-base", {"config.json": json.dumps({**config, "hidden_size": 128}).encode()})
    error = llmreg(monkeypatch, "reproduce", "tiny-lora", "--out", tmp_path / "run", "--catalog", files[0])
    assert "hidden_size is 128, not 64" in str(error)
    assert not [request for request in hub.seen if "safetensors" in request or "/content/" in request]
    assert not (tmp_path / "run").exists()


def test_a_base_that_needs_remote_code_is_refused(hub, files, filled, tmp_path, monkeypatch):
    config = {"model_type": "evil", "auto_map": {"AutoConfig": "modeling_evil.EvilConfig"}}
    hub.add("ada/tiny-base", {"config.json": json.dumps(config).encode()})
    error = llmreg(monkeypatch, "reproduce", "tiny-lora", "--out", tmp_path / "run", "--catalog", files[0])
    assert "cannot be read without remote code, which llmreg never runs" in str(error)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda hub: hub.repos.pop(("model", "ada/tiny-base")), "ada/tiny-base is not on the Hub"),
        (lambda hub: hub.files("ada/tiny-base").pop("model.safetensors"), "only as pickles (pytorch_model.bin)"),
        (lambda hub: hub.add("ada/tiny-rows", {"data/train-b.jsonl": b"{}"}, kind="dataset"), "has several tables"),
    ],
)
def test_what_cannot_be_fetched_leaves_no_run_behind(hub, files, filled, tmp_path, monkeypatch, change, words):
    change(hub)
    error = llmreg(monkeypatch, "reproduce", "tiny-lora", "--catalog", files[0])
    assert words in str(error)
    assert record.all_runs() == []
    assert not list(tmp_path.glob("home/runs/*"))


SCRIPT = """
import atexit, json, sys
sys.argv = ["llmreg", *{words!r}]
calls = []
sys.addaudithook(lambda event, args: calls.append(event) if event == "socket.connect" else None)
atexit.register(lambda: open({seen!r}, "w").write(json.dumps([calls, "huggingface_hub" in sys.modules])))
{setup}
from llmreg.cli import main
main()
"""


def process(tmp_path, hub, *words, setup=""):
    """Run llmreg in a process of its own; give how it ended, and what it connected to."""
    seen = tmp_path / "seen.json"
    script = SCRIPT.format(words=[str(word) for word in words], seen=str(seen), setup=setup)
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
    return done, *json.loads(seen.read_text())


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("guanaco-33b", "--use", "commercial"), 4, "forbidden for commercial use"),
        (("koala-13b",), 3, "--accept-unclear"),
    ],
)
def test_the_gate_stops_before_anything_of_the_hub_is_even_imported(tmp_path, words, code, message):
    with Hub() as hub:
        done, connections, imported = process(tmp_path, hub, "reproduce", *words)
        assert (done.returncode, connections, imported, hub.seen) == (code, [], False, [])
    assert message in done.stderr


SMALL = "import llmreg.reproduce.environment as e; e.memory_at_hand = lambda: (2.0**30, 'main memory')"


@pytest.mark.parametrize(
    ("words", "setup", "message"),
    [
        (("guanaco-7b", "--assume"), SMALL, "cannot be made here as it was. Missing: memory."),
        (("tiny-qlora", "--set", "no_such=1"), "", "no such setting"),
        (("tiny-qlora", "--data", "no-such-file"), "", "no data file at no-such-file"),
        (("tiny-qlora", "--base", "no-such-folder"), "", "no folder of weights at no-such-folder"),
        (("tiny-qlora", "--offline"), "", "was never listed by llmreg on this machine"),
    ],
)
def test_nothing_is_asked_of_the_hub_before_the_plan_holds(tmp_path, files, words, setup, message):
    with Hub() as hub:
        done, connections, _ = process(tmp_path, hub, "reproduce", *words, "--catalog", files[0], setup=setup)
        assert (connections, hub.seen) == ([], [])
    assert message in done.stderr
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


def test_with_the_same_words_what_is_allowed_does_connect(tmp_path, files):
    with Hub() as hub:
        hub.add("ada/tiny-base", files[1])
        hub.add("ada/tiny-rows", files[2], kind="dataset")
        done, connections, _ = process(tmp_path, hub, "reproduce", "tiny-lora", "--catalog", files[0])
    assert done.returncode == 0, done.stderr
    assert connections
    assert "run folder" in done.stdout
    assert "run folder" not in done.stderr


def test_of_several_datasets_each_comes_from_its_own_repository_or_file(hub, tmp_path, monkeypatch):
    (tmp_path / "mix").mkdir()
    words, files = several.write_mix(tmp_path / "mix")
    commits = []
    for name in ("tiny-tasks", "tiny-answers"):
        entry = tmp_path / f"mix/datasets/{name}.yaml"
        entry.write_text(f"{entry.read_text()}hub: ada/{name}\n")
        commits.append(hub.add(f"ada/{name}", {"data/train.jsonl": files[name].read_bytes()}, kind="dataset"))
    given = ["--data", f"tiny-talks={files['tiny-talks']}", "--assume", "--out", tmp_path / "run"]
    done = llmreg(monkeypatch, "reproduce", "tiny-mix", *words, *given)
    assert done.exit_code == 0, done.output
    data = record.read(tmp_path / "run").data
    assert [one.source for one in data] == [
        str(files["tiny-talks"]), f"hub:ada/tiny-tasks@{commits[0]}", f"hub:ada/tiny-answers@{commits[1]}",
    ]  # fmt: skip
    assert data[1].files == {"data/train.jsonl": file_hash(files["tiny-tasks"])}
    assert llmreg(monkeypatch, "verify", tmp_path / "run", *words[:2]).exit_code == 0
