"""`llmreg push`: the verdict first, then a run on the Hub whole or not at all, which others load as they load any."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import ModelCard, snapshot_download
from typer.testing import CliRunner

from llmreg.catalog import load_catalog
from llmreg.cli.app import app
from llmreg.errors import LlmregError
from llmreg.reproduce import record
from llmreg.reproduce.gate import StoppedByLicenseError
from llmreg.reproduce.merge import find_adapter

NAME = "ada/tiny-lora"
# huggingface_hub's way of handing a file to httpx2
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def run(by_hand, tmp_path):
    """A copy of a finished run, to be changed at will."""
    return shutil.copytree(by_hand, tmp_path / "run")


@pytest.fixture
def push(files, run, monkeypatch):
    def go(*words, catalog=()):
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        catalogs = [word for folder in (files[0], *catalog) for word in ("--catalog", folder)]
        try:
            result = CliRunner().invoke(app, [str(word) for word in ("push", run, *catalogs, *words)])
        except LlmregError as error:
            return error
        return result.exception if isinstance(result.exception, LlmregError) else result

    return go


def test_what_is_pushed_is_what_others_load(hub, files, run, push, tmp_path):
    hub.add("ada/tiny-base", files[1])
    done = push()
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == f"pushed to {hub.url}/{NAME}"
    commit, there = hub.repos["model", NAME].commits[-1]
    assert f"commit {commit}" in done.stdout
    assert {"adapter_model.safetensors", "adapter_config.json", "prompt_template.json", "tokenizer.json"} < set(there)
    assert {"README.md", "NOTICE", "run.json"} < set(there)
    assert hub.repos["model", NAME].private is False
    assert there["adapter_model.safetensors"] == (run / "artifact/adapter_model.safetensors").read_bytes()
    assert ModelCard(there["README.md"].decode()).data.base_model == "ada/tiny-base"
    assert "MIT" in there["NOTICE"].decode()

    config = json.loads(there["adapter_config.json"])
    base = files[0].with_name(f"{files[0].name}-files") / "base"
    local = {**config, "base_model_name_or_path": str(base)}
    (run / "artifact/adapter_config.json").write_text(json.dumps(local))
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0"}
    pull = subprocess.run(
        [sys.executable, "-c", PULL, NAME, run / "artifact"], env=environment, capture_output=True, text=True
    )
    assert pull.stdout.splitlines() == ["same logits"], pull.stderr


PULL = """
import sys, torch
from peft import AutoPeftModelForCausalLM
from transformers import AutoTokenizer

pulled, here = (AutoPeftModelForCausalLM.from_pretrained(place).eval() for place in sys.argv[1:])
ids = AutoTokenizer.from_pretrained(sys.argv[1])("What is its license?", return_tensors="pt").input_ids
with torch.no_grad():
    print("same logits" if torch.equal(pulled(ids).logits, here(ids).logits) else "other logits")
"""


def test_the_pushed_record_and_the_local_one_tell_of_the_push_and_show_no_home(hub, run, push, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: run.parent.parent)
    assert push("--repo", "ada/other").exit_code == 0
    there = hub.files("ada/other")
    pushed, local = record.Run.model_validate_json(there["run.json"]), record.read(run)
    (going,) = pushed.pushed
    assert (going.repository, going.commit, going.accepted_unclear) == ("ada/other", None, False)
    assert local.pushed[0].commit == hub.repos["model", "ada/other"].commits[-1][0]
    assert pushed.artifact_sha256 == local.artifact_sha256
    assert str(Path.home()) not in there["run.json"].decode()
    config = json.loads(there["adapter_config.json"])
    assert (config["base_model_name_or_path"], config["revision"]) == ("ada/tiny-base", None)


def test_a_pulled_adapter_whose_base_is_pinned_is_the_one_that_its_record_says(hub, files, run, push, tmp_path):
    made = record.read(run)
    record.write(run, made.model_copy(update={"base": {**made.base, "hub": "ada/tiny-base", "revision": "1" * 40}}))
    assert push().exit_code == 0
    pulled = tmp_path / "pulled"
    pulled.mkdir()
    for name, content in hub.files(NAME).items():
        (pulled / name).write_bytes(content)
    assert json.loads((pulled / "adapter_config.json").read_text())["revision"] == "1" * 40
    assert find_adapter(load_catalog(files[0]), pulled).entry == "tiny-lora"


@pytest.mark.parametrize(
    ("home", "shown"),
    [
        ("LINK", "~/rows --data=~/rows, (~) TARGET.old/rows TARGET2 /data/TARGET LINK-2/a"),
        ("TARGET", "~/rows --data=LINK/rows, (~) TARGET.old/rows TARGET2 /data/TARGET LINK-2/a"),
        ("/", "TARGET/rows --data=LINK/rows, (TARGET) TARGET.old/rows TARGET2 /data/TARGET LINK-2/a"),
    ],
)
def test_only_the_home_itself_is_hidden_however_it_is_named(hub, run, push, tmp_path, monkeypatch, home, shown):
    target, link = tmp_path / "ada", tmp_path / "by-name"
    target.mkdir()
    link.symlink_to(target)

    def placed(text):
        return text.replace("/data/TARGET", f"/data{target}").replace("TARGET", str(target)).replace("LINK", str(link))

    command = "TARGET/rows --data=LINK/rows, (TARGET) TARGET.old/rows TARGET2 /data/TARGET LINK-2/a"
    record.write(run, record.read(run).model_copy(update={"command": (placed(command),)}))
    monkeypatch.setenv("HOME", placed(home))
    assert push().exit_code == 0
    assert json.loads(hub.files(NAME)["run.json"])["command"] == [placed(shown)]


def test_a_repeated_push_changes_nothing_and_one_that_broke_off_is_completed(hub, run, push, monkeypatch):
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    hub.fail("POST .*/commit/main", times=1, status=500)
    error = push()
    assert f"the Hub failed while {NAME} was pushed (HTTP 500: made to fail)" in str(error)
    assert "what has arrived is not sent again" in str(error)
    assert set(hub.files(NAME)) == {".gitattributes"}, "whole or not at all"
    assert record.read(run).pushed == ()
    uploads = sum(request.startswith("PUT /upload/") for request in hub.seen)
    assert push().exit_code == 0
    assert sum(request.startswith("PUT /upload/") for request in hub.seen) == uploads == 1
    commits = len(hub.repos["model", NAME].commits)
    assert push().exit_code == 0
    assert len(record.read(run).pushed) == 1
    assert len(hub.repos["model", NAME].commits) == commits


def test_a_repository_with_other_things_in_it_is_left_alone(hub, push):
    hub.add(NAME, {"model.safetensors": b"somebody's"})
    assert "holds other files (model.safetensors) and no earlier push of this run" in str(push())
    hub.add(NAME, {"run.json": b'{"id": "somebody\'s"}'})
    assert "holds other files (model.safetensors, run.json)" in str(push())
    assert hub.files(NAME)["model.safetensors"] == b"somebody's"


def test_private_is_private_and_public_is_not_taken_for_it(hub, push):
    assert push("--private").exit_code == 0
    assert hub.repos["model", NAME].private is True
    hub.repos["model", NAME].private = False
    assert "is public already" in str(push("--private"))


def overlay(files, tmp_path, license_id):
    """A catalog in which tiny-lora is under other terms."""
    root = tmp_path / "overlay"
    (root / "models").mkdir(parents=True)
    text = (files[0] / "models/tiny-lora.yaml").read_text()
    assert "id: MIT" in text
    (root / "models/tiny-lora.yaml").write_text(text.replace("id: MIT", f"id: {license_id}"))
    return root


@pytest.mark.parametrize(
    ("license_id", "code", "words"),
    [("microsoft-research-license", 4, "--use all`"), ("unknown", 3, "--accept-unclear")],
)
def test_the_verdict_for_redistribution_stops_a_push_before_the_network(
    hub, files, push, tmp_path, license_id, code, words
):
    error = push(catalog=[overlay(files, tmp_path, license_id)])
    assert isinstance(error, StoppedByLicenseError)
    assert error.exit_code == code
    assert words in str(error)
    assert "for redistribution" in str(error)
    assert hub.seen == []


def test_an_accepted_unclear_verdict_is_recorded_here_and_there(hub, files, run, push, tmp_path):
    assert push("--accept-unclear", catalog=[overlay(files, tmp_path, "unknown")]).exit_code == 0
    for text in ((run / "run.json").read_text(), hub.files(NAME)["run.json"].decode()):
        (pushed,) = json.loads(text)["pushed"]
        assert (pushed["verdict"], pushed["accepted_unclear"]) == ("unclear", True)


def test_a_changed_artifact_and_an_unfinished_run_are_not_pushed(hub, run, push):
    weights = run / "artifact/adapter_model.safetensors"
    weights.chmod(stat.S_IRUSR | stat.S_IWUSR)
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    assert "is not what its record says" in str(push())
    record.write(run, record.read(run).model_copy(update={"status": "running"}))
    assert "is running; only a finished reproduction is pushed" in str(push())
    record.write(run, record.read(run).model_copy(update={"kind": "rehearsal"}))
    assert "is a rehearsal, of a toy made of random weights" in str(push())
    assert hub.seen == []


@pytest.mark.parametrize(
    ("match", "status", "words"),
    [
        ("/api/whoami", 401, "set HF_TOKEN to a token with write access"),
        ("/api/repos/create", 403, "does not let ada/tiny-lora be written (HTTP 403)"),
        ("POST /api/repos/create", 404, "correct --repo"),
        ("preupload", 403, "hf auth login"),
        ("PUT /upload", 403, "HTTP 403"),
    ],
)
def test_each_refusal_says_what_to_do_and_leaves_nothing(hub, run, push, match, status, words):
    hub.fail(match, status=status)
    error = push()
    assert isinstance(error, LlmregError)
    assert words in str(error)
    assert "\n" not in str(error)
    assert set(hub.files(NAME) if ("model", NAME) in hub.repos else ()) <= {".gitattributes"}
    assert record.read(run).pushed == ()


def test_a_name_that_is_none_and_a_network_that_is_off_are_usage_errors(hub, push, monkeypatch):
    error = push("--repo", "a/b/c")
    assert (error.exit_code, "--repo takes OWNER/NAME, not 'a/b/c'" in str(error)) == (2, True)
    error = push("--offline")
    assert (error.exit_code, "pushing needs the network" in str(error)) == (2, True)
    assert hub.seen == []


def test_huggingface_hub_itself_pulls_what_was_pushed(hub, push, tmp_path, monkeypatch):
    from huggingface_hub import constants

    assert push().exit_code == 0
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    folder = Path(snapshot_download(NAME, cache_dir=tmp_path / "pulled"))
    there = hub.files(NAME)
    assert {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == there


@pytest.mark.parametrize(("name", "match"), [("tiny-lora", "whoami"), (NAME, "GET /api/models/")])
def test_an_answer_in_no_known_form_ends_in_one_sentence(hub, push, name, match):
    hub.fail(match, status=200)
    assert f"answered in no form that is known while {name} was pushed" in str(push("--repo", name))


def test_a_refusal_shows_no_token_and_no_command_of_a_terminal(hub, push):
    hub.fail("POST /api/repos", status=500, headers={"X-Error-Message": "no HF_LOOPBACK %68f_loopback \x9b2J"})
    message = str(push("--repo", NAME))
    assert "the Hub failed while" in message
    assert message.isprintable()
    assert "loopback" not in message.lower()


def test_a_record_that_is_too_much_leaves_the_repository_alone(hub, push, monkeypatch):
    hub.add(NAME, {"run.json": b" " * 2000})
    monkeypatch.setattr("llmreg.hub.push._MOST", 1000)
    assert "does not tell what it holds (the Hub sends more than 1,000 bytes)" in str(push("--repo", NAME))
    assert len(hub.repos["model", NAME].commits) == 1
