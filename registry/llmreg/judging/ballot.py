"""A rater's way through pairs of answers, shuffled so that nothing tells which system is which."""

from __future__ import annotations

from collections import deque
from random import Random
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmreg.judging.answers import Answer, Pair
    from llmreg.judging.journal import Journal, Row
    from llmreg.ratings.rows import Winner

    _Place = tuple[str, frozenset[tuple[str, str]]]


class Ballot:
    """What one rater has still to judge, and the votes, each of which is on the disk before it counts."""

    def __init__(self, pairs: Sequence[Pair], rater: str, seed: int, journal: Journal) -> None:
        """Shuffle the pairs and the sides by the seed and the rater's name; votes in the journal are taken over."""
        self.rater, self.journal = rater, journal
        self._pairs = _shuffled(pairs, Random(f"{seed} {rater}"))  # noqa: S311 - hides nothing from an attacker
        self._number = {_place(pair.item, pair.first, pair.second): number for number, pair in enumerate(self._pairs)}
        voted = {self._number_of(row) for row in journal.rows if row.get("judge") == rater}
        self._open = deque(number for number in range(len(self._pairs)) if number not in voted)
        self._skipped: list[int] = []
        self._acts: list[str] = []
        """What was done since the start and can be taken back: votes and skips."""
        self._seed, self._lock = seed, Lock()

    @property
    def current(self) -> tuple[int, Pair] | None:
        """Give the pair to be judged now, with its number; none where no more are open."""
        with self._lock:
            return (self._open[0], self._pairs[self._open[0]]) if self._open else None

    @property
    def total(self) -> int:
        """Count the pairs."""
        return len(self._pairs)

    @property
    def skipped(self) -> int:
        """Count the pairs that were skipped and not judged since."""
        return len(self._skipped)

    @property
    def done(self) -> int:
        """Count the pairs that were judged."""
        return self.total - len(self._open) - len(self._skipped)

    @property
    def can_undo(self) -> bool:
        """Tell whether there is something to take back."""
        return (self._acts[-1:] == ["skip"] and bool(self._skipped)) or self._last_number() is not None

    def vote(self, number: int, winner: Winner) -> None:
        """Write a vote on the current pair; one on any other, as of a key that was hit twice, is left aside."""
        with self._lock:
            if self._is_current(number):
                pair = self._pairs[number]
                self.journal.append({**pair.row(self.rater), "winner": winner, "seed": self._seed})
                self._open.popleft()
                self._acts.append("vote")

    def skip(self, number: int) -> None:
        """Leave the current pair for later."""
        with self._lock:
            if self._is_current(number):
                self._skipped.append(self._open.popleft())
                self._acts.append("skip")

    def undo(self) -> None:
        """Take the last vote or skip back, and show its pair again.

        After a new start the rater's votes at the end of the file can be taken back, and nothing before another's.
        """
        with self._lock:
            last = self._acts.pop() if self._acts else "vote"
            if last == "skip" and self._skipped:
                self._open.appendleft(self._skipped.pop())
            elif last == "vote" and (number := self._last_number()) is not None:
                self.journal.drop_last()
                self._open.appendleft(number)

    def look_again(self) -> None:
        """Open the skipped pairs again."""
        with self._lock:
            self._open.extend(self._skipped)
            self._skipped.clear()
            self._acts = [act for act in self._acts if act != "skip"]

    def _is_current(self, number: int) -> bool:
        return bool(self._open) and self._open[0] == number

    def _last_number(self) -> int | None:
        """Give the pair that the file's last row judges, if it is this rater's."""
        row = self.journal.rows[-1] if self.journal.rows else {}
        return self._number_of(row) if row.get("judge") == self.rater else None

    def _number_of(self, row: Row) -> int | None:
        sides = ((row["first"], str(row.get("first_answer"))), (row["second"], str(row.get("second_answer"))))
        return self._number.get((str(row["item"]), frozenset(sides)))


def _shuffled(pairs: Sequence[Pair], random: Random) -> list[Pair]:
    """Draw the order of the pairs, and which half of them is shown the other way round."""
    order = list(pairs)
    random.shuffle(order)
    swap = [place % 2 == 1 for place in range(len(order))]
    random.shuffle(swap)
    return [pair.swapped if other else pair for pair, other in zip(order, swap, strict=True)]


def _place(item: str, first: Answer, second: Answer) -> _Place:
    return item, frozenset(((first.system, first.id), (second.system, second.id)))
