"""Rows that hold a prompt and what follows it, under the names that three projects give them.

`prompt` and `completion`: yizhongw/self_instruct, as artidoro/qlora@00e5ad2 qlora.py (format_dataset) reads it; `input`
and `output`: akoksal/LongForm, there too; `prompt` and `response`: nomic-ai/gpt4all@0bd6acb data.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmreg.training.formats.reader import Published, Reader, Row, Tally, answering, exchange


class Completion(Published):
    """A prompt and its completion."""

    prompt: str
    completion: str


class Response(Published):
    """A prompt and a model's response."""

    prompt: str
    response: str


class Output(Published):
    """An instruction, called `input`, and a text that fulfils it."""

    input: str
    output: str


def _completion(row: Completion, tally: Tally) -> Iterator[Row]:  # noqa: ARG001
    yield exchange(row.prompt, row.completion)


def _response(row: Response, tally: Tally) -> Iterator[Row]:  # noqa: ARG001
    yield exchange(row.prompt, row.response)


def _output(row: Output, tally: Tally) -> Iterator[Row]:  # noqa: ARG001
    yield exchange(row.input, row.output)


PROMPT_COMPLETION = Reader("rows of `prompt` and `completion`", Completion, answering(_completion))
PROMPT_RESPONSE = Reader("rows of `prompt` and `response`", Response, answering(_response))
INPUT_OUTPUT = Reader("rows of `input` and `output`", Output, answering(_output))
