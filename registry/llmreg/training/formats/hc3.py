"""HC3: questions with answers by people and by ChatGPT.

Fields as on the card and in the loader of Hello-SimpleAI/HC3: `question`, and the lists `human_answers` and
`chatgpt_answers`. Every answer makes a row; `hc3` takes both lists, people's first.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmreg.training.formats.reader import Published, Reader, Row, Tally, answering, exchange


class Hc3(Published):
    """A question with its answers."""

    question: str
    human_answers: tuple[str, ...]
    chatgpt_answers: tuple[str, ...]


def _answers(question: str, answers: tuple[str, ...], by: str, tally: Tally) -> Iterator[Row]:
    if not answers:
        tally[f"a question without an answer by {by} was left out"] += 1
    for answer in answers:
        if answer.strip():
            yield exchange(question, answer)
        else:
            tally[f"an empty answer by {by} was left out"] += 1


def _human(row: Hc3, tally: Tally) -> Iterator[Row]:
    yield from _answers(row.question, row.human_answers, "people", tally)


def _chatgpt(row: Hc3, tally: Tally) -> Iterator[Row]:
    yield from _answers(row.question, row.chatgpt_answers, "ChatGPT", tally)


def _both(row: Hc3, tally: Tally) -> Iterator[Row]:
    yield from _human(row, tally)
    yield from _chatgpt(row, tally)


HC3_HUMAN = Reader("people's `human_answers` to each `question`", Hc3, answering(_human))
HC3_CHATGPT = Reader("ChatGPT's `chatgpt_answers` to each `question`", Hc3, answering(_chatgpt))
HC3 = Reader("both kinds of answers to each `question`", Hc3, answering(_both))
