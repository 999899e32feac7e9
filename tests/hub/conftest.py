"""A loopback Hub with huggingface_hub in this process pointed at it, a tiny catalog on it, and a finished run."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import tiny
import yaml
from huggingface_hub import constants
from huggingface_hub.utils import close_session
from server import Hub
from typer.testing import CliRunner

from llmreg.cli.app import app


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with Hub() as server:
        monkeypatch.setenv("HF_TOKEN", "hf_loopback")
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", f"{server.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        yield server
        close_session()
        assert server.unknown == []


@pytest.fixture
def naps(monkeypatch):
    """The seconds that were to be waited between tries; nobody waits."""
    waited = []
    monkeypatch.setattr("llmreg.hub.network.time", SimpleNamespace(sleep=waited.append))
    return waited


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """A catalog whose base and rows are on the Hub, and what lies there."""
    root = tmp_path_factory.mktemp("catalog")
    words = tiny.write_catalog(root)
    lines = {"models/tiny-base": "hub: ada/tiny-base\n", "datasets/tiny-rows": "hub: ada/tiny-rows\nrows: 105\n"}
    for name, line in lines.items():
        place = root / f"{name}.yaml"
        place.write_text(place.read_text() + line)
    base = {path.name: path.read_bytes() for path in Path(words[3]).iterdir()}
    return root, base, {"data/train.jsonl": Path(words[5]).read_bytes(), "data/test.jsonl": b"{}\n"}


@pytest.fixture(scope="session")
def by_hand(files, tmp_path_factory):
    """The folder of a finished run of tiny-lora with base and rows given by hand."""
    root, folder = files[0], tmp_path_factory.mktemp("by-hand") / "run"
    outside = root.with_name(f"{root.name}-files")
    words = ["--catalog", root, "--base", outside / "base", "--data", outside / "rows.jsonl", "--out", folder]
    done = CliRunner().invoke(app, ["reproduce", "tiny-lora", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def asked(hub, naps, monkeypatch):
    """A Hub that may be asked; gives a function that adds a card to it."""
    monkeypatch.setenv("LLMREG_HUB", "always")
    monkeypatch.delenv("CI", raising=False)

    def add(name, kind="model", **fields):
        text = f"---\n{yaml.safe_dump(fields)}---\n# A card\n" if fields else "# A card\n"
        return hub.add(name, {"README.md": text.encode()}, kind=kind)

    return add


@pytest.fixture
def chain(asked):
    """A quantized model of a merge of two, one of them a finetune of the catalog's llama-7b with data of its own."""
    asked("me/q4", license="mit", base_model="me/merge", base_model_relation="quantized")
    asked("me/merge", license="apache-2.0", base_model=["me/tuned", "me/other"])
    asked("me/tuned", license="mit", base_model="me/base", datasets=["me/rows", "tatsu-lab/alpaca"])
    asked("me/other", license="apache-2.0", base_model="me/base")
    asked("me/base", license="bigscience-openrail-m")
    asked("me/rows", kind="dataset", license="cc-by-nc-4.0", task_categories=["text-generation"])
