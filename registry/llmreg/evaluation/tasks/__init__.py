"""The tasks by name: one module each, with the form of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from llmreg.errors import UnknownIdError, UsageError, did_you_mean
from llmreg.evaluation.tasks.clickbait import Clickbait
from llmreg.evaluation.tasks.exact_match import ExactMatch
from llmreg.evaluation.tasks.joke_explanation import JokeExplanation
from llmreg.evaluation.tasks.multiple_choice import MultipleChoice
from llmreg.evaluation.tasks.perplexity import Perplexity
from llmreg.evaluation.tasks.text_to_sql import TextToSql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmreg.evaluation.task import Task

TASKS: dict[str, type[Task[Any]]] = {
    task.name: task for task in (Clickbait, ExactMatch, JokeExplanation, MultipleChoice, Perplexity, TextToSql)
}


def task_named(name: str, settings: Mapping[str, Any] | None = None) -> Task[Any]:
    """Build a task; raise `UnknownIdError` for a name that none has, `UsageError` for settings that it refuses."""
    if name not in TASKS:
        raise UnknownIdError(name, TASKS, "task")
    kind = TASKS[name]
    try:
        return kind.model_validate(dict(settings or {}))
    except ValidationError as error:
        fault = error.errors()[0]
        setting = str(fault["loc"][0]) if fault["loc"] else ""
        if fault["type"] == "extra_forbidden":
            known = list(kind.model_fields)
            has = f"it has {', '.join(known)}" if known else "it has none"
            message = f"no such setting{did_you_mean(setting, known)} ({has})"
        else:
            message = f"{fault['msg'].removeprefix('Value error, ')}, not {fault['input']!r}"
        raise UsageError(f"task {name}: {setting + ': ' if setting else ''}{message}") from None
