"""The rows of a full run: read by the recipe's reader, parted by its rule, recorded with what was left out."""

import json

import pytest

from llmreg.errors import LlmregError
from llmreg.reproduce.data import rows_for
from llmreg.schema import Model, RecipeData
from llmreg.training.rows import fingerprint


def guanaco(built_in, tmp_path, count, **changes):
    path = tmp_path / "rows.jsonl"
    path.write_text(
        "\n".join(json.dumps({"text": str(number), "extra": 1}) for number in range(count)) + '\n{"text": ""}'
    )
    entry = built_in.get_as(Model, "guanaco-7b")
    data = RecipeData.model_validate({**entry.recipe.data.model_dump(), **changes})
    return rows_for(built_in, entry, data, {"oasst1-guanaco": (path,)})


def test_guanacos_recipe_leaves_8822_of_its_9846_rows_to_train_on(built_in, tmp_path):
    rows = guanaco(built_in, tmp_path, 9846)
    assert (len(rows.train), len(rows.held_out)) == (8822, 1024)
    assert (rows.records[0].rows, rows.records[0].held_out) == (8822, 1024)
    texts = [row["text"] for row in rows.train]
    assert texts == [row["text"] for row in rows.train], "they can be gone through again"
    assert {*texts, *(row["text"] for row in rows.held_out)} == {str(number) for number in range(9846)}
    assert texts[-1] == "9845", "which are not the first 8,822"
    assert rows.records[0].sha256 == fingerprint({"text": str(number)} for number in range(9846))
    assert rows.records[0].reading == {"an empty text was left out": 1}


def test_without_a_seed_the_last_rows_are_held_back(built_in, tmp_path):
    rows = guanaco(built_in, tmp_path, 10, held_out=3, held_out_seed=None)
    assert [row["text"] for row in rows.held_out] == ["7", "8", "9"]


def test_a_recipe_that_holds_back_all_is_refused(built_in, tmp_path):
    with pytest.raises(LlmregError, match="oasst1-guanaco has 10 rows, and the recipe holds 1,024 back"):
        guanaco(built_in, tmp_path, 10)
