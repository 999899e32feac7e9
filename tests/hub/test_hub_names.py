"""Names that lead out of a folder or cannot be written are told from those that only some file systems cannot take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmreg.hub.names import unportable, unsound

UNSOUND = [
    "", ".", "..", "/", "//", "/etc/passwd", "../x", "a/../b", "a/..", "./a", "a/./b", "a/.", "a//b", "a/", "/a", "a\\b", "..\\x",
    "\\\\host\\share", "C:/x", "c:x", "C:\\x", "a\0b", "a\nb", "a\rb", "a\tb", "a\x1b[2Jb", "a\x7f", "a\x85b", "a\u2028b", "\ud800",
    "x" * 221, "é" * 111, "/".join(["x" * 200] * 6),
]  # fmt: skip
SOUND = [
    "config.json", "data/train-00000-of-00002.parquet", "a b.txt", "...", "..a", "a..b", ".gitattributes", "ünï/çode 🦙.txt",
    "x" * 220, "CON", "a.", "con/x.jsonl", "ab:c", "~", "$HOME", "-rf", "*?", "a\u200db",
]  # fmt: skip


@pytest.mark.parametrize("name", UNSOUND)
def test_a_name_that_no_folder_may_take_is_told_with_its_fault(name):
    assert unsound(name)


@pytest.mark.parametrize("name", SOUND)
def test_a_name_that_is_only_odd_is_taken(name):
    assert unsound(name) is None


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_a_sound_name_stays_in_its_folder_and_can_be_written(name):
    from pathlib import PurePosixPath, PureWindowsPath

    if unsound(name) is None:
        name.encode()
        assert name.isprintable() or not name.isascii()
        for path in (PurePosixPath("/folder") / name, PureWindowsPath("C:/folder") / name):
            assert ".." not in path.parts
            assert path.parts[:2] == type(path)("C:/folder" if path.drive else "/folder").parts


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["README.md", "readme.md"], "differ only in case"),
        (["Data/a", "data/b"], "differ only in case"),
        (["é.txt", "e\u0301.txt"], "differ only in case or in how an accent is written"),
        (["STRASSE", "straße"], "differ only in case"),
        *(
            ([name], "as some systems call a device")
            for name in ("CON", "nul.txt", "a/aux/b", "Com1.json", "lpt9", "PRN.")[:5]
        ),
        *(([name], "ends with a dot or a space") for name in ("a.", "a ", "a /b", "a./b", "...")),
    ],
)
def test_names_that_not_every_file_system_can_take_are_named(names, fault):
    assert fault in unportable([*names, "other"])


def test_other_names_lie_in_one_folder_everywhere():
    assert (
        unportable(
            ["a", "ab", "A/..b"[2:], "data/x", "data/y", "console.txt", "nullable", "auxiliary/a", "com10", ".x", " y"]
        )
        is None
    )
