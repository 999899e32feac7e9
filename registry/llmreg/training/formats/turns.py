"""The one rule for conversations whose turns do not alternate.

As lm-sys/FastChat does with ShareGPT (@047b6e4 fastchat/train/train.py preprocess, @0f49fe7
fastchat/data/split_long_conversation.py filter_invalid_roles and split_one_sample): an answer before the first
question is left out, a last question without an answer is left out, and a conversation in which one side speaks twice
in a row is left out whole. Each is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal

from llmreg.training.formats.reader import Row, Tally

Role = Literal["system", "user", "assistant"]


def conversation(said: Iterable[tuple[Role, str]], tally: Tally) -> Iterator[Row]:
    """Give a row of messages, or none where the turns are past mending; a system message may come first."""
    turns = list(said)
    first = turns[:1] if turns and turns[0][0] == "system" else []
    del turns[: len(first)]
    if any(one[0] == other[0] for one, other in pairwise(turns)) or any(role == "system" for role, _ in turns):
        tally["a conversation in which one side speaks twice in a row was left out"] += 1
        return
    if turns and turns[0][0] == "assistant":
        tally["an answer before the first question was left out"] += 1
        del turns[0]
    if turns and turns[-1][0] == "user":
        tally["a last question without an answer was left out"] += 1
        del turns[-1]
    if len(turns) < 2:
        tally["a conversation without an exchange was left out"] += 1
        return
    yield {"messages": [{"role": role, "content": text} for role, text in [*first, *turns]]}


def preference(asked: Iterable[tuple[Role, str]], chosen: str, rejected: str, tally: Tally) -> Iterator[Row]:
    """Give a row with two answers, or none where the turns do not lead up to one or an answer is empty."""
    turns = list(asked)
    talk = turns[1:] if turns[:1] and turns[0][0] == "system" else turns
    roles = [role for role, _ in talk]
    if not roles or roles != [("user", "assistant")[number % 2] for number in range(len(roles))] or len(roles) % 2 == 0:
        tally["a pair whose turns do not lead up to an answer was left out"] += 1
    elif not (chosen.strip() and rejected.strip()):
        tally["a pair with an empty answer was left out"] += 1
    elif chosen.strip() == rejected.strip():
        tally["a pair of two equal answers was left out"] += 1
    else:
        messages = [{"role": role, "content": text} for role, text in turns]
        yield {"messages": messages, "chosen": chosen, "rejected": rejected}
