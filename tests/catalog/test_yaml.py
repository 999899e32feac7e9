"""Reading YAML: text stays text, and every fault is named with its line."""

from __future__ import annotations

import os

import pytest

from llmreg.catalog.yaml import MAX_BYTES, read
from llmreg.errors import CatalogError


def parse(tmp_path, text):
    path = tmp_path / "entry.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path)


def faults(tmp_path, text):
    with pytest.raises(CatalogError) as caught:
        parse(tmp_path, text)
    return [(problem.line, problem.message) for problem in caught.value.problems]


def test_what_yaml_would_turn_into_something_else_stays_what_was_written(tmp_path):
    text = "country: NO\nversion: 1.10\nday: 2023-05-23\nswitch: yes\noctal: 010\nrate: 2e-4\n"
    assert parse(tmp_path, text).value == {
        "country": "NO", "version": "1.10", "day": "2023-05-23", "switch": "yes", "octal": "010", "rate": "2e-4",
    }  # fmt: skip


def test_null_and_the_word_null_differ(tmp_path):
    assert parse(tmp_path, "a: null\nb: 'null'\nc:\nd: ~\n").value == {"a": None, "b": "null", "c": None, "d": None}


def test_every_duplicate_key_is_named_with_its_line(tmp_path):
    text = "name: a\nname: b\nlicenses:\n  code: x\n  code: y\n"
    assert faults(tmp_path, text) == [(2, "the key 'name' is written twice"), (5, "the key 'code' is written twice")]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "not valid YAML"),
        ("a: 1\n\tb: 2\n", 2, "not valid YAML"),
        ("a: &x 1\nb: *x\n", 1, "aliases are not part"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "never code"),
        ("a: !include other.yaml\n", 1, "never code"),
        ("? [a, b]\n: 1\n", 1, "a key must be plain text"),
        (b"name: caf\xe9\n", 1, "not UTF-8 (byte 9)"),
        ("a: " + "[" * 50 + "]" * 50, 1, "nested more than"),
        ("a: " + "[" * 400_000, 1, "nested more than"),
        ("- " * 400_000, 1, "nested more than"),
        ("? " * 400_000, 1, "nested more than"),
        ("a: b\n---\nc: d\n", 2, "not valid YAML"),
        ("a: \x00\n", 1, "not valid YAML"),
    ],
)  # fmt: skip
def test_what_is_no_data_is_refused_with_its_line(tmp_path, text, line, words):
    (found,) = faults(tmp_path, text)
    assert found[0] == line
    assert words in found[1]


def test_an_alias_bomb_ends_at_once(tmp_path):
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    assert "aliases" in faults(tmp_path, "\n".join(lines))[0][1]


def test_a_file_too_large_is_not_read(tmp_path):
    assert "larger than" in faults(tmp_path, "a: " + "x" * MAX_BYTES)[0][1]


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(CatalogError, match="No such file"):
        read(tmp_path / "absent.yaml")
    os.mkdir(tmp_path / "folder.yaml")
    with pytest.raises(CatalogError, match="Is a directory"):
        read(tmp_path / "folder.yaml")


def test_a_cut_off_file_is_a_fault_and_an_empty_one_is_empty(tmp_path):
    assert "not valid YAML" in faults(tmp_path, 'name: "cut')[0][1]
    assert parse(tmp_path, "").value is None


def test_lines_are_found_for_places_inside(tmp_path):
    document = parse(tmp_path, "a: 1\nb:\n  - c: 2\n  - c: 3\n    d: 4\n")
    assert document.line(("b", 1, "d")) == 5
    assert document.line(("b", 1, "absent")) == 4
    assert document.line(()) == 1
