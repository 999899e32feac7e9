"""What tests of commands share: a command that meets damaged files, run in this process."""

from __future__ import annotations

import pytest
from damaged import ANSWERS

from llmreg.catalog import cache, load_catalog
from llmreg.cli import main


@pytest.fixture(scope="module")
def read_before(tmp_path_factory):
    """A cache in which the whole catalog is, as a user's is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        entries = load_catalog()
        assert all(entries[entry_id] for entry_id in entries)
        cache.write()
        yield str(cache.folder().parent)


@pytest.fixture
def llmreg(monkeypatch, capsys, read_before):
    """Run a command, and give its exit code and what it told."""
    monkeypatch.delenv("LLMREG_DEBUG", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", read_before)

    def run(*words):
        monkeypatch.setattr("sys.argv", ["llmreg", *map(str, words)])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code or 0, capsys.readouterr()

    return run


@pytest.fixture
def answers(tmp_path):
    (tmp_path / "answers.jsonl").write_text(ANSWERS)
    (tmp_path / "others.jsonl").write_text(ANSWERS.replace('"m"', '"n"'))
    return {"ANSWERS": tmp_path / "answers.jsonl", "OTHERS": tmp_path / "others.jsonl"}
