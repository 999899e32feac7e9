"""Faults in words that one who writes a file understands."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llmreg.catalog.faults import words_for


class Fields(BaseModel):
    model_config = ConfigDict(strict=False)

    kind: Literal["red", "green"] = "red"
    words: tuple[str, ...] = ()
    count: Annotated[int, Field(ge=1)] = 1
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    on: bool = True
    inner: dict[str, str] = {}
    date: Annotated[str, Field(pattern="^[0-9]+$")] = "1"


@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("kind", "gren", "takes 'red' or 'green', not 'gren'; did you mean 'green'?"),
        ("kind", None, "takes 'red' or 'green', not nothing"),
        ("words", "a", "takes a list, written [a, b], not 'a'"),
        ("words", {"a": "b"}, "takes a list, written [a, b]"),
        ("count", "many", "takes a whole number, not 'many'"),
        ("count", 1.5, "takes a whole number, not 1.5"),
        ("count", 0, "takes a number of at least 1, not 0"),
        ("share", "half", "takes a number, not 'half'"),
        ("share", 0, "takes a number above 0, not 0"),
        ("share", 2, "takes a number of at most 1, not 2"),
        ("on", "maybe", "takes true or false, not 'maybe'"),
        ("inner", "x", "takes a mapping, written {key: value}, not 'x'"),
        ("date", "now", "String should match pattern '^[0-9]+$', not 'now'"),
    ],
)
def test_a_fault_says_what_is_taken_and_what_was_given(field, given, words):
    with pytest.raises(ValidationError) as caught:
        Fields(**{field: given})
    (fault,) = caught.value.errors()
    assert words_for(fault) == words
