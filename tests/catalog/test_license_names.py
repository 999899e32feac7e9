"""Names of licenses: every name that people use means one license, and resemblance means nothing."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from license_expression import get_license_index

from llmreg.catalog.expressions import license_ids
from llmreg.catalog.names import license_named, names_of
from llmreg.errors import UnknownIdError
from llmreg.schema import License

HUB = Path(__file__).parents[3] / "shared" / "import" / "hub-docs" / "docs" / "hub" / "repositories-licenses.md"
FACTS = Path(__file__).parents[3] / "shared" / "facts" / "licenses.yaml"


@pytest.mark.parametrize(
    "name", ["llama 2", "LLaMA2", "llama2", "LicenseRef-scancode-llama-2-license-2023", "hf:llama2"]
)
def test_llama_2_goes_by_many_names(built_in, name):
    assert license_named(built_in, name).id == "llama2"


@pytest.mark.parametrize("name", ["Apache 2.0", "apache-2.0", "APACHE-2.0", "Apache License 2.0"])
def test_case_and_blanks_do_not_matter(built_in, name):
    assert license_named(built_in, name).id == "Apache-2.0"


@pytest.mark.parametrize("name", ["openrail", "other", "custom", "cc", "unknown"])
def test_labels_are_known_as_labels_without_terms(built_in, name):
    label = license_named(built_in, name)
    assert label.category == "label"
    assert {term.permission for term in label.uses.values()} == {"unclear"}


@pytest.mark.skipif(not HUB.exists(), reason="the Hub's documentation is not beside this checkout")
def test_every_license_id_of_the_hub_is_known(built_in):
    ids = re.findall(r"\| `([^`]+)` ", HUB.read_text())
    assert len(ids) == 83
    for each in ids:
        assert f"hf:{each}" in set(names_of(license_named(built_in, f"hf:{each}"))), each


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hf-name:moonshotai/modified-mit", "kimi-k2-modified-mit"),
        ("hf-name:MiniMaxAI/modified-mit", "minimax-m2-modified-mit"),
        ("https://github.com/MiniMax-AI/MiniMax-M2/blob/main/LICENSE", "minimax-m2-modified-mit"),
        ("kimi-k3", "kimi-k3-license"),
        ("https://huggingface.co/moonshotai/Kimi-K3/blob/main/LICENSE", "kimi-k3-license"),
        ("hf-name:LGAI-EXAONE/exaone", "exaone-nc"),
    ],
)
def test_a_name_that_several_makers_use_is_known_with_its_maker_or_its_page(built_in, name, expected):
    assert license_named(built_in, name).id == expected


@pytest.mark.parametrize(
    "name", ["modified-mit", "hf-name:modified-mit", "hf-name:somebody/modified-mit", "mpl", "lgpl-4.0"]
)
def test_a_name_that_several_makers_use_is_nothing_without_its_maker(built_in, name):
    with pytest.raises(UnknownIdError):
        license_named(built_in, name)


def test_every_id_that_spdx_lists_is_that_license_and_unread_where_no_entry_has_it(built_in):
    listed = [each["spdx_license_key"] for each in get_license_index() if not each["is_exception"]]
    listed = [each for each in listed if each and not each.startswith("LicenseRef-")]
    assert len(listed) > 500
    for each in listed:
        found = license_named(built_in, each.lower())
        assert found.spdx == each
        assert found.id in built_in or (found.category == "unread" and found.uses["commercial"].permission == "unclear")


@pytest.mark.parametrize("name", ["llama 22", "Apache", "modified MIT", ""])
def test_nothing_is_matched_by_resemblance(built_in, name):
    with pytest.raises(UnknownIdError, match="no license has the id"):
        license_named(built_in, name)


def test_no_name_has_two_owners(built_in):
    owners = Counter(name for each in built_in.ids(License) for name in set(names_of(built_in.get_as(License, each))))
    assert [name for name, count in owners.items() if count > 1] == []


@pytest.mark.skipif(not FACTS.exists(), reason="the research notes are not beside this checkout")
def test_all_sets_of_terms_of_the_research_notes_are_entries_or_names(built_in):
    rows = yaml.safe_load(FACTS.read_text())
    assert len(rows) == 78
    for row in rows:
        assert license_named(built_in, row["id"])


@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        ("openrail++ AND MIT", ["openrail++", "MIT"]),
        ("llama 2", ["llama 2"]),
        ("Apache-2.0 AND (MIT OR llama-1)", ["Apache-2.0", "MIT", "llama-1"]),
    ],
)
def test_expressions_and_plain_names_are_told_apart(expression, ids):
    assert license_ids(expression) == ids
