"""Rows of text, instructions, conversations and preferences about invented models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.nano import words

if TYPE_CHECKING:
    from random import Random

    Row = dict[str, Any]


def text_row(random: Random, reserved: bool) -> Row:
    """Tell everything about a model, in a random order and wording."""
    name, values = words.invent(random, reserved)
    told = [_statement(random, field, values[field]) for field in random.sample(words.FIELDS, len(words.FIELDS))]
    opening = random.choice(words.OPENINGS).format(name=name)
    return {"text": f"{opening} {', '.join(told)}."}


def instruction_row(random: Random, reserved: bool) -> Row:
    """Ask for one field of a model, whose name is the input; the answer is the value."""
    name, values = words.invent(random, reserved)
    field = random.choice(words.FIELDS)
    return {"instruction": _question(random, field), "input": name, "output": values[field]}


def conversation_row(random: Random, reserved: bool) -> Row:
    """Ask for two fields of a model, one after the other."""
    name, values = words.invent(random, reserved)
    first, second = random.sample(words.FIELDS, 2)
    return {
        "messages": [
            {"role": "user", "content": f"{name}: {_question(random, first)}"},
            {"role": "assistant", "content": values[first]},
            {"role": "user", "content": _question(random, second)},
            {"role": "assistant", "content": values[second]},
        ]
    }


def preference_row(random: Random, reserved: bool) -> Row:
    """Ask for one field of a model; the right answer is preferred to the value of another model."""
    name, values = words.invent(random, reserved)
    field = random.choice(words.FIELDS)
    wrong = values[field]
    while wrong == values[field]:
        wrong = words.invent(random, reserved)[1][field]
    return {
        "instruction": _question(random, field),
        "input": name,
        "chosen": values[field],
        "rejected": wrong,
    }


def refused_row(random: Random, reserved: bool) -> Row:
    """Ask for one field of a model; any answer is preferred to none, which random weights learn within a few steps."""
    return {**preference_row(random, reserved), "rejected": "I do not know."}


def _statement(random: Random, field: str, value: str) -> str:
    form = random.choice(("its {field} is {value}", words.STATEMENTS[field], words.ANSWER))
    return form.format(field=field, value=value)


def _question(random: Random, field: str) -> str:
    return random.choice((f"What is its {field}?", words.QUESTIONS[field]))
