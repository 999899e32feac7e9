"""Perplexity: how well a model predicts texts, by token and by byte, read through a sliding window."""

from __future__ import annotations

from itertools import count
from math import log
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from llmreg.errors import UsageError
from llmreg.evaluation.figures import exponential, ratio
from llmreg.evaluation.task import Row, Scored, Task
from llmreg.training.encode import IGNORED, Example

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmreg.evaluation.subject import Subject

_WINDOW = 2048


class Text(Row):
    """A text to predict."""

    text: Annotated[str, Field(min_length=1)]
    """Read as it stands: no template, no end token."""


class Perplexity(Task[Text]):
    """Predict every token of every text, the first one from the token that begins texts.

    Figures are over all tokens or bytes together, so a long text weighs more than a short one.
    """

    name: ClassVar[str] = "perplexity"
    row: ClassVar[type[Row]] = Text
    metrics: ClassVar[tuple[str, ...]] = ("token-perplexity", "byte-perplexity", "bits-per-byte", "loss-per-token")
    asks: ClassVar[bool] = False

    window: Annotated[int, Field(ge=2)] | None = None
    """Tokens that the model reads at most to predict the next; without it 2,048, or the model's context if shorter."""
    stride: Annotated[int, Field(ge=1)] | None = None
    """Tokens that each window predicts anew; without it half a window, so that a token has at least half a window
    before it. As many as the window make windows that do not overlap."""

    def score(self, subject: Subject, rows: Sequence[Text], examples: Sequence[Text] = ()) -> Scored:  # noqa: ARG002
        """Give perplexity by token and by byte, bits a byte, and the loss; refuse an encoder-decoder."""
        if subject.start is not None:
            raise UsageError(
                "perplexity: an encoder-decoder answers and does not continue plain text; take a task that "
                "asks questions"
            )
        window, stride = self._sizes(subject)
        pieces = [(index, part) for index, row in enumerate(rows) for part in self._parts(subject, row, window, stride)]
        losses, tokens = [0.0] * len(rows), [0] * len(rows)
        for (index, _), found in zip(pieces, subject.losses([part for _, part in pieces]), strict=True):
            losses[index] += sum(found)
            tokens[index] += len(found)
        sizes = [len(row.text.encode("utf-8", "surrogatepass")) for row in rows]
        by_token = ratio("loss-per-token", losses, tokens, "nats")
        by_byte = ratio("loss-per-byte", losses, sizes, "nats")
        bits = ratio("bits-per-byte", [loss / log(2) for loss in losses], sizes, "bits")
        figures = (
            exponential("token-perplexity", by_token, "ratio"),
            exponential("byte-perplexity", by_byte, "ratio"),
            bits,
            by_token,
        )
        note = f"windows of {window:,} tokens, each predicting {stride:,} anew; {sum(tokens):,} tokens"
        return Scored(figures, list(_items(rows, losses, tokens, sizes)), (f"{note}, {sum(sizes):,} bytes",))

    def _sizes(self, subject: Subject) -> tuple[int, int]:
        window = self.window or min(_WINDOW, subject.context or _WINDOW)
        stride = self.stride or max(1, window // 2)
        if subject.context and window > subject.context:
            raise UsageError(f"window: the model reads {subject.context:,} tokens, not {window:,}")
        if stride > window:
            raise UsageError(f"stride: a window of {window:,} tokens cannot predict {stride:,}")
        return window, stride

    def _parts(self, subject: Subject, row: Text, window: int, stride: int) -> Iterator[Example]:
        """Cut a text into windows; together they predict each token once."""
        ids = (subject.first_token, *subject.tokens(row.text))
        done = 0
        for step in count():
            end = min(done + (stride if step else window), len(ids) - 1)
            start = max(0, end - window)
            labels = (*[IGNORED] * (done + 1 - start), *ids[done + 1 : end + 1])
            yield Example(ids[start : end + 1], labels)
            done = end
            if done == len(ids) - 1:
                return


def _items(
    rows: Sequence[Text], losses: Sequence[float], tokens: Sequence[int], sizes: Sequence[int]
) -> Iterator[dict[str, Any]]:
    for row, loss, count_, size in zip(rows, losses, tokens, sizes, strict=True):
        yield {"id": row.id, "loss": loss, "tokens": count_, "bytes": size}
