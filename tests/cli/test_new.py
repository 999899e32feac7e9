"""`llmreg new method` writes a package whole or not at all; that it works is tested in test_example_plugin."""

from __future__ import annotations

import ast
import tomllib

import pytest
from typer.testing import CliRunner

from llmreg.cli import new
from llmreg.cli.app import app
from llmreg.errors import LlmregError, UsageError


def test_the_package_has_the_name_everywhere(tmp_path):
    done = CliRunner().invoke(app, ["new", "method", "soft-prompt-2", "--into", str(tmp_path / "deep" / "er")])
    assert done.exit_code == 0, done.output
    folder = tmp_path / "deep" / "er" / "llmreg-soft-prompt-2"
    assert done.stdout.strip() == f"wrote {folder}"
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert written == {
        "README.md", "pyproject.toml", "llmreg_soft_prompt_2.py", "tests/test_llmreg_soft_prompt_2.py",
    }  # fmt: skip
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "llmreg-soft-prompt-2"
    assert project["entry-points"]["llmreg"] == {"soft-prompt-2": "llmreg_soft_prompt_2"}
    classes = [node.name for node in ast.parse((folder / "llmreg_soft_prompt_2.py").read_text()).body
               if isinstance(node, ast.ClassDef)]  # fmt: skip
    assert classes == ["SoftPrompt2"]
    assert not [path for path in folder.rglob("*") if path.is_file() and "$" in path.read_text()]


@pytest.mark.parametrize(
    "name",
    ["", "Norm", "2bit", "a--b", "-a", "a-", "a_b", "a b", "a/b", "../a", "a.b", "é", "x" * 41, "none", "true", "a\n"],
)
def test_a_name_that_cannot_be_used_is_refused_and_nothing_is_written(name, tmp_path):
    with pytest.raises(UsageError, match="cannot name a method"):
        new.write_package(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_taken_is_refused(tmp_path, monkeypatch):
    from llmreg import plugins
    from llmreg.plugins import Offer, Plugins

    taken = Plugins({"lora": Offer("method", "lora", object, "lora", "llmreg", "0.1.0", "llmreg_methods.lora")})
    monkeypatch.setattr(plugins, "load", lambda: taken)
    with pytest.raises(UsageError, match=r"'lora' is there already, from plugin 'lora' of llmreg 0\.1\.0"):
        new.write_package("lora", tmp_path)


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_what_is_there_already_is_left_alone(kind, tmp_path):
    target = tmp_path / "llmreg-mine"
    if kind == "folder":
        target.mkdir()
    elif kind == "file":
        target.write_text("mine")
    else:
        target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(LlmregError, match="exists already"):
        new.write_package("mine", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["llmreg-mine"]


def test_a_failure_half_way_leaves_nothing(tmp_path, monkeypatch):
    class Breaks:
        def __init__(self, text):
            pass

        def substitute(self, words):
            raise OSError("disk full")

    monkeypatch.setattr(new, "Template", Breaks)
    with pytest.raises(OSError, match="disk full"):
        new.write_package("mine", tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_command_says_what_is_wrong_without_a_traceback(tmp_path):
    done = CliRunner().invoke(app, ["new", "method", "Bad Name", "--into", str(tmp_path)])
    assert isinstance(done.exception, UsageError)
