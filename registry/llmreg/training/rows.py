"""Rows of training that are read anew each time they are gone through, and their identity."""

from __future__ import annotations

import hashlib
import json
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Protocol

from llmreg import plugins
from llmreg.errors import LlmregError
from llmreg.training.formats.files import records
from llmreg.training.formats.reader import Tally, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from llmreg.schema import RecipeData
    from llmreg.training.formats.files import Place

    Row = dict[str, Any]


COLUMNS: dict[str, tuple[str, ...]] = {
    "text": ("text",),
    "instruction": ("instruction", "input", "output"),
    "conversation": ("messages",),
    "preference": ("messages", "instruction", "input", "chosen", "rejected"),
}
"""What training reads of a row, by data format; of one that a plugin brings, all of it."""


class Rows(Protocol):
    """Rows that can be gone through more than once: a list of them, or a `Table`."""

    def __iter__(self) -> Iterator[Row]:
        """Give the rows in order."""
        ...

    def __len__(self) -> int:
        """Count them."""
        ...


class Table:
    """The rows in some files, of which no more than one is in memory at a time."""

    def __init__(self, files: Sequence[Path], data: RecipeData) -> None:
        """Go through the files once, to check and count the rows; raise `LlmregError` for the first that is broken."""
        self.reader = plugins.load().reader(data.reader) if data.reader else None
        if self.reader and data.format not in self.reader.gives:
            formats = " or ".join(self.reader.gives)
            raise LlmregError(
                f"data.reader {data.reader} gives rows of the format {formats}, not {data.format}; "
                "set data.format, or name another reader"
            )
        self.files, self.data = tuple(files), data
        self.tally: Tally = Tally()
        """What the reader left out or mended, and how often."""
        self.sha256, self._count = _identity(self._placed(self.tally), self._read)
        if not self._count:
            names = ", ".join(map(str, files))
            raise LlmregError(f"{names} holds no rows{_of_which(self.tally)}; give a file that has some")

    def __iter__(self) -> Iterator[Row]:
        """Give the rows in the order of the files."""
        return (row for _, row in self._placed(Tally()))

    def __len__(self) -> int:
        """Count the rows."""
        return self._count

    def place(self, number: int) -> Place:
        """Give the place in a file of a row, counted from 0; the files are read up to it."""
        return next(islice(self._placed(Tally()), number, None))[0]

    def _placed(self, tally: Tally) -> Iterator[tuple[Place, Row]]:
        for path in self.files:
            if self.reader:
                yield from self.reader.rows(path, self.data.format, tally)
            else:
                yield from records(path, tally)

    def _read(self, row: Row) -> Row:
        """Return the columns that training reads, and count the others; what they hold does not matter."""
        used = self._only(row, COLUMNS.get(self.data.format, tuple(row)), "row")
        if isinstance(said := used.get("messages"), list) and all(isinstance(message, dict) for message in said):
            used["messages"] = [self._only(message, ("role", "content"), "message") for message in said]
        return used

    def _only(self, fields: Row, names: tuple[str, ...], of: str) -> Row:
        used = {name: value for name, value in fields.items() if name in names}
        if other := sorted(map(str, fields.keys() - used.keys())):
            self.tally[f"nothing was read of a {of}'s {', '.join(map(repr, other))}"] += 1
        return used


class Part:
    """Some of a table's rows, in the table's order."""

    def __init__(self, table: Rows, chosen: Sequence[int]) -> None:
        """Take the numbers of the rows, counted from 0 and ascending."""
        self.table, self.chosen = table, chosen

    def __iter__(self) -> Iterator[Row]:
        """Give the chosen rows."""
        rows, gone = iter(self.table), 0
        for number in self.chosen:
            yield next(islice(rows, number - gone, None))
            gone = number + 1

    def __len__(self) -> int:
        """Count the chosen rows."""
        return len(self.chosen)

    def place(self, number: int) -> str:
        """Say where the row with this number, counted from 0, comes from."""
        return place_of(self.table, self.chosen[number])


class Kept(list["Row"]):
    """Rows held back, in memory, that know where they come from."""

    def __init__(self, part: Part) -> None:
        """Take the rows of a part."""
        super().__init__(part)
        self._part = part

    def place(self, number: int) -> str:
        """Say where the row with this number, counted from 0, comes from."""
        return self._part.place(number)


class Joined:
    """The rows of several datasets, one dataset after the other."""

    def __init__(self, tables: Sequence[Rows]) -> None:
        """Take the rows of each dataset, in order."""
        self.tables = tuple(tables)

    def __iter__(self) -> Iterator[Row]:
        """Give the rows of the first dataset, then those of the next."""
        return chain.from_iterable(self.tables)

    def __len__(self) -> int:
        """Count the rows of all."""
        return sum(map(len, self.tables))

    def place(self, number: int) -> str:
        """Say where the row with this number, counted from 0, comes from."""
        for table in self.tables:
            if number < len(table):
                return place_of(table, number)
            number -= len(table)
        raise IndexError(number)


def place_of(rows: Rows, number: int) -> str:
    """Say where a row comes from: its place in a file, or its number, counted from 1, in a list."""
    found = getattr(rows, "place", None)
    return str(found(number)) if found else f"row {number + 1}"


def hold_out(rows: Rows, count: int, seed: int | None) -> tuple[Part, Kept]:
    """Part the rows into those to train on and `count` to keep back, both in their order.

    The last ones are kept back, or with a seed those that `datasets.Dataset.train_test_split(test_size=count,
    seed=seed)` puts into its test part.
    """
    if seed is None:
        cut = len(rows) - count
        return Part(rows, range(cut)), Kept(Part(rows, range(cut, len(rows))))
    import numpy as np

    order = np.random.default_rng(seed).permutation(len(rows))
    return Part(rows, np.sort(order[count:]).tolist()), Kept(Part(rows, np.sort(order[:count]).tolist()))


def draw(rows: Rows, fraction: float, seed: int | None) -> Rows:
    """Draw a share of the rows at random, in their order; at least one of them."""
    if fraction == 1:
        return rows
    import numpy as np

    count = max(1, round(fraction * len(rows)))
    return Part(rows, np.sort(np.random.default_rng(seed).permutation(len(rows))[:count]).tolist())


def fingerprint(rows: Iterable[Mapping[str, Any]]) -> str:
    """Give the SHA-256 of the rows as JSON lines: keys sorted, no spaces, UTF-8, a newline after each row."""
    return _identity((f"row {number}", row) for number, row in enumerate(rows, start=1))[0]


def _identity(
    rows: Iterable[tuple[object, Mapping[str, Any]]], read: Callable[[Any], Mapping[str, Any]] = dict
) -> tuple[str, int]:
    """Return the fingerprint of what is read of the rows, and how many there are; errors name a row by its place."""
    digest, count = hashlib.sha256(), 0
    for place, row in rows:
        try:
            line = json.dumps(read(row), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise LlmregError(f"{place} cannot be written as JSON: {error}; keep text, numbers and lists") from None
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
        count += 1
    return digest.hexdigest(), count


def _of_which(tally: Tally) -> str:
    return "".join(f"; {times(count, what)}" for what, count in sorted(tally.items()))
