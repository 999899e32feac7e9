"""ROUGE-L between texts, fast enough for a pool of many thousand: exact, and without a score for most pairs.

The words are those of rouge-score without a stemmer: runs of the letters a to z and digits, in lower case. The F
measure of ROUGE-L is twice the longest common subsequence of words over the words of both texts. rapidfuzz computes
that with one sign for each word; a text that cannot come above the threshold by its length alone is not looked at.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

_WORD = re.compile(r"[a-z0-9]+")
_SURROGATES = 0xD800
_AFTER = 0xE000


class Pool:
    """Texts that others are compared with."""

    def __init__(self, threshold: float) -> None:
        """Take the F measure above which two texts are too similar."""
        self.threshold = Fraction(str(threshold))
        self._signs: dict[str, str] = {}
        self._by_length: defaultdict[int, list[str]] = defaultdict(list)

    def add(self, text: str) -> None:
        """Put a text into the pool."""
        signs = self.signs(text)
        self._by_length[len(signs)].append(signs)

    def too_similar(self, text: str) -> bool:
        """Tell whether the text has a ROUGE-L above the threshold to any of the pool."""
        from rapidfuzz import process
        from rapidfuzz.distance import LCSseq

        signs = self.signs(text)
        for length, others in self._near(len(signs)):
            # The fewest words in common that put 2 * common / (length + own) above the threshold.
            common = int(self.threshold * (length + len(signs)) / 2) + 1
            if process.extractOne(signs, others, scorer=LCSseq.similarity, score_cutoff=common, processor=None):
                return True
        return False

    def _near(self, own: int) -> Iterator[tuple[int, list[str]]]:
        """Return the texts whose length alone lets them come above the threshold, those of the same length first."""
        for length in sorted(self._by_length, key=lambda length: abs(length - own)):
            if own + length and 2 * min(own, length) > self.threshold * (own + length):
                yield length, self._by_length[length]

    def signs(self, text: str) -> str:
        """Return a text with one sign for each word."""
        words = _WORD.findall(text.lower())
        return "".join(self._signs.setdefault(word, _sign(len(self._signs))) for word in words)


def _sign(number: int) -> str:
    """Return the sign for the word with this number; halves of characters are no signs."""
    number += 1
    return chr(number if number < _SURROGATES else number - _SURROGATES + _AFTER)
