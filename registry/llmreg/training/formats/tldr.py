"""Summaries of Reddit posts: the filtered TL;DR posts, and the comparisons people made of summaries of them.

Fields as in openai/summarize-from-feedback@065ea4e README.md (comparisons) and huggingface/trl@039cce2
examples/datasets/tldr.py (posts), which also gives the words around a post. The space that both put after `TL;DR:` is
the template's to write.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from llmreg.training.formats.reader import Published, Reader, Row, Tally, answering, exchange
from llmreg.training.formats.turns import preference


class Post(Published):
    """A post; summaries of news, which are published beside them, have an article in its stead."""

    subreddit: str | None = None
    title: str | None = None
    post: str | None = None

    @property
    def asked(self) -> str:
        """Give the post with the words around it that ask for its summary."""
        return f"SUBREDDIT: r/{self.subreddit}\n\nTITLE: {self.title}\n\nPOST: {self.post}\n\nTL;DR:"


class SummarizedPost(Published):
    """A post with its author's own summary."""

    subreddit: str
    title: str
    post: str
    summary: str


class Summary(Published):
    """A summary by a person or a model."""

    text: str


class Comparison(Published):
    """Two summaries of one post, and which of them was preferred."""

    info: Post
    summaries: tuple[Summary, Summary]
    choice: int = Field(ge=0, le=1)


def _summarized(row: SummarizedPost, tally: Tally) -> Iterator[Row]:  # noqa: ARG001
    post = Post(subreddit=row.subreddit, title=row.title, post=row.post)
    yield exchange(post.asked, row.summary.strip())


def _preferred(row: Comparison, tally: Tally) -> Iterator[Row]:
    if row.info.post is None or row.info.subreddit is None:
        tally["a comparison of something else than a post was left out"] += 1
    else:
        yield exchange(row.info.asked, row.summaries[row.choice].text.strip())


def _pair(row: Comparison, tally: Tally) -> Iterator[Row]:
    if row.info.post is None or row.info.subreddit is None:
        tally["a comparison of something else than a post was left out"] += 1
    else:
        chosen, rejected = (row.summaries[number].text.strip() for number in (row.choice, 1 - row.choice))
        yield from preference([("user", row.info.asked)], chosen, rejected, tally)


TLDR_PAIRS = Reader("both `summaries` of each post", Comparison, {"preference": _pair})
TLDR = Reader("posts of `subreddit`, `title`, `post` with their `summary`", SummarizedPost, answering(_summarized))
TLDR_COMPARISONS = Reader("the chosen of two `summaries` of each post", Comparison, answering(_preferred))
