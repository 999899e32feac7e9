"""Names of licenses: every name that people use means one license, and resemblance means nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from llmreg.catalog.expressions import license_ids
from llmreg.catalog.names import license_named, names_of
from llmreg.errors import UnknownIdError
from llmreg.schema import License

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
