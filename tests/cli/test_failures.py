"""Whatever ends a command is told in one sentence, with the command, its input and the way to the traceback."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys

import pytest

from llmreg.cli import failures, main
from llmreg.errors import LlmregError, UsageError


class TensorError(RuntimeError):
    """Stands for a library's."""


TensorError.__module__ = "torch.cuda"


class UnprintableError(Exception):
    def __str__(self):
        raise AttributeError


def told(error, capsys, *words):
    code = failures.report(error, list(words))
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (LlmregError("x: wrong\ny: wrong too"), 1, "error: x: wrong\ny: wrong too\n"),
        (UsageError("no"), 2, "error: no\n"),
        (OSError(errno.EACCES, "Permission denied", "/a/b"), 1, "error: /a/b: Permission denied\n"),
        (OSError(errno.EXDEV, "Invalid cross-device link", "/a", None, "/b"), 1, "error: /a and /b: Invalid cross-device link\n"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "could not go on: what it writes: No space left on device; add --debug"),
        (OSError("odd"), 1, "could not go on: OSError: odd; add --debug for the traceback\n"),
        (ModuleNotFoundError("x", name="torch.nn"), 1, "error: torch is not installed; planning and training need `pip"),
        (ModuleNotFoundError("No module named 'zzz'", name="zzz"), 1, "ModuleNotFoundError: No module named 'zzz'"),
        (TensorError("size mismatch\n  at line 3\n"), 1, "could not go on: torch.TensorError: size mismatch; add --debug"),
        (MemoryError(), 1, "could not go on: this machine has too little free memory for it; add"),
        (RecursionError("maximum recursion depth exceeded"), 1, "what it reads is nested too deeply; add --debug"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), 1, "UnicodeDecodeError: 'utf-8' codec can't"),
        (OverflowError("Python int too large"), 1, "OverflowError: Python int too large"),
        (KeyError("weights"), 1, "KeyError: 'weights'"),
        (UnprintableError(), 1, "UnprintableError; add --debug"),
        (ValueError("x" * 100_000), 1, f"ValueError: {'x' * 300}...; add"),
        (ValueError("a\x1b[31m\u202eb\x07"), 1, "ValueError: a\ufffd[31m\ufffdb\ufffd; add"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)  # fmt: skip
def test_an_error_is_one_sentence_and_an_exit_code(error, code, said, capsys, monkeypatch):
    monkeypatch.delenv("LLMREG_DEBUG", raising=False)
    exit_code, err = told(error, capsys, "verify", "my run")
    assert exit_code == code
    assert said in err
    assert "Traceback" not in err
    assert len(err) < 600
    if "could not go on" in err:
        assert err.startswith("error: `llmreg verify 'my run'` could not go on: ")


def test_a_note_says_what_was_at_hand(capsys):
    error = ValueError("bad")
    error.add_note("while reading a.json")
    assert "could not go on: ValueError: bad; while reading a.json; add" in told(error, capsys, "list")[1]


@pytest.mark.parametrize(("asked", "shown"), [("1", True), ("true", True), ("", False), ("0", False), ("off", False)])
def test_the_environment_asks_for_the_traceback(asked, shown, capsys, monkeypatch):
    monkeypatch.setenv("LLMREG_DEBUG", asked)
    err = told(LlmregError("no"), capsys, "list")[1]
    assert ("LlmregError: no" in err) is shown
    assert err.endswith("error: no\n")


@pytest.mark.parametrize("error", [ValueError("odd"), BaseException("a panic in Rust"), RecursionError()])
def test_no_error_of_a_library_leaves_the_program(error, capsys, monkeypatch):
    def fail(*_, **__):
        raise error

    monkeypatch.delenv("LLMREG_DEBUG", raising=False)
    monkeypatch.setattr("llmreg.cli._run", fail)
    monkeypatch.setattr("sys.argv", ["llmreg", "list"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert capsys.readouterr().err.startswith("error: `llmreg list` could not go on: ")


def process(*args, **options):
    return subprocess.run(
        [sys.executable, "-m", "llmreg", *args], capture_output=True, text=True, check=False, **options
    )


def test_debug_shows_the_traceback_and_the_sentence():
    plain, asked = process("check", "zzz", "--use", "research"), process("check", "zzz", "--use", "research", "--debug")
    assert "Traceback" not in plain.stderr
    assert asked.stderr.startswith("Traceback (most recent call last)")
    assert asked.stderr.endswith(plain.stderr)
    assert plain.returncode == asked.returncode == 2
    by_environment = process("check", "zzz", "--use", "research", env={**os.environ, "LLMREG_DEBUG": "1"})
    assert by_environment.stderr.startswith("Traceback")


@pytest.mark.parametrize("command", [["list"], ["show", "llama-7b"], ["list", "--json"]], ids=" ".join)
def test_a_full_disk_behind_standard_output_is_told(command):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "llmreg", *command], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr.endswith(
        "could not go on: what it writes: No space left on device; add --debug for the traceback\n"
    )
    assert len(done.stderr.splitlines()) == 1


def test_output_that_cannot_show_a_sign_writes_it_as_an_escape(tmp_path):
    catalog = tmp_path / "catalog"
    (catalog / "models").mkdir(parents=True)
    (catalog / "models" / "mine.yaml").write_text(
        'name: Modèle 日本\nsource: page\nsources: {page: {url: "https://example.org", read: live, seen: 2026-11-21}}\n',
        encoding="utf-8",
    )
    narrow = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for words in (["show", "mine"], ["list", "--where", "id=mine"], ["list", "--json", "--where", "id=mine"]):
        done = process(*words, "--catalog", str(catalog), env=narrow)
        assert done.returncode == 0, done.stderr
        assert "Mod" in done.stdout
    assert json.loads(done.stdout)
