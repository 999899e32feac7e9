"""One line of a file of ratings: our own format, and the one in which QLoRA's were released."""

from __future__ import annotations

import reprlib
from json import JSONDecodeError
from math import inf, isnan, nan
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

Winner = Literal["first", "second", "tie"]
Score = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_WINNERS: dict[float, Winner] = {1: "first", 2: "second", 3: "tie"}
_UNPARSED = -1


def _written(value: Any) -> Any:
    """Return a whole number as text, also one that a table with gaps made 1.0 of."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _reviewer(value: Any) -> Any:
    return "1" if value in (None, "") else _written(value)


def _number(value: Any) -> Any:
    """Return a number, also one that is written as text, and none for NaN; leave other words as they are."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | None):
        raise ValueError(f"takes a number or two, not {reprlib.repr(value)}")
    try:
        number = nan if value in (None, "") else float(value)
    except (ValueError, OverflowError):
        return value
    return None if isnan(number) else number


def _score(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return _number(value)
    if len(value) not in (0, 2):
        raise ValueError(f"takes two numbers, not {reprlib.repr(value)}")
    numbers = [_number(each) for each in value]
    return tuple(None if isinstance(each, str) else each for each in numbers) or None


Id = Annotated[str, BeforeValidator(_written)]
"""An id as text or as a whole number."""


class Rating(BaseModel):
    """What one judge says of two systems' answers to one item, in the order in which they were shown.

    Fields that are not named here are kept by whoever wrote them and read by nobody.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    item: Id
    """The question, by the id that all ratings of it share."""
    first: str = Field(min_length=1)
    """The system whose answer was shown first."""
    second: str = Field(min_length=1)
    """The system whose answer was shown second."""
    judge: str = "unnamed"
    """Who judged: a model or a person; one name for one judge."""
    winner: Winner | None = None
    """Which answer is better; null where the judge's words could not be read."""
    scores: tuple[Score, Score] | None = None
    """What each answer scored; null where the judge's words could not be read."""
    id: Id | None = None
    """Names this rating; a second one of that name is a duplicate."""
    first_answer: Id | None = None
    """The id of the answer shown first."""
    second_answer: Id | None = None
    """The id of the answer shown second."""

    @property
    def answers(self) -> tuple[str, str] | None:
        """Return the ids of both answers; none where one is not given."""
        return (self.first_answer, self.second_answer) if self.first_answer and self.second_answer else None

    @model_validator(mode="after")
    def _says_something(self) -> Rating:
        if not self.model_fields_set & {"winner", "scores"}:
            raise ValueError("give `winner` or `scores`; null says that the judge's words could not be read")
        if self.winner and self.scores:
            raise ValueError("give `winner` or `scores`, not both: one judgment is one line")
        if self.first == self.second:
            raise ValueError(f"`first` and `second` are the same system, {self.first!r}")
        return self


class ReleasedRating(BaseModel):
    """A line of QLoRA's released ratings; which systems were rated only the ids of the answers tell."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    review_id: Id | None = None
    question_id: Id | None = None
    message_id: Id | None = None
    answer1_id: Id | None = None
    """None where the row lacks that side."""
    answer2_id: Id | None = None
    reviewer_id: Annotated[str, BeforeValidator(_reviewer)] = "1"
    score: Annotated[float | tuple[float | None, float | None] | str | None, BeforeValidator(_score)]
    """A code, two scores, or what stands in their place where the judge's words could not be read."""

    @model_validator(mode="after")
    def _has_an_item_and_a_score(self) -> ReleasedRating:
        if self.question_id is None and self.message_id is None:
            raise ValueError("has neither `question_id` nor `message_id`")
        if isinstance(self.score, float) and self.score not in (_UNPARSED, *_WINNERS):
            raise ValueError(f"score: {self.score:g} is none of 1 (first), 2 (second), 3 (tie), -1 (unparsed)")
        return self

    @property
    def item(self) -> str:
        """Give the question."""
        return self.question_id if self.question_id is not None else str(self.message_id)

    @property
    def answers(self) -> tuple[str, str] | None:
        """Return the ids of both answers; none where one is missing."""
        return (self.answer1_id, self.answer2_id) if self.answer1_id and self.answer2_id else None

    @property
    def winner(self) -> Winner | None:
        """Give which answer is better, if the judge's words could be read and were no scores."""
        return _WINNERS.get(self.score) if isinstance(self.score, float) else None

    @property
    def scores(self) -> tuple[float, float] | None:
        """Give what each answer scored, if the judge's words could be read and were scores."""
        if not isinstance(self.score, tuple):
            return None
        one, other = (each if each is not None and 0 <= each < inf else None for each in self.score)
        return None if one is None or other is None else (one, other)


FORM = (
    "a rating is a JSON object on one line: item, first, second, and winner or scores; "
    "or answer1_id, answer2_id and score, as QLoRA's were released"
)


def parse(fields: Any) -> Rating | ReleasedRating:
    """Read one line's JSON value; raise `ValueError` with what is wrong, in one line."""
    if not isinstance(fields, dict):
        raise ValueError("a rating is a JSON object")
    model = ReleasedRating if "answer1_id" in fields or "answer2_id" in fields else Rating
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise ValueError("; ".join(_said(fault) for fault in error.errors())) from None


def no_json(error: ValueError | RecursionError) -> str:
    """Say where a line stops being JSON, and whether that seems to be because it ends too soon."""
    if not isinstance(error, JSONDecodeError):
        return f"is no JSON: {error}"
    cut_off = error.msg.startswith("Unterminated") or error.pos >= len(error.doc.rstrip())
    hint = "; it seems to be cut off" if cut_off else ""
    return f"is no JSON: {error.msg.removesuffix(' at')} at column {error.colno}{hint}"


def _said(fault: Any) -> str:
    place = str(fault["loc"][0]) if fault["loc"] else ""
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        message = "is missing" if len(fault["loc"]) == 1 else f"takes two numbers, not {reprlib.repr(fault['input'])}"
    elif fault["type"] == "literal_error":
        message += f", not {reprlib.repr(fault['input'])}"
    elif fault["type"] == "finite_number":
        message = "NaN is no JSON number" if isnan(fault["input"]) else message
        message += "; write null for what could not be read"
    return f"{place}: {message}" if place else str(message)
