"""The answer alone is the verdict's, whatever the lineage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import catalog
from llmreg.errors import LlmregError
from llmreg.licensing import Checker
from strategies import POLICIES, USES, lineages


@settings(max_examples=25, deadline=None)
@given(entries=lineages(), use=USES, policy=st.sampled_from(POLICIES))
def test_the_answer_is_that_of_the_check(entries, use, policy):
    checker = Checker(catalog(*entries))
    for entry in entries:
        assert checker.answer(entry.id, use, policy) == checker.check(entry.id, use, policy).verdict


def test_what_carries_no_license_has_no_answer(built_in):
    with pytest.raises(LlmregError, match="only models, datasets, services and software are checked"):
        Checker(built_in).answer("vicuna-80", "research")
