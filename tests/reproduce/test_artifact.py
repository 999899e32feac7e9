"""An artifact is used only as it was written: each door names what is damaged, and in which run."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from records import run_with
from typer.testing import CliRunner

from llmreg.cli.app import app
from llmreg.errors import LlmregError
from llmreg.reproduce import record
from llmreg.reproduce.artifact import check_adapter, check_whole, damage, load, run_of
from llmreg.reproduce.base import FolderBase


@pytest.fixture
def made(tmp_path):
    """A finished run whose files are there, and as its record says."""
    artifact = tmp_path / "run" / "artifact"
    artifact.mkdir(parents=True)
    (artifact / "model.safetensors").write_bytes(bytes(range(256)))
    for name, content in {"config.json": {"model_type": "llama"}, "tokenizer.json": {"model": {}}}.items():
        (artifact / name).write_text(json.dumps(content))
    (artifact / "README.md").write_text("a card")
    whole, files = record.hash_artifact(artifact)
    recipe = {"id": "nano-qlora", "method": "qlora", "settings": {}, "training": {}, "data": {"format": "instruction"},
              "assumed": {}, "overridden": {}}  # fmt: skip
    run = run_with(
        id="nano-qlora", kind="reproduction", recipe=recipe, artifact_sha256=whole, artifact_files=files,
        environment={"llmreg": "0"},
    )  # fmt: skip
    record.write(tmp_path / "run", run)
    return tmp_path / "run"


def flip(artifact):
    content = bytearray((artifact / "model.safetensors").read_bytes())
    content[100] ^= 1
    (artifact / "model.safetensors").write_bytes(content)


DAMAGE = {
    "one bit of a weight": (flip, "model.safetensors"),
    "a setting": (lambda place: (place / "config.json").write_text('{"model_type": "opt"}'), "config.json"),
    "no JSON": (lambda place: (place / "config.json").write_bytes(b"\xff\xfe{"), "config.json"),
    "a lost file": (lambda place: (place / "tokenizer.json").unlink(), "tokenizer.json"),
    "a stray file": (lambda place: (place / "adapter_model.safetensors").write_bytes(b"x"), "adapter_model.safetensors"),
}  # fmt: skip


@pytest.mark.parametrize("how", DAMAGE)
def test_what_is_not_as_it_was_written_is_named(made, how):
    run, (break_it, name) = record.read(made), DAMAGE[how]
    assert damage(made / "artifact", run) == []
    check_whole(made, run)
    break_it(made / "artifact")
    assert damage(made / "artifact", run) == [name]
    with pytest.raises(LlmregError, match=rf"run/artifact is not what its record says: {name} changed, missing or new"):
        load(made, run)


def test_a_card_that_its_owner_edited_is_no_damage(made):
    (made / "artifact/README.md").write_text("in my own words")
    assert damage(made / "artifact", record.read(made)) == []


def test_a_record_that_does_not_fit_its_own_files_is_named(made):
    run = record.read(made).model_copy(update={"artifact_sha256": "0" * 64})
    assert damage(made / "artifact", run) == ["run.json"]


def test_another_artifact_than_the_one_that_was_trained_on_is_refused(made):
    with pytest.raises(LlmregError, match="is not the run that was trained on"):
        check_whole(made, record.read(made), "0" * 64)


DOORS = {
    "merge": ("merge", "RUN", "-o", "OUT"),
    "push": ("push", "RUN", "--repo", "me/x"),
    "evaluate": ("evaluate", "model", "RUN", "--task", "perplexity", "--data", "ROWS"),
    "evaluate its artifact": ("evaluate", "model", "RUN/artifact", "--task", "perplexity", "--data", "ROWS"),
    "gguf": ("export", "gguf", "RUN", "-o", "OUT"),
    "gguf of its artifact": ("export", "gguf", "RUN/artifact", "-o", "OUT"),
}


def through(door, made, monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    (made.parent / "rows.jsonl").write_text('{"text": "one two three"}\n')
    places = {"OUT": made.parent / "out", "ROWS": made.parent / "rows.jsonl"}
    words = [str(places.get(word, word.replace("RUN", str(made)))) for word in DOORS[door]]
    with pytest.raises(LlmregError) as caught:
        CliRunner().invoke(app, words, catch_exceptions=False)
    assert not (made.parent / "out").exists()
    return str(caught.value)


@pytest.mark.parametrize("door", DOORS)
def test_no_door_lets_a_damaged_artifact_through(made, monkeypatch, door):
    flip(made / "artifact")
    assert "model.safetensors" in through(door, made, monkeypatch)


@pytest.mark.parametrize("door", DOORS)
def test_no_door_lets_an_unfinished_run_through(made, monkeypatch, door):
    """A kill between writing the artifact and the record leaves this."""
    record.write(made, record.read(made).model_copy(update={"status": "running"}))
    said = through(door, made, monkeypatch)
    assert "not finished" in said or "is running" in said


def test_verify_names_it_and_ends_with_5(made):
    flip(made / "artifact")
    result = CliRunner().invoke(app, ["verify", str(made)], catch_exceptions=False)
    assert result.exit_code == 5
    assert "MISMATCH  artifact: changed, missing or new: model.safetensors" in result.stdout


def test_a_folder_is_known_as_a_run_or_its_artifact(made, monkeypatch):
    assert run_of(made)[1].id == run_of(made / "artifact")[1].id == "nano-qlora"
    assert run_of(made.parent) is None
    (made / "other").mkdir()
    assert run_of(made / "other") is None
    monkeypatch.chdir(made)
    from pathlib import Path

    assert run_of(Path("artifact"))[0] == made


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n"
UNREAD = {
    "prompt_template.json": ("[]", "holds list where a JSON object belongs"),
    "special_tokens_map.json": (POINTER, "is a Git LFS pointer"),
    "tokenizer.model": (POINTER, "is a Git LFS pointer"),
    "generation_config.json": ("{", "is not readable JSON"),
}
"""Files next to an adapter of which a library says nothing when they are broken, and what is said of each."""


@pytest.mark.parametrize("name", UNREAD)
def test_a_broken_file_next_to_an_adapter_is_named_though_no_library_reads_it(tmp_path, name):
    content, said = UNREAD[name]
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    for folder in (base, adapter):
        folder.mkdir()
    sizes = {
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "vocab_size": 8,
    }
    (base / "config.json").write_text(json.dumps({"model_type": "llama", **sizes}))
    lenient = SimpleNamespace(check_artifact=lambda outline, folder: None)
    check_adapter(lenient, FolderBase(base), adapter)
    (adapter / name).write_text(content)
    with pytest.raises(LlmregError, match=f"{adapter / name} {said}"):
        check_adapter(lenient, FolderBase(base), adapter)
