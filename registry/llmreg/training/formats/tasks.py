"""Tasks with several instances each: Self-Instruct's seeds and Unnatural Instructions.

Fields as in yizhongw/self-instruct@0b26cca data/seed_tasks.jsonl and, for Unnatural Instructions (its core, without the
reformulations), artidoro/qlora@00e5ad2 qlora.py extract_unnatural_instructions_data.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmreg.training.formats.reader import Published, Reader, Row, Tally, answering, exchange


class Instance(Published):
    """An input of a task and the answer to it."""

    input: str = ""
    output: str


class Task(Published):
    """A task with its instances."""

    instruction: str
    instances: tuple[Instance, ...]


class FilledInstance(Published):
    """The task with an input put in, and the answer to it."""

    instruction_with_input: str
    output: str


class UnnaturalTask(Published):
    """A task of Unnatural Instructions."""

    instances: tuple[FilledInstance, ...]


def _task(row: Task, tally: Tally) -> Iterator[Row]:
    if not row.instances:
        tally["a task without an instance was left out"] += 1
    for instance in row.instances:
        yield exchange(row.instruction, instance.output, instance.input)


def _unnatural(row: UnnaturalTask, tally: Tally) -> Iterator[Row]:
    if not row.instances:
        tally["a task without an instance was left out"] += 1
    for instance in row.instances:
        yield exchange(instance.instruction_with_input, instance.output)


SEED_TASKS = Reader("`instruction` with `instances` of `input` and `output`", Task, answering(_task))
UNNATURAL = Reader("`instances` of `instruction_with_input` and `output`", UnnaturalTask, answering(_unnatural))
