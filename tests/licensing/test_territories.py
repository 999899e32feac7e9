"""Territories: which codes there are, and which lie in the European Union."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmreg.licensing.territories import ASSIGNED, EU, is_inside, outside, read_territory
from llmreg.schema import License


def test_iso_3166_1_assigns_249_codes():
    assert len(ASSIGNED) == 249
    assert len(EU) == 27
    assert EU < ASSIGNED


@pytest.mark.parametrize(
    ("said", "read"), [("de", "DE"), ("EU", "EU"), ("uk", "GB"), ("EL", "GR"), ("gr", "GR"), ("No", "NO")]
)
def test_codes_are_read_in_either_case_and_as_the_union_writes_them(said, read):
    assert read_territory(said) == read


@pytest.mark.parametrize("made_up", ["ZZ", "XK", "AA", "FX", "SU", "QM"])
def test_a_code_that_nobody_assigned_is_refused(made_up):
    with pytest.raises(ValueError, match=f"assigns, or EU, not '{made_up}'; near it are [A-Z]{{2}}, "):
        read_territory(made_up)


def test_exchanged_letters_are_the_nearest():
    with pytest.raises(ValueError, match="near it are DE, "):
        read_territory("ED")


@given(st.text(max_size=3))
def test_whatever_is_said_is_an_assigned_code_or_refused(said):
    with suppress(ValueError):
        assert read_territory(said) in ASSIGNED | {"EU"}
        assert said.isascii()


def test_the_union_has_members_and_outermost_regions():
    assert all(is_inside(code, ("EU",)) for code in ["EU", "FR", "RE"])
    assert not any(is_inside(code, ("EU",)) for code in ["GB", "NC", "US"])
    assert is_inside("KR", ("EU", "KR"))


def test_outside_is_a_place_that_exists_or_none_at_all():
    assert read_territory(outside(("EU", "AD"))) == "AE"
    assert outside((*ASSIGNED,)) is None


def test_licenses_name_territories_that_exist(built_in):
    named = {
        code
        for license_id in built_in.ids(License)
        for bound in built_in.get_as(License, license_id).conditions
        for code in bound.territories
    }
    assert named
    assert {read_territory(code) for code in named} == named
