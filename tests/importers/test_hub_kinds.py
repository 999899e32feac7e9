"""Which cards are datasets', what an adapter's configuration is, and which datasets a dataset is from."""

from __future__ import annotations

import pytest

from llmreg.importers.hub_kinds import kind_of_card, peft_of, source_datasets


@pytest.mark.parametrize(
    ("value", "said", "kind"),
    [
        ({}, {}, "model"),
        ({}, {"license": "mit"}, "model"),
        ({}, {"task_categories": ["text-generation"]}, "dataset"),
        ({}, {"dataset_info": {}}, "dataset"),
        ({"tags": ["size_categories:1K<n<10K"]}, {"license": "mit"}, "dataset"),
        ({"tags": [3, None]}, {}, "model"),
        ({"tags": "size_categories:x"}, {}, "model"),
        ({"modelId": "me/m"}, {"task_categories": []}, "model"),
        ({}, {"task_categories": [], "base_model": "me/m"}, "model"),
        ({"pipeline_tag": "text-generation"}, {"configs": []}, "model"),
        ({}, {3: "odd", "size_categories": []}, "dataset"),
    ],
)
def test_a_card_is_a_datasets_where_its_fields_say_so_and_no_models_field_stands_there(value, said, kind):
    assert kind_of_card(value, said) == kind


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({}, {}),
        ({"config": {"peft": {"base_model_name_or_path": "a/b"}}}, {"base_model_name_or_path": "a/b"}),
        ({"config": {"peft": True}}, {}),
        ({"config": ["peft"]}, {}),
    ],
)
def test_an_adapters_configuration_is_a_mapping_or_none(value, found):
    assert peft_of(value) == found


@pytest.mark.parametrize(
    ("written", "named"),
    [
        (None, []),
        ("original", []),
        (["original"], []),
        (["extended|squad"], [("squad", "squad")]),
        (["me/rows", "extended|you/rows"], [("me/rows", "me/rows"), ("you/rows", "you/rows")]),
        (["extended|other-wiki"], [("other-wiki", None)]),
        (["our own scrape of the web"], [("our own scrape of the web", None)]),
    ],
)
def test_sources_of_a_dataset_are_read_and_what_names_none_stays_in_words(written, named):
    assert [(one.words, one.hub_id) for one in source_datasets({"source_datasets": written})] == named
