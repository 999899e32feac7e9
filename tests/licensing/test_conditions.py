"""Duties and restrictions are told apart."""

from __future__ import annotations

import pytest

from llmreg.licensing import Checker


@pytest.mark.parametrize(
    ("entry_id", "use", "condition"),
    [
        ("falcon-7b", "redistribution", "duties"),
        ("mistral-7b-v0.1", "redistribution", "duties"),
        ("llama-2-7b", "redistribution", "restricted"),
        ("aya-expanse-8b", "redistribution", "restricted"),
        ("guanaco-33b", "commercial", None),
    ],
)
def test_condition_of_a_verdict(built_in, entry_id, use, condition):
    assert Checker(built_in).check(entry_id, use).to_json()["condition"] == condition
