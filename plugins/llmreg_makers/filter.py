"""Filter: keep the rows that meet every condition, and count the others under the condition that they fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

import llmreg
from llmreg.maker import field_of, texts_of

Words = Annotated[tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]], Field()]
Plain = str | int | float | bool | None


class Filter(llmreg.Maker):
    """Keeps rows as they are, or drops them; a field is written `output` or `messages.0.content`."""

    name: ClassVar[str] = "filter"
    one_to_one: ClassVar[bool] = True

    equal: Mapping[str, Plain | tuple[Plain, ...]] = {}
    """For each field the value, or the values, of which it must have one."""
    words: Mapping[str, Words] = {}
    """For each field the fewest and the most words."""
    filled: tuple[str, ...] = ()
    """Fields that must hold something other than blanks."""
    without: tuple[str, ...] = ()
    """Texts that may occur in no text of the row, whatever the case of their letters."""
    different: tuple[tuple[str, str], ...] = ()
    """Pairs of fields that may not hold the same."""

    @model_validator(mode="after")
    def _words_are_a_range(self) -> Filter:
        for field, (fewest, most) in self.words.items():
            if fewest > most:
                raise ValueError(f"words.{field}: the fewest, {fewest}, are more than the most, {most}")
        return self

    def make(self, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        """Return the rows that meet every condition."""
        barred = [text.lower() for text in self.without]
        for row in work.rows():
            if reason := self._fault(row, barred):
                work.drop(reason)
            else:
                yield row

    def _fault(self, row: dict[str, Any], barred: list[str]) -> str:
        """Name the first condition that a row fails; nothing where it meets all."""
        faults = (self._unequal(row), self._unfit(row), self._blank(row), self._same(row), _barred(row, barred))
        return next(filter(None, faults), "")

    def _unequal(self, row: dict[str, Any]) -> str:
        for field, wanted in self.equal.items():
            values = wanted if isinstance(wanted, tuple) else (wanted,)
            found = field_of(row, field)
            if not any(type(found) is type(value) and found == value for value in values):
                return f"{field} is not {' or '.join(map(repr, values))}"
        return ""

    def _unfit(self, row: dict[str, Any]) -> str:
        for field, (fewest, most) in self.words.items():
            text = field_of(row, field)
            count = len(text.split()) if isinstance(text, str) else 0
            if not fewest <= count <= most:
                return f"{field} has {'fewer' if count < fewest else 'more'} words than {min(max(count, fewest), most)}"
        return ""

    def _blank(self, row: dict[str, Any]) -> str:
        for field in self.filled:
            found = field_of(row, field)
            if not (found.strip() if isinstance(found, str) else found):
                return f"{field} is empty"
        return ""

    def _same(self, row: dict[str, Any]) -> str:
        return next((f"{a} is the same as {b}" for a, b in self.different if field_of(row, a) == field_of(row, b)), "")


def _barred(row: dict[str, Any], barred: list[str]) -> str:
    if not barred:
        return ""
    texts = [text.lower() for text in texts_of(row)]
    return next((f"{word!r} occurs" for word in barred if any(word in text for text in texts)), "")


@llmreg.hookimpl
def register_makers() -> list[type[llmreg.Maker]]:
    """Offer the filter."""
    return [Filter]
