"""Small entries for tests, each claim resting on one made-up source."""

from __future__ import annotations

from typing import Any

from llmreg.catalog import Catalog, built_in
from llmreg.schema import Dataset, Model, Service

SOURCES = {"page": {"url": "https://example.org/page", "read": "live", "seen": "2026-11-21"}}


def edge(relation: str, of: str, stage: str | None = None) -> dict[str, Any]:
    return {"relation": relation, "of": of, "source": "page", **({"stage": stage} if stage else {})}


def claims(**licenses: str) -> dict[str, Any]:
    return {component: {"id": license_id, "source": "page"} for component, license_id in licenses.items()}


def model(entry_id: str, *edges: dict[str, Any], licenses: dict[str, Any] | None = None, **fields: Any) -> Model:
    return Model(
        id=entry_id, name=entry_id, source="page", sources=SOURCES, made_from=edges, licenses=licenses or {}, **fields
    )


def dataset(entry_id: str, *edges: dict[str, Any], licenses: dict[str, Any] | None = None, **fields: Any) -> Dataset:
    return Dataset(
        id=entry_id, name=entry_id, source="page", sources=SOURCES, made_from=edges, licenses=licenses or {}, **fields
    )


def service(entry_id: str, license_id: str) -> Service:
    return Service(id=entry_id, name=entry_id, source="page", sources=SOURCES, licenses=claims(outputs=license_id))


def catalog(*entries: Any) -> Catalog:
    """The built-in licenses and policies with these entries over them."""
    whole = Catalog(built_in())
    for entry in entries:
        whole.add(entry)
    return whole


def imported_by(importer: str, entry: Any, **fields: Any) -> Any:
    """The entry as an importer wrote it: `hub` for its author's card, any other name for a tracker's row."""
    sources = {"page": {**SOURCES["page"], "importer": importer}}
    stated = entry.model_dump(exclude_unset=True) | {"sources": sources} | fields
    return type(entry)(**stated)
