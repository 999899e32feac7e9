"""The base class of tasks: a task is its settings, its rows have a declared form, and it scores a model on them."""

from __future__ import annotations

import json
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from llmreg.errors import LlmregError
from llmreg.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llmreg.evaluation.figures import Figure
    from llmreg.evaluation.subject import Subject

_FEW = 10
"""Rows that one message names."""


class Row(BaseModel):
    """One row; fields that its task does not name are read by nobody."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    id: str | int | None = None
    """Names the row in what is written of it; its number without one."""

    def asked(self) -> str:
        """Give the row without its id, by which two rows that ask the same are told."""
        return json.dumps(self.model_dump(exclude={"id"}), sort_keys=True)


R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Scored:
    """What a task found: figures over all rows, and for each row what it rests on."""

    figures: tuple[Figure, ...]
    items: list[dict[str, Any]]
    notes: tuple[str, ...] = ()


class Task(Strict, Generic[R]):
    """One way of scoring a model. The fields of a subclass are its settings."""

    model_config = ConfigDict(use_attribute_docstrings=True, defer_build=False)

    name: ClassVar[str]
    row: ClassVar[type[Row]]
    """The form of a row."""
    metrics: ClassVar[tuple[str, ...]]
    """The figures it gives, by the names that benchmarks use."""
    asks: ClassVar[bool] = True
    """Whether it asks questions: through a template, after worked examples."""

    @abstractmethod
    def score(self, subject: Subject, rows: Sequence[R], examples: Sequence[R] = ()) -> Scored:
        """Ask or measure the model on each row, after the worked `examples`."""

    def check(self, rows: Sequence[R], source: str) -> None:
        """Refuse rows of the file `source` that are well formed and yet cannot be scored."""

    @classmethod
    def read(cls, records: Iterable[tuple[object, Mapping[str, Any]]]) -> list[R]:
        """Give the rows of records with their places; raise `LlmregError` naming those not of the task's form."""
        rows: list[Any] = []
        faults: list[str] = []
        for number, (place, fields) in enumerate(records, start=1):
            try:
                row = cls.row.model_validate(dict(fields))
                rows.append(row if row.id is not None else row.model_copy(update={"id": number}))
            except ValidationError as error:
                faults += [f"{place}: {_words(fault)}" for fault in error.errors(include_url=False)]
        if faults:
            more = f"\n... and {len(faults) - _FEW:,} more" if len(faults) > _FEW else ""
            described = ", ".join(cls.row.model_fields)
            raise LlmregError("\n".join(faults[:_FEW]) + more + f"\nrows of the task {cls.name} have {described}")
        return rows


def _words(fault: Any) -> str:
    place = ".".join(map(str, fault["loc"]))
    message = "is missing" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else str(message)
