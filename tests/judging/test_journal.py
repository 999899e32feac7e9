"""The journal grows by whole lines; a part of a line goes, and what is no rating is never touched."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmreg.errors import LlmregError
from llmreg.judging.journal import Journal, read_rows


def row(number, **more):
    return {"item": f"q{number} 🦙", "judge": "ann", "first": "a", "second": "b", "winner": "first", **more}


def written(path, *rows):
    with Journal(path) as journal:
        for each in rows:
            journal.append(each)
    return path


def test_what_was_appended_is_there_again(tmp_path):
    path = written(tmp_path / "r.jsonl", row(1), row(2))
    with Journal(path) as journal:
        assert journal.rows == [row(1), row(2)]
        assert not journal.mended
        journal.append(row(3))
    assert read_rows(path) == [row(1), row(2), row(3)]


def test_a_row_is_on_the_disk_before_append_returns(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_size))
    with Journal(tmp_path / "r.jsonl") as journal:
        journal.append(row(1))
        assert synced[-1] == (tmp_path / "r.jsonl").stat().st_size > 0


@settings(max_examples=30, deadline=None)
@given(kept=st.integers(0, 3), cut=st.integers(0, 200))
def test_wherever_a_kill_cuts_the_last_line_only_that_line_is_lost(kept, cut):
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "r.jsonl", *map(row, range(kept)))
        whole = json.dumps(row(9), ensure_ascii=False).encode()
        part = whole[: min(cut, len(whole))]
        path.write_bytes(path.read_bytes() + part)
        with Journal(path) as journal:
            assert journal.mended == bool(part)
            assert journal.rows[:kept] == list(map(row, range(kept)))
            assert journal.rows[kept:] == ([row(9)] if part == whole else [])
            journal.append(row(10))
        assert read_rows(path)[-1] == row(10)
        assert path.read_bytes().endswith(b"}\n")


def test_zeros_that_a_loss_of_power_left_are_cut_off(tmp_path):
    path = written(tmp_path / "r.jsonl", row(1))
    path.write_bytes(path.read_bytes() + b"\0" * 30)
    with Journal(path) as journal:
        journal.append(row(2))
    assert read_rows(path) == [row(1), row(2)]


def test_blank_lines_are_passed_over(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text(f"\n{json.dumps(row(1))}\n\n{json.dumps(row(2))}\n\n\n")
    with Journal(path) as journal:
        journal.append(row(3))
        journal.drop_last()
        journal.drop_last()
    assert read_rows(path) == [row(1)]


def test_the_last_row_is_taken_back(tmp_path):
    with Journal(tmp_path / "r.jsonl") as journal:
        journal.append(row(1))
        journal.append(row(2, reply="ä" * 10))
        assert journal.drop_last() == row(2, reply="ä" * 10)
        assert read_rows(tmp_path / "r.jsonl") == journal.rows == [row(1)]


@pytest.mark.parametrize("content", ["precious notes", "precious\nnotes\n", '{"other": 1}\n', '{"item": 1}', "[1]\n"])
def test_a_file_of_something_else_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "mine.txt"
    path.write_text(content)
    with pytest.raises(LlmregError, match=r"mine\.txt"):
        Journal(path)
    assert path.read_text() == content


def test_two_processes_do_not_write_one_file(tmp_path):
    with Journal(tmp_path / "r.jsonl"), pytest.raises(LlmregError, match="another process is writing it"):
        Journal(tmp_path / "r.jsonl")
    Journal(tmp_path / "r.jsonl").__exit__()


def test_a_full_disk_leaves_no_part_of_a_line(tmp_path, monkeypatch):
    real = os.pwrite

    def full(file, data, place):
        real(file, data[:10], place)
        raise OSError(28, "No space left on device")

    with Journal(tmp_path / "r.jsonl") as journal:
        journal.append(row(1))
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", full)
            with pytest.raises(OSError, match="No space"):
                journal.append(row(2))
        assert read_rows(tmp_path / "r.jsonl") == journal.rows == [row(1)]
        assert (tmp_path / "r.jsonl").read_bytes().endswith(b"\n")
        journal.append(row(3))
    assert read_rows(tmp_path / "r.jsonl") == [row(1), row(3)]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LlmregError, match="there is no folder"):
        Journal(tmp_path / "absent" / "r.jsonl")


def test_no_sign_in_a_string_ends_a_line_for_any_reader(tmp_path):
    odd = row(1, reply="a\x85b\u2028c\u2029d\x0be\x1cf")
    path = written(tmp_path / "r.jsonl", odd)
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [odd]
