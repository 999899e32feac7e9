"""Find what an earlier import wrote from rows that cannot be read now: it stays, and its name keeps its meaning."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from llmreg.catalog.names import normal
from llmreg.catalog.yaml import read
from llmreg.errors import CatalogError
from llmreg.importers.write import remembered
from llmreg.schema import FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from llmreg.importers.record import Kind, Place, Record


class Standing(NamedTuple):
    """An entry that an earlier import wrote, and where its row stood."""

    id: str
    kind: Kind
    name: str
    path: str
    locator: str | None


def standing(into: Path, importer: str, broken: Sequence[Place], records: Iterable[Record]) -> list[Standing]:
    """Return the entries whose rows are among the broken places.

    A place may be another row's by now, so an entry counts only where fewer rows of its name come in than before.
    """
    if not broken:
        return []
    entries = [*_written(into, importer)]
    before = Counter((entry.kind, normal(entry.name)) for entry in entries)
    now = Counter((record.kind, normal(record.name)) for record in records)
    places = {(place.path, place.locator) for place in broken}
    files = {place.path for place in broken if not place.locator}
    return [
        entry
        for entry in entries
        if (entry.path in files or (entry.path, entry.locator) in places)
        and before[entry.kind, normal(entry.name)] > now[entry.kind, normal(entry.name)]
    ]


def _written(into: Path, importer: str) -> Iterator[Standing]:
    for file in remembered(into, importer):
        folder, _, name = file.partition("/")
        try:
            value = read(into / file).value
        except (CatalogError, OSError):
            continue
        sources = value.get("sources") if isinstance(value, dict) and "stub" not in value else None
        source = sources.get(importer) if isinstance(sources, dict) else None
        if folder in FOLDERS and isinstance(source, dict):
            kind: Kind = FOLDERS[folder].kind  # type: ignore[assignment]
            place = str(source.get("path")), source.get("locator")
            yield Standing(name.removesuffix(".yaml"), kind, str(value.get("name")), *place)
