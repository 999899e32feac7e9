"""Turn the words that trackers write for a license into claims, without reading more into them than they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmreg.catalog.expressions import is_exception, parse_any
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
UNNAMED = "custom"
"""What a claim says in place of a license that the catalog does not know; its words are kept with it."""
_OPERATOR = re.compile(r"\s(AND|OR|WITH)\s|\s(and|or|with)\s")
_SYMBOL = re.compile(r"[A-Za-z0-9.+-]+")


class Licenses:
    """The licenses of a catalog by their names; each spelling is looked up once."""

    def __init__(self, catalog: Catalog) -> None:
        """Look nothing up yet."""
        self._catalog = catalog
        self._known: dict[str, str | None] = {}

    def id_of(self, name: str) -> str | None:
        """Give the id of the license that a name means, or nothing: names are equal or not, never alike.

        An SPDX expression gives an expression over ids.
        """
        if (
            name not in self._known
        ):  # not its normal form: operators in capitals join licenses, other words may be prose
            self._known[name] = _LABELS.get(normal(name)) or self._named(name) or self._expression(name)
        return self._known[name]

    def all_of(self, names: Iterable[str]) -> str:
        """Give the expression that says that all these licenses hold together."""
        ids = list(dict.fromkeys(self.id_of(name) or UNNAMED for name in names))
        return " AND ".join(f"({each})" if " OR " in each and len(ids) > 1 else each for each in ids)

    def _named(self, name: str) -> str | None:
        try:
            return license_named(self._catalog, name).id
        except UnknownIdError:
            return None

    def _expression(self, text: str) -> str | None:
        """Read an expression of ids; words that only look like one, because they hold `or`, are none."""
        found = _OPERATOR.search(text)
        if not (found or text.strip().startswith("(")):
            return None
        try:
            tree = parse_any(text)
        except ValueError:
            return None
        parts = [str(symbol) for symbol in tree.get_symbols()]
        if not all(_SYMBOL.fullmatch(word) for part in parts for word in part.split(" WITH ")):
            return None
        ids = [self._part(symbol) for symbol in tree.get_symbols()]
        sure = any(ids) if found and found[1] else all(ids)
        return self._written(tree) if sure else None

    def _part(self, symbol: Any) -> str | None:
        """Give the id of one license; an exception that SPDX lists only adds permissions, so it may be left out."""
        if not hasattr(symbol, "exception_symbol"):
            return self._named(symbol.key)
        listed = is_exception(symbol.exception_symbol.key)
        return self._named(str(symbol)) or (self._named(symbol.license_symbol.key) if listed else None)

    def _written(self, tree: Any, *, inner: bool = False) -> str:
        if not getattr(tree, "args", ()):
            return self._part(tree) or UNNAMED
        text = f" {tree.operator.strip()} ".join(self._written(part, inner=True) for part in tree.args)
        return f"({text})" if inner else text

    def claims(self, stated: Iterable[Stated], source: str) -> dict[str, list[dict[str, Any]]]:
        """Give the claims for each component; a blank makes none, and words that no license has make `custom`."""
        claims: dict[str, list[dict[str, Any]]] = {}
        for statement in stated:
            written = texts(list(statement.words) if isinstance(statement.words, tuple) else statement.words)
            if not written:
                continue
            claim = claimed(
                self.all_of(written), "; ".join(written), source, note=words(statement.note), link=words(statement.link)
            )
            if claim not in claims.setdefault(statement.component, []):
                claims[statement.component].append(claim)
        return claims


def claimed(license_id: str, written: str, source: str, *, note: str = "", link: str = "") -> dict[str, str]:
    """Give a claim with the author's words, where they are not the id, and the author's link."""
    said = written if normal(written) not in (normal(license_id), normal(license_id.replace(" AND ", "; "))) else ""
    claim = {"id": license_id, "source": source, "words": said, "link": link, "note": note}
    return {field: value for field, value in claim.items() if value}
