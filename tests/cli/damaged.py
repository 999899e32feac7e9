"""Damaged files, and how a command has to end that meets them."""

from __future__ import annotations

import struct

CONTENTS = {
    "empty": b"",
    "blank lines": b"\n\n\n",
    "zeros": b"\0" * 64,
    "binary": bytes(range(256)) * 4,
    "UTF-16": "name: x\n".encode("utf-16"),
    "Latin-1": "name: café\n".encode("latin-1"),
    "null": b"null",
    "number": b"1",
    "not a number": b"NaN",
    "text": b'"x"',
    "list": b"[[1], 2]",
    "mapping": b"{}",
    "cut off": b'{"a": [1, 2',
    "wrong types": b'{"id": ["x"], "text": {"a": 1}, "system": 3, "model_type": 5, "name": [], "files": 7}',
    "surrogates": b'{"id": "\\ud800", "text": "\\udfff", "system": "\\ud800"}',
    "long integer": b'{"a": ' + b"9" * 5000 + b"}",
    "infinite": b'{"a": 1e999, "b": Infinity}',
    "nested lists": b"[" * 100_000,
    "nested mappings": b'{"a":' * 50_000,
    "tag": b"name: !!python/object/apply:os.system [x]\n",
    "anchors": b"a: &a [1]\nb: *a\n",
    "escapes": b"name: \x1b[31m\n",
    "header of safetensors": struct.pack("<Q", 2**40) + b"{}",
}
"""What a file may hold that holds nothing right."""


def share(tried, table, of, kinds):
    """Take every `of`-th kind, another for each that is tried: together all are tried, and no test is long."""
    return list(kinds)[[*table].index(tried) % of :: of]


def ends_well(code, told, *, at_the_last_door=False):
    assert code in range(6)
    assert "Traceback" not in told.err + told.out
    assert code == 0 or (told.err + told.out).strip()
    assert at_the_last_door or "could not go on" not in told.err, told.err


ANSWERS = '{"id": "1", "text": "a", "system": "m"}\n{"id": "2", "text": "b", "system": "m"}\n'


def filled(words, places):
    return [next((str(place) + word.removeprefix(key) for key, place in places.items() if word.startswith(key)), word) for word in words.split()]  # fmt: skip
