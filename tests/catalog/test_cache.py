"""The cache of entries as they were read: keyed by content, and never believed over the files."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from llmreg.catalog import Catalog, built_in, cache
from llmreg.catalog.load import shown

ENTRY = """name: Verse
source: page
developers: [Ada]
licenses: {weights: {id: MIT, source: page}}
sources: {page: {url: "https://example.org", read: live, seen: 2026-11-21}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own" / "models").mkdir(parents=True)
    (tmp_path / "own" / "models" / "verse.yaml").write_text(ENTRY)
    return tmp_path / "own"


def entry(folder):
    found = Catalog(built_in(), folder)["verse"]
    cache.write()
    return found


def show(folder):
    command = [sys.executable, "-m", "llmreg", "show", "verse", "--catalog", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ)).stdout


def test_what_was_read_once_comes_from_the_cache_and_is_the_same(folder, monkeypatch):
    first = entry(folder)
    monkeypatch.setattr("llmreg.catalog.yaml.read", None)
    assert entry(folder) == first


def test_another_content_is_another_entry(folder):
    entry(folder)
    (folder / "models" / "verse.yaml").write_text(ENTRY.replace("MIT", "llama2"))
    assert entry(folder).licenses["weights"][0].id == "llama2"


def test_the_same_content_under_another_name_keeps_its_own_id(folder):
    entry(folder)
    (folder / "models" / "other.yaml").write_text(ENTRY)
    assert Catalog(built_in(), folder)["other"].id == "other"


@pytest.mark.parametrize("damage", [b"", b"no database at all " * 100, None])
def test_a_damaged_cache_is_thrown_away_and_made_anew(folder, damage):
    first = entry(folder)
    path = cache.folder() / cache.NAME
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if damage is None else damage)
    assert entry(folder) == first
    assert entry(folder) == first


def test_a_cache_that_cannot_be_written_is_no_error(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert entry(folder).name == "Verse"


def test_show_prints_the_same_with_and_without_the_cache(folder):
    first = show(folder)
    assert (cache.folder() / cache.NAME).is_file()
    assert show(folder) == first
    assert "Verse (model verse)" in first
    assert "page: https://example.org (live, seen 2026-11-21)" in first


def test_an_entry_of_the_built_in_catalog_is_shown_the_same_before_and_after():
    command = [sys.executable, "-m", "llmreg", "show", "llama-1"]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first == second
    assert first.startswith("LLaMA License Agreement (2023) (license llama-1)")


def test_a_layer_that_is_missing_is_an_error_whatever_the_cache_knows(folder, tmp_path):
    show(folder)
    command = [
        sys.executable,
        "-m",
        "llmreg",
        "show",
        "verse",
        "--catalog",
        str(folder),
        "--catalog",
        str(tmp_path / "no"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "no catalog at" in done.stderr) == (2, True)


def test_what_is_shown_is_plain_and_names_the_kind(folder):
    assert shown(entry(folder))["kind"] == "model"


def test_a_fault_is_told_each_time(folder):
    (folder / "models" / "verse.yaml").write_text(ENTRY + "nonsense: 1\n")
    for _ in range(2):
        command = [sys.executable, "-m", "llmreg", "show", "verse", "--catalog", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, "nonsense: no such field" in done.stderr) == (1, True)
