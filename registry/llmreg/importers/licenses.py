"""Turn the words that trackers write for a license into claims, without reading more into them than they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.catalog.names import license_named, normal
from llmreg.errors import UnknownIdError
from llmreg.importers.words import texts, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.catalog import Catalog
    from llmreg.importers.record import Stated

_LABELS = {
    "none": "no-licence",
    "no": "no-licence",
    "not specified": "unknown",
    "not stated": "unknown",
    "?": "unknown",
}
"""Words for no license and for not knowing that no license has as a name."""


class Licenses:
    """The licenses of a catalog by their names; each spelling is looked up once."""

    def __init__(self, catalog: Catalog) -> None:
        """Look nothing up yet."""
        self._catalog = catalog
        self._known: dict[str, str | None] = {}

    def id_of(self, name: str) -> str | None:
        """Give the id of the license that a name means, or nothing: names are equal or not, never alike."""
        key = normal(name)
        if key not in self._known:
            self._known[key] = _LABELS.get(key) or self._named(name)
        return self._known[key]

    def _named(self, name: str) -> str | None:
        try:
            return license_named(self._catalog, name).id
        except UnknownIdError:
            return None

    def claims(self, stated: Iterable[Stated], source: str) -> dict[str, list[dict[str, Any]]]:
        """Give the claims for each component; a blank makes none, and words that no license has make `custom`."""
        claims: dict[str, list[dict[str, Any]]] = {}
        for statement in stated:
            written = texts(list(statement.words) if isinstance(statement.words, tuple) else statement.words)
            if not written:
                continue
            license_id = " AND ".join(dict.fromkeys(self.id_of(name) or "custom" for name in written))
            as_written = "" if normal(written[0]) == normal(license_id) else f"written as: {'; '.join(written)}"
            note = "; ".join(filter(None, [as_written, words(statement.note)]))
            claim = {"id": license_id, "source": source, **({"note": note} if note else {})}
            if claim not in claims.setdefault(statement.component, []):
                claims[statement.component].append(claim)
        return claims
