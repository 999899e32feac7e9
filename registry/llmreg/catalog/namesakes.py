"""Keep an entry apart from the models that people mean by its name: `dolly` is software, and `dolly-v2-12b` a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.catalog.nearest import begun_by, listed
from llmreg.errors import UsageError
from llmreg.schema import FOLDERS, Benchmark, Model, Software, Template

if TYPE_CHECKING:
    from collections.abc import Collection

    from llmreg.catalog.load import Catalog

_KINDS = {kind.kind: kind for kind in FOLDERS.values()}


def qualified(catalog: Catalog, name: str) -> str | None:
    """Return the id in `KIND:ID`, such as `software:dolly`; None for a name that is not written so.

    Raises `UsageError` where the entry is of another kind.
    """
    kind, colon, entry_id = name.partition(":")
    if not colon or kind not in _KINDS or entry_id not in catalog:
        return None
    if not issubclass(catalog.kind_of(entry_id), _KINDS[kind]):
        raise UsageError(f"{name}: {what_it_is(catalog, entry_id)}; write {entry_id}")
    return entry_id


def what_it_is(catalog: Catalog, entry_id: str) -> str:
    """Say of which kind an entry is: `'guanaco' is a template`."""
    return f"{entry_id!r} is {catalog.kind_of(entry_id).one()}"


def namesakes(catalog: Catalog, entry_id: str) -> list[str]:
    """Return the models whose id, name, alias or Hub id begins with the id of software, a benchmark or a template.

    Those who ask about a dataset, a service or a license by its id mean it.
    """
    if not issubclass(catalog.kind_of(entry_id), Software | Benchmark | Template):
        return []
    models = (catalog.get_as(Model, each) for each in catalog.file_ids(Model))
    return [each.id for each in models if not each.file_of and begun_by(entry_id, _names(each))]


def family(catalog: Catalog, entry_id: str) -> str:
    """Return `; models whose name begins so: ...`, or nothing where there is none."""
    found = namesakes(catalog, entry_id)
    return f"; models whose name begins so: {listed(found)}" if found else ""


def refuse_namesake(catalog: Catalog, name: str, entry_id: str) -> None:
    """Raise `UsageError` for a name that means software or a benchmark, and that models have too.

    An answer about the one would be read as an answer about the other. `KIND:ID` says that the entry itself is meant.
    """
    if entry_id not in catalog:
        return
    kind = catalog.kind_of(entry_id)
    if not issubclass(kind, Software | Benchmark) or name.startswith(f"{kind.kind}:"):
        return
    if others := family(catalog, entry_id):
        raise UsageError(
            f"{what_it_is(catalog, entry_id)}{others}; name the one that you mean, or write {kind.kind}:{entry_id}"
        )


def _names(entry: Model) -> Collection[str]:
    return {entry.id, entry.name, *entry.aliases, *entry.hub}
