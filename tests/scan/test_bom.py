"""The bill of materials of a scan is valid CycloneDX, has each entry once, and says where it is used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from llmreg.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
AutoModel.from_pretrained("huggyllama/llama-7b")
AutoModel.from_pretrained("huggyllama/llama-7b")
AutoModel.from_pretrained("nobody/knows-7b")
load_dataset("tatsu-lab/alpaca")
"""


def bill(folder: Path) -> str:
    return CliRunner().invoke(app, ["scan", str(folder), "--format", "cyclonedx"]).stdout


def faults(text: str) -> object:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(CODE)
    return tmp_path


def test_the_bill_is_valid_by_the_official_validator(repository: Path) -> None:
    text = bill(repository)
    assert faults(text) is None
    broken = json.loads(text)
    broken["components"][0]["type"] = "model"
    assert faults(json.dumps(broken)) is not None


def test_each_entry_is_one_component_with_its_license_and_places(repository: Path) -> None:
    parts = {part["bom-ref"]: part for part in json.loads(bill(repository))["components"]}
    assert {*parts} == {"llmreg:llama-7b", "llmreg:alpaca-52k", "llmreg:unknown:model:nobody/knows-7b"}
    llama = parts["llmreg:llama-7b"]
    assert [(place["location"], place["line"]) for place in llama["evidence"]["occurrences"]] == [
        ("a.py", 2),
        ("a.py", 3),
    ]
    assert [each["acknowledgement"] for each in llama["licenses"]] == ["concluded"]


def test_a_name_without_an_entry_has_no_license(repository: Path) -> None:
    (unknown,) = [part for part in json.loads(bill(repository))["components"] if ":unknown:" in part["bom-ref"]]
    assert "licenses" not in unknown
    assert unknown["evidence"]["occurrences"][0]["line"] == 4


def test_a_repository_without_models_has_a_valid_bill(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    assert faults(bill(tmp_path)) is None
