"""Plain text, one document or finished sample a row: The Pile, RedPajama, OIG and Guanaco's rows as they stand."""

from __future__ import annotations

from collections.abc import Iterator

from llmreg.training.formats.reader import Published, Reader, Row, Tally


class Text(Published):
    """A row of `text`."""

    text: str


def _rows(row: Text, tally: Tally) -> Iterator[Row]:
    if row.text.strip():
        yield {"text": row.text}
    else:
        tally["an empty text was left out"] += 1


TEXT = Reader("rows of `text`, learnt as they stand", Text, {"text": _rows})
