"""Every dataset of the catalog with a recipe can be planned and rehearsed, and comes to the same each time."""

from __future__ import annotations

import pytest

from llmreg.catalog import load_catalog
from llmreg.making.plan import make_plan
from llmreg.making.run import rehearse
from llmreg.making.verify import verify
from llmreg.plugins import load
from llmreg.reproduce.run import Options
from llmreg.schema import Dataset

ENTRIES = load_catalog()
WITH_RECIPE = [each for each in ENTRIES.file_ids(Dataset) if ENTRIES.get_as(Dataset, each).recipe]


def test_there_are_recipes_to_rehearse():
    assert {"oasst1-guanaco", "self-instruct", "alpaca-52k", "alpaca-libre", "longform"} <= set(WITH_RECIPE)


@pytest.mark.parametrize("dataset_id", WITH_RECIPE)
def test_a_recipe_rehearses_and_repeats(dataset_id, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMREG_HOME", str(tmp_path))
    assert make_plan(ENTRIES, load(), dataset_id).recipe.steps
    folder, making = rehearse(ENTRIES, dataset_id, Options(), lambda _: None)
    assert making.rows
    assert making.seconds < 60
    assert [check.name for check in verify(ENTRIES, folder) if not check.passed] == []
    assert rehearse(ENTRIES, dataset_id, Options(), lambda _: None)[1].files["rows.jsonl"] == making.files["rows.jsonl"]
