"""Command lines as careless people write them: each is refused with a sentence that names the option, or answered."""

from __future__ import annotations

import pytest

EMPTY = "the value is empty; write one, or leave it out"
FOLDER = "is a folder; name the file to write in it"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "mpt-7b", "--use", ""], f"--use: {EMPTY}"),
        (["check", "mpt-7b", "--use", "commercial", "--catalog", ""], f"--catalog: {EMPTY}"),
        (["check", "--", "mpt-7b", "--use", "commercial"], "the use is missing"),
        (["check", "mpt-7b", "--use", "kommerziell"], "no use 'kommerziell'"),
        (["check", "ｍｐｔ-7b", "--use", "commercial"], "no entry has the id 'ｍｐｔ-7b'"),
        (["check", "mpt-7b", "--use", "commercial", "--monthly-users", "-1"], "--monthly-users"),
        (["check", "mpt-7b", "--use", "commercial", "--annual-revenue", "nan"], "--annual-revenue"),
        (["check", "mpt-7b", "--use", "commercial", "--policy", "strict", "--policy", "strict"], "is written 2 times"),
        (["search", "llama", "--verdict", ""], f"--verdict: {EMPTY}"),
        (["search", "llama", "--license", ""], f"--license: {EMPTY}"),
        (["search", "llama", "--kind", ""], f"--kind: {EMPTY}"),
        (["search", "\N{GRINNING FACE}"], "no word to search for"),
        (["search", "llama", "--limit", "0"], "--limit"),
        (["impact", "mpt-7b", "--relicensed", ""], f"--relicensed: {EMPTY}"),
        (["graph", "mpt-7b", "--depth", "-1"], "--depth"),
        (["graph", "mpt-7b", "-o", "FOLDER"], FOLDER),
        (["graph", "mpt-7b", "-o", ""], f"--output: {EMPTY}"),
        (["compare", "mpt-7b", "falcon-7b", "-o", "FOLDER"], FOLDER),
        (["compare", "mpt-7b", "falcon-7b", "--json", "--format", "markdown"], "exclude each other"),
        (["export", "spdx", "mpt-7b", "-o", ""], f"--output: {EMPTY}"),
        (["export", "notice", "mpt-7b", "-o", "FOLDER"], FOLDER),
        (["scan", ""], f"PATH: {EMPTY}"),
        (["scan", "FOLDER", "-o", "FOLDER"], FOLDER),
        (["scan", "FOLDER", "--format", "sarif", "--format", "markdown"], "is written 2 times"),
        (["validate", ""], f"PATH: {EMPTY}"),
        (["validate", "FILE"], "holds nothing of a catalog"),
        (["validate", "FOLDER"], "holds nothing of a catalog"),
        (["plan", "alpaca-7b", "--set", "=3"], "--set takes KEY=VALUE"),
        (["plan", "alpaca-7b", "--fit", ""], f"--fit: {EMPTY}"),
        (["reproduce", "alpaca-7b", "--base", ""], f"--base: {EMPTY}"),
        (["site", ""], f"OUT: {EMPTY}"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_meant_is_a_usage_error(llmreg, tmp_path, words, said):
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "folder").mkdir()
    places = {"FOLDER": tmp_path / "folder", "FILE": tmp_path / "notes.txt"}
    code, told = llmreg(*(places.get(word, word) for word in words))
    assert code == 2
    assert said in told.err.replace("\n", " ")
    assert "Traceback" not in told.err
    assert told.out == ""
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["folder", "notes.txt"]


def test_a_file_of_a_catalog_that_cannot_be_loaded_is_never_right(llmreg, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.yaml").write_text(
        "name: M\nsource: page\nsources: {page: {url: 'https://e.org', read: live, seen: 2026-11-21}}\n"
    )
    (tmp_path / "nonsense").mkdir()
    (tmp_path / "nonsense" / "x.yaml").write_text("a: 1\n")
    code, told = llmreg("validate", tmp_path / "models" / "mine.yaml")
    assert (code, "no such kind of entry" in told.out) == (1, True)


@pytest.mark.parametrize(
    "words", [["--use", "commercial", "--", "mpt-7b"], ["mpt-7b", "--use", "commercial", "--json", "--json"]]
)
def test_what_can_only_mean_one_thing_is_answered(llmreg, words):
    code, told = llmreg("check", *words)
    assert (code, "mpt-7b" in told.out) == (0, True)
