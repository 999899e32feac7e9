"""What a reader is: the schema of a row as published, and the rows of training that each one gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from llmreg.training.formats.files import broken, records

if TYPE_CHECKING:
    from pathlib import Path

    from llmreg.training.formats.files import Place

Format = str
"""The shape of a row of training: text, instruction, conversation, preference, or one that a plugin brings."""
Row = dict[str, Any]
Tally = Counter[str]
"""How often a rule for faulty rows was applied, by what it did."""
Convert = Callable[[Any, Tally], Iterable[Row]]
Records = Iterator[tuple["Place", dict[str, Any]]]


class Published(BaseModel):
    """A row as its authors publish it; fields that training does not use are not named and not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


@dataclass(frozen=True)
class Reader:
    """Turns published rows into rows of training; its module says which rule it follows and where that was read."""

    about: str
    """What it reads and what it gives, in a line."""
    schema: type[Published]
    gives: Mapping[Format, Convert]
    """For each data format a recipe may have: the rows of training that one published row gives, none included."""
    regroup: Callable[[Records], Records] | None = None
    """Puts records together that make up one published row."""

    def rows(self, path: Path, form: Format, tally: Tally) -> Iterator[tuple[Place, Row]]:
        """Give the rows of training in a file, each with the place it comes from.

        Raises `LlmregError` naming file, row and field for a row that is not as the schema says.
        """
        for place, found in self.converted(records(path, tally), form, tally):
            for row in found:
                yield place, row

    def converted(self, found: Records, form: Format, tally: Tally) -> Iterator[tuple[Place, Iterable[Row]]]:
        """Give for each published row, put together from records where it has several, its rows of training."""
        convert = self.gives[form]
        for place, record in self.regroup(found) if self.regroup else found:
            yield place, convert(self._checked(place, record), tally)

    def _checked(self, place: Place, record: dict[str, Any]) -> Published:
        try:
            return self.schema.model_validate(record)
        except ValidationError as error:
            fault = error.errors()[0]
            field = ".".join(map(str, fault["loc"]))
            has = f"; the row has {', '.join(map(repr, record)) or 'no fields'}" if fault["type"] == "missing" else ""
            raise broken(place, f"{field}: {fault['msg'].lower()}{has}") from None


def times(count: int, what: str) -> str:
    """Say how often a rule was applied."""
    return f"{count:,} {'time' if count == 1 else 'times'} {what}"


def exchange(question: str, answer: str, extra: str = "") -> Row:
    """Give a row of the format `instruction`."""
    return {"instruction": question, "input": extra, "output": answer}


def as_conversation(convert: Convert) -> Convert:
    """Give the same questions and answers as conversations of one exchange; an input follows after an empty line."""

    def converted(published: Any, tally: Tally) -> Iterator[Row]:
        for row in convert(published, tally):
            if row["input"]:
                tally["an input was put after its instruction"] += 1
            asked = "\n\n".join(filter(None, (row["instruction"], row["input"])))
            yield {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": row["output"]}]}

    return converted


def answering(convert: Convert) -> Mapping[Format, Convert]:
    """Offer questions with answers as instructions and as conversations of one exchange."""
    return {"instruction": convert, "conversation": as_conversation(convert)}
