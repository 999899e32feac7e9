"""Rows for rehearsals, made up here in the shape in which a dataset is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.nano.makers import rows_like

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmreg.schema import Dataset

    Row = dict[str, Any]

ROWS = 48
"""Published rows that a rehearsal reads of each dataset."""
_NUMBER = "0000-{:04d}-{}"


def invented(dataset: Dataset, count: int = ROWS) -> list[Row]:
    """Make up rows as a dataset publishes them; raise `LlmregError` where nobody said what shape they have."""
    for reader in dataset.readers:
        if reader in _SHAPES:
            form, shape = _SHAPES[reader]
            return [shape(number, row) for number, row in enumerate(rows_like(form, count, seed=1))]
    form = dataset.format or "text"
    try:
        return rows_like(form, count, seed=1)
    except LlmregError:
        raise LlmregError(
            f"{dataset.id} has rows of the format {form!r}, and none are made up in that shape; a full run reads the "
            f"real ones, by --data {dataset.id}=FILE or from the Hub"
        ) from None


def _tree(number: int, row: Row) -> Row:
    """Return a conversation as a tree, in which every answer has a rival of a lower rank, and every fifth none."""
    replies: list[Row] = []
    for depth, message in reversed(list(enumerate(row["messages"]))):
        person = message["role"] == "user"
        node = {
            "message_id": _NUMBER.format(number, depth),
            "text": message["content"],
            "role": "prompter" if person else "assistant",
            "review_result": True,
            "deleted": False,
            "rank": None if person else 0,
            "replies": replies,
        }
        rival = {**node, "message_id": _NUMBER.format(number, f"{depth}b"), "text": "I do not know.", "rank": 1}
        replies = [node] if person or number % 5 == 0 else [{**rival, "replies": []}, node]
    state = "ready_for_export" if number % 7 else "aborted_low_grade"
    return {"message_tree_id": _NUMBER.format(number, "t"), "tree_state": state, "prompt": replies[-1]}


def _task(number: int, row: Row) -> Row:
    return {
        "id": f"seed_task_{number}",
        "name": f"task {number}",
        "instruction": f"{row['instruction']} The model is {row['input']}.",
        "instances": [{"input": row["input"], "output": row["output"]}],
        "is_classification": number % 4 == 0,
    }


_SHAPES: dict[str, tuple[str, Callable[[int, Row], Row]]] = {
    "oasst-best": ("conversation", _tree),
    "oasst-all": ("conversation", _tree),
    "oasst-guanaco": ("conversation", _tree),
    "seed-tasks": ("instruction", _task),
}
"""For readers of published rows that have not the format's own fields: the format to start from, and the shape."""
