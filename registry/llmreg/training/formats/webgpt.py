"""WebGPT's comparisons: a question, two answers and people's score for each.

Fields as on the card of openai/webgpt_comparisons and in LAION-AI/Open-Assistant@0109d60
model/model_training/custom_datasets/qa_datasets.py. The answer with the higher score is taken as published, marks of
references included; where both have the same, people preferred neither and the row is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmreg.training.formats.reader import Published, Reader, Row, Tally, answering, exchange
from llmreg.training.formats.turns import preference


class Question(Published):
    """The question."""

    full_text: str


class Comparison(Published):
    """Two answers; scores lie between -1 and 1 and add up to 0."""

    question: Question
    answer_0: str
    answer_1: str
    score_0: float
    score_1: float


def _pair(row: Comparison, tally: Tally) -> Iterator[Row]:
    answers = (row.answer_0, row.answer_1) if row.score_0 > row.score_1 else (row.answer_1, row.answer_0)
    if row.score_0 == row.score_1:
        tally["a comparison that prefers neither answer was left out"] += 1
    else:
        yield from preference([("user", row.question.full_text)], *answers, tally)


def _better(row: Comparison, tally: Tally) -> Iterator[Row]:
    if row.score_0 == row.score_1:
        tally["a comparison that prefers neither answer was left out"] += 1
        return
    answer = row.answer_0 if row.score_0 > row.score_1 else row.answer_1
    if answer.strip():
        yield exchange(row.question.full_text, answer)
    else:
        tally["a comparison whose better answer is empty was left out"] += 1


WEBGPT_PAIRS = Reader("both answers to each `question`, where people preferred one", Comparison, {"preference": _pair})
WEBGPT = Reader("the better of `answer_0` and `answer_1` to each `question`", Comparison, answering(_better))
