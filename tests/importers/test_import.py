"""`llmreg import` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

import pytest
from typer.testing import CliRunner

from llmreg import importers
from llmreg.cli.app import app
from llmreg.errors import LlmregError
from llmreg.importers import NAMES, importer_named
from llmreg.importers.record import Importer

CAMEL = "release: {name: Camel-7B, origin: Sand-7B, components: []}\n"
COMMIT = ("--commit", "c0ffee0")


def llmreg(*args):
    return CliRunner().invoke(app, list(map(str, args)), catch_exceptions=False)


@pytest.fixture
def folder(tracker):
    return tracker({"models/camel.yml": CAMEL, "models/none.yml": "release: {name: ''}\n"})


def test_it_says_what_came_in_and_what_not_and_why(folder, tmp_path):
    result = llmreg("import", "mot", folder, "--into", tmp_path / "mine", *COMMIT)
    assert result.exit_code == 0
    assert "mot: 2 rows, 1 in, 1 out" in result.stdout
    assert "out: models/none.yml: no-name" in result.stdout
    assert "entries: 1 models; only named by others: 1 models" in result.stdout
    assert "files: 2 added, 0 unchanged" in result.stdout
    assert llmreg("validate", tmp_path / "mine").exit_code == 0


def test_what_was_imported_is_part_of_the_catalog(folder, tmp_path):
    llmreg("import", "mot", folder, "--into", tmp_path / "mine", *COMMIT)
    shown = llmreg("show", "mot.camel-7b", "--catalog", tmp_path / "mine", "--json")
    assert json.loads(shown.stdout)["sources"]["mot"]["importer"] == "mot"


def test_json_says_everything(folder, tmp_path):
    result = llmreg("import", "mot", folder, "--into", tmp_path / "mine", *COMMIT, "--json", "--seen", "2026-01-02")
    report = json.loads(result.stdout)
    assert report["rows"] == {"read": 2, "in": 1, "out": 1}
    assert report["skipped"] == [{"place": "models/none.yml", "reason": "no-name", "detail": ""}]
    assert (report["commit"], report["entries"], report["stubs"]) == ("c0ffee0", {"models": 1}, {"models": 1})
    assert [change["what"] for change in report["changes"]] == ["added", "added"]
    assert "2026-01-02" in (tmp_path / "mine" / "models" / "mot.camel-7b.yaml").read_text()


def test_a_dry_run_shows_the_difference_field_by_field(folder, tmp_path):
    llmreg("import", "mot", folder, "--into", tmp_path / "mine", *COMMIT)
    (folder / "models" / "camel.yml").write_text(CAMEL.replace("origin: Sand-7B", "producer: Lab"))
    result = llmreg("import", "mot", folder, "--into", tmp_path / "mine", *COMMIT, "--dry-run")
    assert "changed: models/mot.camel-7b.yaml: made_from, developers" in result.stdout
    assert "removed: models/mot.sand-7b.yaml" in result.stdout
    assert "nothing was written" in result.stdout
    assert (tmp_path / "mine" / "models" / "mot.sand-7b.yaml").exists()


def test_a_dry_run_into_a_folder_that_does_not_exist_makes_none(folder, tmp_path):
    assert llmreg("import", "mot", folder, "--into", tmp_path / "mine", *COMMIT, "--dry-run").exit_code == 0
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("mott", COMMIT, "no importer has the id 'mott'; did you mean 'mot'"),
        ("mot", (), "its commit is not known"),
        ("osai", COMMIT, r"holds no \*\.yaml"),
    ],
)
def test_wrong_input_is_told(folder, tmp_path, source, options, message):
    with pytest.raises(LlmregError, match=message):
        llmreg("import", source, folder, "--into", tmp_path / "mine", *options)


def test_an_importer_that_does_not_exist_is_refused_with_the_list_of_those_that_do(folder, tmp_path):
    with pytest.raises(LlmregError) as caught:
        llmreg("import", "nosuch", folder, "--into", tmp_path / "mine")
    assert str(caught.value).endswith(f"there are {', '.join(sorted([*NAMES, 'hub']))}")
    with pytest.raises(LlmregError, match="did you mean 'hub'"):
        llmreg("import", "hubb", folder, "--into", tmp_path / "mine")


def test_entries_go_into_a_folder_and_not_into_an_index_or_a_file(folder, tmp_path):
    index = tmp_path / "x.sqlite"
    with pytest.raises(
        LlmregError, match="names an index, which hub alone writes; mot writes many files, so give a fol"
    ):
        llmreg("import", "mot", folder, "--into", index, *COMMIT)
    assert not index.exists()
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    with pytest.raises(LlmregError, match=r"notes\.txt is a file; mot writes many files, so give a folder"):
        llmreg("import", "mot", folder, "--into", file, *COMMIT)
    assert file.read_text() == "mine"


def test_no_traceback_reaches_the_user(folder, tmp_path):
    (folder / "models" / "camel.yml").write_bytes(b"\xff")
    command = [sys.executable, "-m", "llmreg", "import", "mot", folder, "--into", tmp_path / "mine", *COMMIT]
    process = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.startswith("error: ")
    assert "camel.yml:1: not UTF-8" in process.stderr


def test_every_module_with_an_importer_is_offered_under_a_name():
    found = (import_module(f"llmreg.importers.{module.name}") for module in iter_modules(importers.__path__))
    there = [module.IMPORTER for module in found if hasattr(module, "IMPORTER")]
    offered = [importer_named(name) for name in NAMES]
    assert all(isinstance(importer, Importer) for importer in offered)
    assert {id(importer) for importer in offered} == {id(importer) for importer in there}
    assert list(NAMES) == sorted(NAMES)
