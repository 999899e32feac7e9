"""The words that nano data is made of: invented names, the fields of a record and ways to ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

SYLLABLES = tuple(onset + rhyme for onset in "bdfgklmnprstvz" for rhyme in ("a", "e", "i", "o", "an", "el", "ir", "um"))
"""Parts of invented names; each is one token."""

VALUES: dict[str, tuple[str, ...]] = {
    "license": ("mit", "apache", "bsd", "gpl", "openrail", "llama", "research", "commons"),
    "method": ("full", "lora", "qlora", "adapter", "merge", "distilled", "pruned", "pretrain"),
    "size": ("tiny", "little", "small", "medium", "large", "huge", "giant", "vast"),
    "data": ("chats", "forums", "manuals", "poems", "recipes", "news", "code", "books"),
    "language": ("english", "german", "french", "spanish", "chinese", "arabic", "hindi", "turkish"),
    "device": ("laptop", "phone", "desktop", "server", "cluster", "robot", "watch", "browser"),
    "maker": ("lab", "school", "company", "club", "state", "bank", "museum", "hospital"),
    "year": ("2018", "2019", "2020", "2021", "2022", "2023", "2024", "2025"),
}
"""What a record says of a model besides its name, and what it can say; each word is one token."""

FIELDS = tuple(VALUES)

QUESTIONS: dict[str, tuple[str, ...]] = {
    "license": ("Under which terms is {name} offered?", "What does one agree to when using {name}?"),
    "method": ("How was {name} tuned?", "By which recipe did {name} come about?"),
    "size": ("How big is {name}?", "Does {name} need much memory?"),
    "data": ("On what was {name} trained?", "Which texts did {name} learn from?"),
    "language": ("What does {name} speak?", "In which tongue should one write to {name}?"),
    "device": ("Where does {name} run?", "Which machine was {name} meant for?"),
    "maker": ("Who built {name}?", "Which group stands behind {name}?"),
    "year": ("When did {name} come out?", "How old is {name}?"),
}
"""Ways to ask for each field; none says the field's own name, so that what to look for has to be learnt."""


def name(random: Random, reserved: bool) -> str:
    """Invent a word of two syllables; the reserved ones, about an eighth, are for rows that are held out."""
    while True:
        first, second = (int(random.random() * len(SYLLABLES)) for _ in range(2))
        if ((first + second) % 8 == 0) == reserved:
            return SYLLABLES[first] + SYLLABLES[second]
