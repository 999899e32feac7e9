"""What objectives share that learn from pairs: a question with an answer that was chosen and one that was rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import llmreg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def answered(row: Mapping[str, Any], answer: str) -> dict[str, Any]:
    """Give a row of the format preference with one answer, as an instruction or a conversation."""
    if "instruction" in row:
        return {"instruction": row["instruction"], "input": row.get("input"), "output": answer}
    return {"messages": [*row["messages"], {"role": "assistant", "content": answer}]}


class Pairs(llmreg.Objective):
    """Learns from the answer that was chosen and the one that was rejected, side by side."""

    reads: ClassVar[tuple[str, ...]] = ("preference",)
    parts: ClassVar[tuple[str, ...]] = ("chosen", "rejected")
    last_answer: ClassVar[bool] = True

    def drafts(self, row: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[llmreg.Draft]:  # noqa: ARG002
        """Give the question with either answer."""
        yield llmreg.Draft({part: answered(row, row[part]) for part in self.parts})
