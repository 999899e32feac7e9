"""Rows that cannot be trained on are refused before the base is looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny
from doors import CONFIG, DOORS, llmreg

from llmreg.errors import LlmregError


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return tiny.write_catalog(tmp_path_factory.mktemp("tiny"))


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ("[]", r"holds no rows; give a file that has some"),
        ("", r"holds no rows; give a file that has some"),
        ("\n\n", r"holds no rows; give a file that has some"),
        ('{"instruction": "a", "output": "b"}', r"has 1 rows, .* holds 24 back; nothing is left .*held_out=N"),
        ("instruction,output", r"rows:1: is not JSON: .*; rows come as JSON lines"),
        ("[" * 100_000, r"rows:1: is nested too deeply to be read; take the row out"),
    ],
)
@pytest.mark.parametrize("method", DOORS[:4])
def test_rows_that_are_none_are_refused_before_the_base_is_looked_at(method, rows, named, words, tmp_path):
    (tmp_path / "rows").write_text(rows)
    empty = tmp_path / "base"
    empty.mkdir()
    (empty / CONFIG).write_text((Path(words[3]) / CONFIG).read_text())
    asked = ["reproduce", f"tiny-{method}", "--out", tmp_path / "run", *words[:2], "--base", empty]
    with pytest.raises(LlmregError, match=named):
        llmreg(*asked, "--data", tmp_path / "rows")
    assert not (tmp_path / "run").exists()


def test_rows_that_a_reader_leaves_out_are_no_rows(words, tmp_path):
    rows = [{"instruction": "a", "output": "b", "status": "too similar"}] * 30
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    asked = ["reproduce", "tiny-lora", *words[:4], "--data", tmp_path / "rows.jsonl"]
    with pytest.raises(LlmregError, match="holds no rows; 30 times a row with the status 'too similar' was left out"):
        llmreg(*asked, "--set", "data.reader=alpaca-libre")
