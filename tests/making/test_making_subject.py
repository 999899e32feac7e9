"""Every kind of entry answers what would be made again, or why nobody can."""

from __future__ import annotations

import pytest

from llmreg.catalog import load_catalog
from llmreg.errors import LlmregError
from llmreg.making.recipe import recipe_of
from llmreg.making.subject import subject
from llmreg.schema import Asset, Dataset, Model


@pytest.fixture(scope="module")
def entries():
    return load_catalog()


def test_an_adapter_is_the_run_of_its_model(entries):
    said = []
    assert subject(entries, "guanaco-33b-adapter", said.append).id == "guanaco-33b"
    assert said == [
        "guanaco-33b-adapter is the adapter of guanaco-33b: this is the run of guanaco-33b, which gives that file"
    ]


def answered(entries, entry_id):
    try:
        found = subject(entries, entry_id, lambda _: None)
        return "recipe" if (recipe_of(entries, found) if isinstance(found, Dataset) else found.recipe) else ""
    except LlmregError as error:
        return str(error)


def test_every_asset_has_a_recipe_or_a_reason(entries):
    for entry_id in entries.file_ids(Asset):
        answer = answered(entries, entry_id)
        assert answer == "recipe" or (entry_id in answer and len(answer) > len(entry_id) + 60)
        assert "has the id" not in answer


def test_no_dataset_is_said_to_be_no_model(entries):
    for entry_id in entries.ids(Dataset):
        assert isinstance(subject(entries, entry_id, lambda _: None), Dataset)


def test_a_model_without_a_recipe_says_what_it_is(entries):
    bare = [each for each in entries.file_ids(Model) if not entries[each].recipe and not entries[each].file_of]
    with pytest.raises(LlmregError, match=f"{bare[0]} has no recipe in the catalog, so there is nothing to reproduce:"):
        subject(entries, bare[0], lambda _: None)
