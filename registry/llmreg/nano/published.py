"""Make up rows as published datasets have them, one layout for each reader, from nothing but a seed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any

from llmreg.nano.records import conversation_row, instruction_row, text_row

if TYPE_CHECKING:
    Record = dict[str, Any]

_WORSE = "I do not know."


def published_like(reader: str, count: int, seed: int) -> list[Record]:
    """Make rows that a reader takes; equal arguments give equal rows on every machine."""
    random = Random(f"{reader} {seed}")  # noqa: S311 - the rows must be the same everywhere, not hard to guess
    return [_MAKERS[reader](random) for _ in range(count)]


def _task(random: Random) -> tuple[str, str, str]:
    row = instruction_row(random, False)
    return row["instruction"], row["input"], row["output"]


def _asked(random: Random) -> tuple[str, str]:
    question, name, answer = _task(random)
    return f"{name}: {question}", answer


def _said(random: Random) -> list[str]:
    return [message["content"] for message in conversation_row(random, False)["messages"]]


def _pair(question: str, answer: str) -> Callable[[Random], Record]:
    return lambda random: dict(zip((question, answer), _asked(random), strict=True))


def _fields(*names: str) -> Callable[[Random], Record]:
    return lambda random: dict(zip(names, _task(random), strict=True))


def _alpaca_libre(random: Random) -> Record:
    return {**_fields("instruction", "input", "output")(random), "status": "ok"}


def _seed_task(random: Random) -> Record:
    question, name, answer = _task(random)
    return {"instruction": question, "instances": [{"input": name, "output": answer}]}


def _unnatural(random: Random) -> Record:
    return {"instances": [_pair("instruction_with_input", "output")(random)]}


def _sharegpt(random: Random) -> Record:
    turns = zip(("human", "gpt") * 2, _said(random), strict=True)
    return {"conversations": [{"from": speaker, "value": text} for speaker, text in turns]}


def _tree(random: Random) -> Record:
    replies: list[Record] = []
    for role, text in zip(("assistant", "prompter") * 2, reversed(_said(random)), strict=True):
        replies = [{"role": role, "text": text, "rank": 0, "review_result": True, "replies": replies}]
    return {"tree_state": "ready_for_export", "prompt": replies[0]}


def _hh(random: Random) -> Record:
    texts = _said(random)
    marked = [f"\n\n{mark}: {text}" for mark, text in zip(("Human", "Assistant") * 2, texts, strict=True)]
    return {"chosen": "".join(marked), "rejected": "".join((*marked[:-1], f"\n\nAssistant: {_WORSE}"))}


def _hc3(random: Random) -> Record:
    question, answer = _asked(random)
    return {"question": question, "human_answers": [answer], "chatgpt_answers": [answer]}


def _oig(random: Random) -> Record:
    turns = zip(("human", "bot") * 2, _said(random), strict=True)
    return {"text": "\n".join(f"<{mark}>: {text}" for mark, text in turns)}


def _webgpt(random: Random) -> Record:
    question, answer = _asked(random)
    return {
        "question": {"full_text": question},
        "answer_0": answer,
        "answer_1": _WORSE,
        "score_0": 1.0,
        "score_1": -1.0,
    }


def _tldr(random: Random) -> Record:
    question, name, answer = _task(random)
    return {"subreddit": "models", "title": name, "post": question, "summary": answer}


def _compared(random: Random) -> Record:
    post = _tldr(random)
    return {"summaries": [{"text": post.pop("summary")}, {"text": _WORSE}], "info": post, "choice": 0}


def _binarized(random: Random) -> Record:
    question, answer = _asked(random)
    asked = {"role": "user", "content": question}
    said = {side: [asked, {"role": "assistant", "content": text}] for side, text in _sides(answer)}
    return {"prompt": question, **said}


def _comments(random: Random) -> Record:
    question, answer = _asked(random)
    return {"history": question, "human_ref_A": _WORSE, "human_ref_B": answer, "labels": 0}


def _static(random: Random) -> Record:
    question, answer = _asked(random)
    sides = {side: f" {text}" for side, text in _sides(answer)}
    return {"prompt": f"\n\nHuman: {question}\n\nAssistant:", "response": sides["chosen"], **sides}


def _sides(answer: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("chosen", answer), ("rejected", _WORSE)


_MAKERS: dict[str, Callable[[Random], Record]] = {
    "text": lambda random: text_row(random, False),
    "alpaca": _fields("instruction", "input", "output"),
    "alpaca-libre": _alpaca_libre,
    "prompt-completion": _pair("prompt", "completion"),
    "prompt-response": _pair("prompt", "response"),
    "input-output": _pair("input", "output"),
    "seed-tasks": _seed_task,
    "unnatural-instructions": _unnatural,
    "dolly": _fields("instruction", "context", "response"),
    "sharegpt": _sharegpt,
    "oasst-best": _tree,
    "oasst-all": _tree,
    "oasst-guanaco": _tree,
    "hh-chosen": _hh,
    "hh-rejected": _hh,
    "hc3": _hc3,
    "hc3-human": _hc3,
    "hc3-chatgpt": _hc3,
    "oig": _oig,
    "webgpt": _webgpt,
    "tldr": _tldr,
    "tldr-comparisons": _compared,
    "hh-pairs": _hh,
    "webgpt-pairs": _webgpt,
    "tldr-pairs": _compared,
    "ultrafeedback": _binarized,
    "shp": _comments,
    "rm-static": _static,
}
