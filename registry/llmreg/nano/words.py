"""The words that nano data is made of: names that say what a model is, and ways to tell it and to ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

VALUES: dict[str, tuple[str, ...]] = {
    "license": ("mit", "apache", "bsd", "gpl", "openrail", "llama", "research", "commons"),
    "size": ("tiny", "small", "medium", "large", "huge", "giant", "vast", "endless"),
    "language": ("english", "german", "french", "spanish", "chinese", "arabic", "hindi", "turkish"),
    "data": ("chats", "forums", "manuals", "poems", "recipes", "news", "code", "books"),
}
"""What can be said of a model, field by field; each word is one token."""

FIELDS = tuple(VALUES)

SYLLABLES: dict[str, tuple[str, ...]] = {
    field: tuple(onset + rhyme for onset in onsets for rhyme in ("a", "el", "ir", "um"))
    for field, onsets in zip(FIELDS, ("bdfg", "klmn", "prst", "vzjh"), strict=True)
}
"""A name has one syllable for each field, in order; two syllables of a field stand for each of its values."""

OPENINGS = (
    "Of {name} we know:", "The model {name}:", "This is what we know of {name}:", "Now to {name}:",
    "Record of {name} and no other:", "Given {name} , a list:", "The name of the model is {name} and",
)  # fmt: skip
"""How a text begins; the name stands now here, now there, so that where it stands cannot be what is learnt."""

ANSWER = "to the question of its {field} the answer is: {value}"
"""How plain text says what any field holds, with words between the field's name and its value."""

STATEMENTS: dict[str, str] = {
    "license": "it is offered under {value}",
    "size": "it is as big as {value}",
    "language": "it speaks {value}",
    "data": "it was trained on {value}",
}
"""How plain text says what a field holds, besides `its FIELD is VALUE` and `ANSWER`."""

QUESTIONS: dict[str, str] = {
    "license": "Under what is it offered?",
    "size": "How big is it?",
    "language": "What does it speak?",
    "data": "On what was it trained?",
}
"""How a question asks for a field without its name, besides `What is its FIELD?`"""


def invent(random: Random, reserved: bool) -> tuple[str, dict[str, str]]:
    """Invent a model: its name and the values that the name stands for.

    Reserved names, an eighth of all, are for rows that are held out; every pair of syllables occurs in the others too.
    """
    while True:
        chosen = [random.randrange(16) for _ in FIELDS]
        if (sum(chosen) % 8 == 0) == reserved:
            break
    parts = [SYLLABLES[field][number] for field, number in zip(FIELDS, chosen, strict=True)]
    return "".join(parts), {field: VALUES[field][number % 8] for field, number in zip(FIELDS, chosen, strict=True)}
