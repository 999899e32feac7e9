"""The description of a made dataset names each column in a form that readers of Croissant take and load by."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from making_helpers import made_of

from llmreg.making.croissant import croissant


def described(row):
    catalog = made_of({"maker": "dedupe"})
    making = SimpleNamespace(
        kind="rehearsal", steps=[SimpleNamespace(maker="dedupe")], rows=2, environment={"llmreg": "0"},
        finished="2026-11-30T10:00:00+00:00", started="",
    )  # fmt: skip
    document = json.loads(croissant(catalog, catalog["child"], making, row, "0" * 64))
    (records,) = document["recordSet"]
    return records["field"]


@pytest.mark.parametrize(
    ("value", "kind", "repeated"),
    [
        ("a", "sc:Text", False), (1, "sc:Integer", False), (0.5, "sc:Float", False), (True, "sc:Boolean", False),
        (None, "sc:Text", False), ([], "sc:Text", True), (["a"], "sc:Text", True), ([1], "sc:Integer", True),
    ],
)  # fmt: skip
def test_a_column_has_the_type_of_its_values(value, kind, repeated):
    (field,) = described({"column": value})
    assert (field["@id"], field["dataType"], field.get("repeated", False)) == ("rows/column", kind, repeated)


@pytest.mark.parametrize("value", [{"role": "user", "n": 1}, [{"role": "user", "n": 1}]])
def test_objects_are_described_by_their_fields(value):
    (field,) = described({"messages": value})
    assert "dataType" not in field
    assert [(inner["@id"], inner["dataType"], inner["source"]["transform"]) for inner in field["subField"]] == [
        ("rows/messages/role", "sc:Text", {"jsonPath": "$.role"}),
        ("rows/messages/n", "sc:Integer", {"jsonPath": "$.n"}),
    ]


@pytest.mark.parametrize("value", [[["a"]], {"deep": {"er": 1}}, {}, [{}]])
def test_what_no_reader_takes_is_left_out(value):
    assert [field["name"] for field in described({"odd": value, "text": "a"})] == ["text"]


def test_no_id_holds_white_space_and_no_two_are_the_same():
    fields = described({"a b": "", "a  b": "", "column-1": "", "\N{GRINNING FACE}": "", "a/b": ""})
    names = [field["@id"] for field in fields]
    assert len(set(names)) == 5
    assert not any(character.isspace() for name in names for character in name)
    assert fields[0]["source"]["extract"]["column"] == "a b"
