"""One line of a file of ratings: our own format, and the one in which QLoRA's were released."""

from __future__ import annotations

from json import JSONDecodeError
from math import inf
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Winner = Literal["first", "second", "tie"]
Score = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_WINNERS: dict[int, Winner] = {1: "first", 2: "second", 3: "tie"}
_UNPARSED = -1


class Rating(BaseModel):
    """What one judge says of two systems' answers to one item, in the order in which they were shown.

    Fields that are not named here are kept by whoever wrote them and read by nobody.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    item: str | int
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
    id: str | None = None
    """Names this rating; a second one of that name is a duplicate."""
    first_answer: str | None = None
    """The id of the answer shown first."""
    second_answer: str | None = None
    """The id of the answer shown second."""

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

    review_id: str
    question_id: str | int | None = None
    message_id: str | None = None
    answer1_id: str
    answer2_id: str
    reviewer_id: str | int = 1
    score: int | tuple[float, float]

    @model_validator(mode="after")
    def _has_an_item_and_a_score(self) -> ReleasedRating:
        if self.question_id is None and self.message_id is None:
            raise ValueError("has neither `question_id` nor `message_id`")
        if isinstance(self.score, int) and self.score != _UNPARSED and self.score not in _WINNERS:
            raise ValueError(f"score: {self.score} is none of 1 (first), 2 (second), 3 (tie), -1 (unparsed)")
        return self

    @property
    def item(self) -> str | int:
        """Give the question."""
        return self.question_id if self.question_id is not None else str(self.message_id)

    @property
    def winner(self) -> Winner | None:
        """Give which answer is better, if the judge's words could be read and were no scores."""
        return _WINNERS.get(self.score) if isinstance(self.score, int) else None

    @property
    def scores(self) -> tuple[float, float] | None:
        """Give what each answer scored, if the judge's words could be read and were scores."""
        return self.score if isinstance(self.score, tuple) and all(0 <= each < inf for each in self.score) else None


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
        message = "is missing" if len(fault["loc"]) == 1 else f"takes two numbers, not {fault['input']!r}"
    elif fault["type"] == "literal_error":
        message += f", not {fault['input']!r}"
    return f"{place}: {message}" if place else str(message)
