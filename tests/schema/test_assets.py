"""What assets share: the repository's ids on the Hub, present and earlier."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from llmreg.schema import Model, Source

SOURCES = {"x": Source(url="https://example.org", read="live", seen=date(2026, 11, 30))}


def model(**fields):
    return Model(id="m", name="m", source="x", sources=SOURCES, **fields)


@pytest.mark.parametrize(
    ("written", "held", "dumped"),
    [
        ("a/new", ("a/new",), "a/new"),
        (["a/new"], ("a/new",), "a/new"),
        (["a/new", "b/old"], ("a/new", "b/old"), ["a/new", "b/old"]),
    ],
)
def test_ids_on_the_hub_are_one_or_several_with_the_present_one_first(written, held, dumped):
    entry = model(hub=written)
    assert (entry.hub, entry.hub_id) == (held, "a/new")
    assert entry.model_dump(mode="json", exclude_defaults=True)["hub"] == dumped


def test_an_asset_that_is_not_on_the_hub_has_no_id_there():
    assert (model().hub, model(hub=None).hub_id) == ((), None)


def test_each_id_has_the_form_of_the_hubs():
    with pytest.raises(ValidationError):
        model(hub=["a/new", "no id"])
