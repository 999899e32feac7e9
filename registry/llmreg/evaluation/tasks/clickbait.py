"""Clickbait, as in the first look at LLaMA: is a title clickbait, yes or no, answered in just that form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from llmreg.evaluation.figures import share
from llmreg.evaluation.generation import unended
from llmreg.evaluation.subject import Question
from llmreg.evaluation.task import Row, Scored, Task
from llmreg.evaluation.tasks.exact_match import first_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmreg.evaluation.generation import unended
from llmreg.evaluation.subject import Subject

_OPENING = "I will tell whether the following news titles are clickbait, each time by yes or no and nothing else:"
_WORD = re.compile(r"\b(yes|no)\b", re.IGNORECASE)


class Title(Row):
    """A news title that people have judged."""

    title: Annotated[str, Field(min_length=1)]
    clickbait: Literal["yes", "no"]


class Clickbait(Task[Title]):
    """Answer by yes or no.

    `format-following` is the share of answers that are yes or no, in any case, and nothing else. `accuracy` is over all
    titles and reads an answer generously: by the first yes or no in it, and as wrong where there is none.
    `accuracy-in-format` is over the titles that were answered in the form. A model that is asked through no template is
    judged by the first line of its answer.
    """

    name: ClassVar[str] = "clickbait"
    row: ClassVar[type[Row]] = Title
    metrics: ClassVar[tuple[str, ...]] = ("format-following", "accuracy", "accuracy-in-format")

    max_new_tokens: Annotated[int, Field(ge=1)] = 16

    def score(self, subject: Subject, rows: Sequence[Title], examples: Sequence[Title] = ()) -> Scored:
        """Give format following and accuracy, each by itself."""
        shown = "".join(f"{_asked(number, row)} {row.clickbait}\n\n" for number, row in enumerate(examples, start=1))
        questions = [Question(f"{_OPENING}\n\n{shown}{_asked(len(examples) + 1, row)}") for row in rows]
        given = subject.answers(questions, self.max_new_tokens)
        items = [_item(row, first_line(text) if subject.plain else text) for row, text in zip(rows, given, strict=True)]
        followed = [item["accuracy"] for item in items if item["format-following"]]
        figures = [share(name, [item[name] for item in items]) for name in ("format-following", "accuracy")]
        figures += [share("accuracy-in-format", followed)] if followed else []
        unread = sum(item["read"] is None for item in items)
        said = sum(item["read"] == "yes" for item in items)
        note = f"{said:,} read as yes, {len(items) - said - unread:,} as no, {unread:,} as neither"
        return Scored(tuple(figures), items, (note, *(() if subject.plain else unended(given))))


def _asked(number: int, row: Title) -> str:
    return f"{number}) {row.title}\nClickbait:"


def _item(row: Title, given: str) -> dict[str, Any]:
    found = _WORD.search(given)
    read = found[1].lower() if found else None
    return {
        "id": row.id,
        "expected": row.clickbait,
        "given": given,
        "read": read,
        "format-following": float(given.lower() in ("yes", "no")),
        "accuracy": float(read == row.clickbait),
    }
