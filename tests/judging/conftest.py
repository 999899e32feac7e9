"""An endpoint on loopback, answers of two systems, and the command that judges them."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
from huggingface_hub.utils import close_session
from judge_server import JudgeServer
from judged import UGLY, longer_wins, write
from typer.testing import CliRunner

from llmreg.asking.endpoint import Endpoint
from llmreg.cli.app import app


@pytest.fixture
def files(tmp_path):
    """Answers of `heron`, whose are longer, and `wren` to four items, and the questions."""
    numbers = range(1, 5)
    return SimpleNamespace(
        heron=write(
            tmp_path / "heron.jsonl",
            *({"id": f"q{i}", "system": "heron", "text": f"a long answer to {i} " + UGLY} for i in numbers),
        ),
        wren=write(
            tmp_path / "wren.jsonl", *({"id": f"q{i}", "system": "wren", "text": f"answer {i}"} for i in numbers)
        ),
        questions=write(tmp_path / "questions.jsonl", *({"id": f"q{i}", "text": f"What is {i}?"} for i in numbers)),
        out=tmp_path / "ratings.jsonl",
        cache=tmp_path / "replies.sqlite",
    )


@pytest.fixture
def server():
    with JudgeServer(longer_wins) as started:
        yield started
        close_session()


@pytest.fixture
def naps(monkeypatch):
    """The seconds that were to be waited between tries; nobody waits."""
    waited = []
    monkeypatch.setattr("llmreg.hub.network.time", SimpleNamespace(sleep=waited.append))
    return waited


@pytest.fixture
def words(files, server):
    """The words of a command that judges the answers by the server."""
    said = [
        "evaluate", "judge", files.heron, files.wren, "--questions", files.questions, "--judge", "gpt-4",
        "--endpoint", server.url, "-o", files.out, "--cache", files.cache, "--concurrency", 1, "--timeout", 1,
    ]  # fmt: skip
    return [str(word) for word in said]


@pytest.fixture
def llmreg(monkeypatch):
    """Run a command in this process; errors are raised."""
    monkeypatch.setattr(os, "environ", dict(os.environ))  # quiet_libraries sets variables

    def run(*args):
        return CliRunner().invoke(app, list(map(str, args)), catch_exceptions=False)

    return run


@pytest.fixture
def told():
    return []


@pytest.fixture
def make(server, told):
    def made(url=None, *, key=None, timeout=1.0):
        return Endpoint(
            "gpt-4", url or server.url, key=key, seed=5, max_tokens=99, timeout=timeout, say=told.append,
            hint="the environment variable JUDGE",
        )  # fmt: skip

    return made
