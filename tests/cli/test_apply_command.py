"""`llmreg delta` makes a file, and `llmreg apply` gives the model back, license first."""

from __future__ import annotations

import json
import shutil

import pytest
from delta_models import folder, numbers


@pytest.fixture
def models(tmp_path):
    ground = numbers(1)
    folder(tmp_path / "base", ground)
    folder(tmp_path / "whole", numbers(2, near=ground))
    return tmp_path


def test_a_delta_is_made_and_applied(models, llmreg):
    code, told = llmreg("delta", models / "whole", "--base", models / "base", "-o", models / "file", "--json")
    assert code == 0, told.err
    assert json.loads(told.out)["codec"] == "delta"
    words = ["--base", models / "base", "--delta", models / "file", "-o", models / "out"]
    code, told = llmreg("apply", "vicuna-7b-v0", *words)
    assert code == 0, told.err
    assert "vicuna-7b-v0 from vicuna-7b-v0-delta by delta" in told.out
    assert (models / "out" / "model.safetensors").read_bytes() == (models / "whole" / "model.safetensors").read_bytes()
    assert "llama" in (models / "out" / "NOTICE").read_text().lower()


def test_the_license_comes_before_any_file(tmp_path, llmreg):
    words = ["--base", tmp_path / "no", "--delta", tmp_path / "no", "-o", tmp_path / "out", "--use", "commercial"]
    code, told = llmreg("apply", "vicuna-7b-v0-delta", *words)
    assert code == 4
    assert "forbidden for commercial use" in told.err


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("guanaco-33b", "guanaco-33b is no delta, wdiff or xor file"),
        ("c4", "no model has the id 'c4'"),
        ("vicuna-7b-v0", "no folder"),
    ],
)
def test_what_cannot_be_applied_is_said(entry, message, tmp_path, llmreg):
    words = ["--base", tmp_path / "no", "--delta", tmp_path / "no", "-o", tmp_path / "out"]
    code, told = llmreg("apply", entry, *words)
    assert code in (1, 2)
    assert message in told.err
    assert not (tmp_path / "out").exists()


def test_a_base_of_other_numbers_is_refused(models, llmreg):
    llmreg("delta", models / "whole", "--base", models / "base", "-o", models / "file")
    shutil.rmtree(models / "base")
    folder(models / "base", numbers(9))
    words = ["--base", models / "base", "--delta", models / "file", "-o", models / "out"]
    code, told = llmreg("apply", "vicuna-7b-v0", *words)
    assert code == 1
    assert "is not the base llama-7b of this file: its fingerprint is" in told.err
    assert not (models / "out").exists()
