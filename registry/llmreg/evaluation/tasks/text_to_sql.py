"""Text to SQL, as in the first look at LLaMA: queries are run, and count if they give what the right one gives."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from llmreg.errors import LlmregError
from llmreg.evaluation import sandbox
from llmreg.evaluation.figures import share
from llmreg.evaluation.generation import unended
from llmreg.evaluation.subject import Question
from llmreg.evaluation.task import Row, Scored, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmreg.evaluation.sandbox import Outcome
    from llmreg.evaluation.subject import Subject

_ROOM = 160


class Asked(Row):
    """What is wanted of a database, and a query that gives it."""

    goal: Annotated[str, Field(min_length=1)]
    """Goes on after "We want to"."""
    tables: Annotated[str, Field(min_length=1)]
    """The `CREATE TABLE` statements; the model is told names of tables and columns."""
    fillings: Annotated[tuple[str, ...], Field(min_length=1)]
    """`INSERT` statements, each a content of the tables on which the answer must be right; the model sees none."""
    query: Annotated[str, Field(min_length=1)]
    """A right query. It must not ask for the time of day: it has to give the same rows on any day."""
    ordered: bool = False
    """Whether the order of the rows matters."""


class TextToSql(Task[Asked]):
    """Write a query in SQLite's dialect; it is run and its rows compared with those of the right query.

    `execution-accuracy`: the query gives the same rows on every filling, in any order unless the order matters; names
    of columns do not matter, their order does, and 2 is 2.0. `runs`: it runs on the first filling, whatever it gives.
    An answer's query is its first block of code, else what stands before the first blank line, up to the end of the
    first statement.
    """

    name: ClassVar[str] = "text-to-sql"
    row: ClassVar[type[Row]] = Asked
    metrics: ClassVar[tuple[str, ...]] = ("execution-accuracy", "runs")

    max_new_tokens: Annotated[int, Field(ge=1)] | None = None
    """Tokens that an answer may have; without it 160, or as many as the longest right query takes."""

    def check(self, rows: Sequence[Asked], source: str) -> None:
        """Refuse rows whose own query fails or gives nothing."""
        for row in rows:
            for number, filling in enumerate(row.fillings, start=1):
                if why := _unfit(sandbox.run(_database(row, filling), [row.query])[0]):
                    raise LlmregError(f"{source}: row {row.id!r}: its own query on filling {number}: {why}")

    def score(self, subject: Subject, rows: Sequence[Asked], examples: Sequence[Asked] = ()) -> Scored:
        """Give the shares of right queries and of those that run."""
        shown = "".join(f"{_asked(row)}{row.query.strip().rstrip(';')};\n\n" for row in examples)
        right = {} if self.max_new_tokens else {row.id: (row.query,) for row in rows}
        questions = [Question(shown + _asked(row), expected=right.get(row.id, ())) for row in rows]
        given = subject.answers(questions, self.max_new_tokens or _ROOM)
        items = [_item(row, statement(text), text) for row, text in zip(rows, given, strict=True)]
        figures = tuple(share(name, [item[name] for item in items]) for name in self.metrics)
        refused = sum(item["refused"] is not None for item in items)
        return Scored(figures, items, (f"queries refused or stopped: {refused:,}", *unended(given)))


def statement(text: str) -> str:
    """Give the first statement of an answer: of its first block of code, or of what stands before a blank line."""
    block = re.search(r"```[a-zA-Z]*\n(.*?)(?:```|\Z)", text, re.DOTALL)
    whole = (block[1] if block else re.split(r"\n\s*\n", text.strip())[0]).strip()
    for place in (match.end() for match in re.finditer(";", whole)):
        if sqlite3.complete_statement(whole[:place]):
            return whole[:place]
    return whole


def _asked(row: Asked) -> str:
    """Ask as the first look does: tables and columns, what is wanted, and where the query goes."""
    lines = [
        f"-- We have a table `{name}` with columns {', '.join(f'`{each}`' for each in columns)}."
        for name, columns in sandbox.tables(row.tables).items()
    ]
    return "\n".join([*lines, f"-- We want to {row.goal}", "-- SQLite query for this is:\n"])


def _database(row: Asked, filling: str) -> str:
    return f"{row.tables};\n{filling}"


def _unfit(outcome: Outcome) -> str:
    """Say why nothing can be compared with this."""
    return outcome.error or outcome.refused or ("" if outcome.rows else "gives no rows, so nothing could be told by it")


def _item(row: Asked, query: str, text: str) -> dict[str, Any]:
    found = [sandbox.run(_database(row, filling), [row.query, query]) for filling in row.fillings]
    first = found[0][1]
    return {
        "id": row.id,
        "given": text,
        "query": query,
        "rows": first.rows,
        "error": first.error,
        "refused": first.refused,
        "runs": float(first.rows is not None),
        "execution-accuracy": float(all(_same(right, answer, row.ordered) for right, answer in found)),
    }


def _same(right: Outcome, answer: Outcome, ordered: bool) -> bool:
    if right.rows is None or answer.rows is None:
        return False
    wanted, given = ([tuple(map(_plain, row)) for row in each.rows] for each in (right, answer))  # type: ignore[union-attr]
    return wanted == given if ordered else Counter(wanted) == Counter(given)


def _plain(value: Any) -> Any:
    """Write a value so that equal ones are equal: whole numbers as integers, others to 9 digits."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else float(f"{value:.9g}")
    return tuple(value.items()) if isinstance(value, dict) else value
