"""Dedupe: of rows that say the same, word for word or nearly so, keep the first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

import llmreg
from llmreg.maker import field_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Sequence


class Dedupe(llmreg.Maker):
    """Drops exact copies, or with MinHash also rows that share most of their runs of words with an earlier one."""

    name: ClassVar[str] = "dedupe"
    one_to_one: ClassVar[bool] = True

    by: Literal["exact", "minhash"] = "exact"
    """`minhash` estimates how much two rows share (Broder 1997)."""
    fields: tuple[str, ...] = ()
    """The fields that are compared; all of the row where none is named."""
    normal: bool = False
    """Whether the case of letters and the kind of blanks make no difference; with `minhash` they never do."""
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """With `minhash`: rows whose estimated Jaccard similarity is at least this are the same."""
    shingle: Annotated[int, Field(ge=1, le=50)] = 5
    """With `minhash`: words in a run."""
    permutations: Annotated[int, Field(ge=16, le=1024)] = 128
    """With `minhash`: how many hashes make the estimate."""

    def make(self, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        """Return the first of all rows that are the same."""
        rows = self._exact(work) if self.by == "exact" else self._near(work)
        yield from rows

    def _exact(self, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        seen: set[bytes] = set()
        for row in work.rows():
            compared = [field_of(row, field) for field in self.fields] if self.fields else row
            text = json.dumps(compared, sort_keys=True, ensure_ascii=False)
            if self.normal:
                text = " ".join(" ".join(texts_of(compared)).lower().split())
            key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
            if key in seen:
                work.drop("the same as an earlier row")
                continue
            seen.add(key)
            yield row

    def _near(self, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        from datasketch import MinHash, MinHashLSH

        kept: dict[int, MinHash] = {}
        index = MinHashLSH(threshold=self.threshold, num_perm=self.permutations)
        for number, row in enumerate(work.rows()):
            signature = MinHash(num_perm=self.permutations, seed=1)
            signature.update_batch(_runs(self._words(row), self.shingle))
            if any(signature.jaccard(kept[key]) >= self.threshold for key in index.query(signature)):
                work.drop("nearly the same as an earlier row")
                continue
            kept[number] = signature
            index.insert(number, signature)
            yield row

    def _words(self, row: dict[str, Any]) -> list[str]:
        compared = [field_of(row, field) for field in self.fields] if self.fields else row
        return " ".join(texts_of(compared)).lower().split()


def _runs(words: Sequence[str], length: int) -> list[bytes]:
    """Return each run of words once; a text shorter than a run is one."""
    runs = {" ".join(words[at : at + length]) for at in range(max(1, len(words) - length + 1))}
    return [run.encode("utf-8", "surrogatepass") for run in sorted(runs)]


@llmreg.hookimpl
def register_makers() -> list[type[llmreg.Maker]]:
    """Offer the removal of copies."""
    return [Dedupe]
