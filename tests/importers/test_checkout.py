"""Files that nobody vouches for: bounded, inside their folder, as text; errors name the file and the place."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmreg.errors import LlmregError, UsageError
from llmreg.importers import checkout, importer_named
from llmreg.importers.checkout import Checkout, listing, mapping


@pytest.fixture
def folder(tmp_path):
    return Checkout(tmp_path)


def test_nothing_there_is_said(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere: no such file"):
        Checkout(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="pipe"):
        Checkout(tmp_path / "pipe")


def test_files_are_in_order_and_none_is_an_error(folder):
    for name in ("b.yaml", "a.yaml", "c.txt"):
        (folder.root / name).touch()
    assert [folder.name(path) for path in folder.files("*.yaml", "a.*")] == ["a.yaml", "b.yaml"]
    with pytest.raises(LlmregError, match=r"holds no \*\.json and no \*\.md; give the tracker's own folder"):
        folder.files("*.json", "*.md")


def test_a_single_file_may_stand_for_the_folder(folder):
    (folder.root / "table.csv").write_text("a\n1\n")
    single = Checkout(folder.root / "table.csv")
    assert [single.name(path) for path in single.files("*.yaml")] == ["table.csv"]


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_link_out_of_the_folder_is_refused(tmp_path, what):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.yaml").write_text("password: x\n")
    (tmp_path / "in").mkdir()
    target = tmp_path / "secret" / ("a.yaml" if what == "file" else "")
    (tmp_path / "in" / ("a.yaml" if what == "file" else "sub")).symlink_to(target)
    with pytest.raises(LlmregError, match="leads out of"):
        Checkout(tmp_path / "in").files("*.yaml", "*/*.yaml")


def test_a_link_inside_the_folder_is_read(folder):
    (folder.root / "real.yaml").write_text("a: b\n")
    (folder.root / "link.yaml").symlink_to("real.yaml")
    assert [folder.yaml(path) for path in folder.files("*.yaml")] == [{"a": "b"}, {"a": "b"}]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.json", b'{"a": "\xff"}', r"a\.json: not UTF-8 \(byte 7\)"),
        ("a.json", b'{"a": 1,\n "b"', r"a\.json:2: not valid JSON"),
        ("a.json", b"[" * 200_000, r"a\.json: not valid JSON"),
        ("a.json", b'{"a": {"b": 1, "b": 2}}', r"a\.json: the key 'b' is written twice"),
        ("a.json", b"9" * 5_000, r"a\.json: not valid JSON"),
        ("a.yaml", b"a: \xff", r"a\.yaml:1: not UTF-8"),
        ("a.yaml", b"a: [1\nb: 2", r"a\.yaml:2: not valid YAML"),
        ("a.yaml", b"a: " + b"[" * 100 + b"]" * 100, r"a\.yaml:1: nested more than"),
        ("a.yaml", b"a: &x [1]\nb: *x", r"a\.yaml:.*anchors"),
        ("a.yaml", b"a: !!python/object:os.system x", r"a\.yaml:1: the tag"),
        ("a.yaml", b"- a", r"a\.yaml: should be a mapping of fields, is a list"),
        ("a.yaml", b"", r"a\.yaml: should be a mapping of fields, is empty"),
        ("a.csv", b"a,b\n1,2,3\n", r"a\.csv:2: 3 cells under 2 columns"),
        ("a.csv", b'a,b\n1,"2\n', r"a\.csv:2: not a CSV table"),
        ("a.csv", b"a,b\n1,\xff\n", r"a\.csv:2: not UTF-8"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_the_place(folder, name, data, message):
    path = folder.root / name
    path.write_bytes(data)
    with pytest.raises(LlmregError, match=message):
        {"json": folder.json, "yaml": folder.yaml, "csv": lambda path: list(folder.table(path))}[name[2:]](path)


def test_large_files_and_long_lines_are_refused_before_they_are_read(folder, monkeypatch):
    monkeypatch.setattr(checkout, "MAX_BYTES", 10)
    monkeypatch.setattr(checkout, "MAX_LINE", 5)
    path = folder.root / "a.json"
    path.write_text("[1, 2, 3, 4]")
    with pytest.raises(LlmregError, match=r"larger than 10 bytes"):
        folder.json(path)
    path.write_text("1234\n123456\n")
    with pytest.raises(LlmregError, match=r"a\.json:2: a line longer than 5 bytes"):
        list(folder.lines(path))


def test_a_gigabyte_costs_no_memory(folder):
    path = folder.root / "a.json"
    with path.open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(LlmregError, match="larger than"):
        folder.json(path)
    with pytest.raises(LlmregError, match="a line longer than"):
        list(folder.lines(path))


def test_tables_have_the_line_of_each_row(folder):
    path = folder.root / "a.csv"
    path.write_text('\ufeffname,size\nx,1\n\n"y\nz",2\nw\n')
    assert list(folder.table(path)) == [
        (2, {"name": "x", "size": "1"}), (5, {"name": "y\nz", "size": "2"}), (6, {"name": "w"}),
    ]  # fmt: skip


def test_shapes_are_checked_with_the_place():
    assert (mapping({"a": 1}, "here"), listing(None, "here"), listing([1], "here")) == ({"a": 1}, [], [1])
    with pytest.raises(LlmregError, match="here: should be a list, is 'x'"):
        listing("x", "here")
    with pytest.raises(LlmregError, match="here: should be a mapping of fields, is '7'"):
        mapping(7, "here")


def test_the_commit_is_found_where_a_copy_or_a_git_folder_tells_it(folder):
    assert folder.commit() is None
    (folder.root / ".git" / "refs" / "heads").mkdir(parents=True)
    (folder.root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    assert folder.commit() is None
    (folder.root / ".git" / "packed-refs").write_text(f"# pack-refs\n{'a' * 40} refs/heads/main\n")
    assert folder.commit() == "a" * 40
    (folder.root / ".git" / "refs" / "heads" / "main").write_text("b" * 40 + "\n")
    assert folder.commit() == "b" * 40
    (folder.root / ".git" / "HEAD").write_text("c" * 40 + "\n")
    assert folder.commit() == "c" * 40
    (folder.root / "SOURCE.txt").write_text(f"repo: x\ncommit: {'d' * 40} (2026-01-01)\n")
    assert folder.commit() == "d" * 40


FILES = {"osai": "a.yaml", "data-provenance": "data_summaries/a.json", "mot": "models/a.yml", "open-llms": "README.md"}
"""A file that an importer reads."""


@pytest.mark.parametrize("name", sorted(FILES))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=200), st.text("[]{}|:-#\n \"'a0,&*!", max_size=200).map(str.encode)))
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path, name, data):
    path = tmp_path / FILES[name]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    with suppress(LlmregError):
        list(importer_named(name).read(Checkout(tmp_path)))


def test_the_columns_of_a_table_are_those_of_its_first_line(tmp_path):
    (tmp_path / "t.csv").write_text('\ufeffchild,"a, b"\n1\n')
    (tmp_path / "empty.csv").write_text("")
    checkout = Checkout(tmp_path)
    assert (checkout.columns(tmp_path / "t.csv"), checkout.columns(tmp_path / "empty.csv")) == (["child", "a, b"], [])
