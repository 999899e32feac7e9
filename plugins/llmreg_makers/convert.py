"""Convert: turn rows as they are published into rows of training, or a preference into the answer that was chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import model_validator

import llmreg
from llmreg.objective import answered
from llmreg.training.formats.files import Place


class Convert(llmreg.Maker):
    """Applies a reader, such as `oasst-best` for the best path through a tree, or picks an answer of each pair."""

    name: ClassVar[str] = "convert"

    reader: str | None = None
    """A reader of published rows; docs/data-formats.md lists those that come with llmreg."""
    to: str | None = None
    """The format that the reader is to give; not needed where it gives only one."""
    answer: Literal["chosen", "rejected"] | None = None
    """Which answer of a row of the format `preference` becomes the row's only one."""

    @model_validator(mode="after")
    def _one_way(self) -> Convert:
        if (self.reader is None) == (self.answer is None):
            raise ValueError("give either `reader`, with `to`, or `answer`")
        if self.to and not self.reader:
            raise ValueError("`to` goes with `reader`")
        return self

    def make(self, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        """Return the rows that each published row gives."""
        for one in work.inputs:
            yield from self._picked(one, work) if self.answer else self._read(one, work)

    def _picked(self, one: llmreg.Input, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        for number, row in enumerate(one.rows, start=1):
            answer = row.get(self.answer or "")
            if not isinstance(answer, str) or not ("instruction" in row or isinstance(row.get("messages"), list)):
                raise llmreg.LlmregError(f"{one.name}: row {number} is no row of the format preference")
            if answer.strip():
                yield answered(row, answer)
            else:
                work.drop(f"the answer that was {self.answer} is empty")

    def _read(self, one: llmreg.Input, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        reader = work.reader(self.reader or "")
        form = self.to or next(iter(reader.gives))
        if form not in reader.gives or (self.to is None and len(reader.gives) > 1):
            formats = " or ".join(reader.gives)
            raise llmreg.LlmregError(f"the reader {self.reader!r} gives {formats}; name one of them as `to`")
        tally: Counter[str] = Counter()
        found = ((Place(Path(one.name), number), row) for number, row in enumerate(one.rows, start=1))
        read = 0
        for _, rows in reader.converted(found, form, tally):
            before, given = Counter(tally), 0
            for row in rows:
                given += 1
                yield row
            read += 1
            if not given:
                why = next(iter(tally - before), "nothing in it could be used")
                work.drop(why)
                tally[why] -= 1
        work.notes.update({what: count for what, count in tally.items() if count > 0})
        if len(one.rows) > read:
            work.drop("a part of a published row that has several", len(one.rows) - read)


@llmreg.hookimpl
def register_makers() -> list[type[llmreg.Maker]]:
    """Offer the converter."""
    return [Convert]
