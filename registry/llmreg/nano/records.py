"""Records of invented models, and rows of text, instructions and conversations about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.nano import words

if TYPE_CHECKING:
    from random import Random

    Record = dict[str, str]
    Row = dict[str, Any]


def record(random: Random, reserved: bool) -> Record:
    """Invent a model: its name first, then every field in a random order."""
    order = random.sample(words.FIELDS, len(words.FIELDS))
    return {"name": words.name(random, reserved), **{field: random.choice(words.VALUES[field]) for field in order}}


def text_row(random: Random, reserved: bool) -> Row:
    """Write a record and sentences that restate some of its fields, as plain text."""
    made = record(random, reserved)
    told = random.sample(words.FIELDS, 5)
    sentences = [f"The {field} of {made['name']} is {made[field]}." for field in told]
    return {"text": f"{_written(made)}\n{' '.join(sentences)}"}


def instruction_row(random: Random, reserved: bool) -> Row:
    """Ask for one field of a record, which is the input; the answer is the field's value."""
    made = record(random, reserved)
    field = random.choice(words.FIELDS)
    return {"instruction": _question(random, made, field), "input": _written(made), "output": made[field]}


def conversation_row(random: Random, reserved: bool) -> Row:
    """Ask for two fields of a record, one after the other."""
    made = record(random, reserved)
    first, second = random.sample(words.FIELDS, 2)
    return {
        "messages": [
            {"role": "user", "content": f"{_written(made)}\n{_question(random, made, first)}"},
            {"role": "assistant", "content": made[first]},
            {"role": "user", "content": _question(random, made, second)},
            {"role": "assistant", "content": made[second]},
        ]
    }


def _written(made: Record) -> str:
    return "\n".join(f"{field}: {value}" for field, value in made.items())


def _question(random: Random, made: Record, field: str) -> str:
    return random.choice(words.QUESTIONS[field]).format(name=made["name"])
