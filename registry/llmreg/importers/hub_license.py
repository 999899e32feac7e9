"""Read the license that a card states, in its own words: `license`, `license_name` and `license_link`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from llmreg.catalog.names import normal
from llmreg.importers.hub_stated import folded_key, shown, stated
from llmreg.importers.licenses import UNNAMED, Licenses, claimed
from llmreg.schema.values import is_link

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.catalog import Catalog

_OTHER = "other"
_USUAL = ("license", "license_name", "license_link")
_FIELDS = {
    **dict.fromkeys(("license", "licenses", "licence", "licences"), 0),
    **dict.fromkeys(("licensename", "licencename"), 1),
    **dict.fromkeys(("licenselink", "licencelink", "licenseurl", "licenceurl"), 2),
}
"""Names of fields, folded, and which of the usual ones, which alone the Hub itself reads, each stands for."""
_SAFE = ":/?&=+,;@!$'()*~-._"
_NAMES = ("id", "spdx", "spdx_id", "license", "name", "license_name", "title", "type")
_LINKS = ("url", "link", "license_link", "href")
_DEPTH, _MOST = 3, 100
_HUB = "https://huggingface.co"


class HubLicenses:
    """What cards state, each statement read once."""

    def __init__(self, catalog: Catalog) -> None:
        """Look nothing up yet."""
        self._licenses = Licenses(catalog)
        self._known: dict[tuple[str, ...], dict[str, str]] = {}

    def claims(self, hub_id: str, said: Mapping[Any, Any], tags: Iterable[str]) -> list[dict[str, str]]:
        """Give the card's claim, and a second one where the Hub's own tags state something else."""
        tagged = list(dict.fromkeys(tag.removeprefix("license:") for tag in tags if tag.startswith("license:")))
        values, given_names, given_links = _fields(said)
        words = list(dict.fromkeys(word for value in values for word in _words(value, _NAMES)))
        names = [name for value in given_names for name in _words(value, _NAMES)]
        links = [link for value in given_links for link in _words(value, ())]
        links += [link for value in values for link in _inside(value, _LINKS)]
        first = self._claim(hub_id, words or ([_OTHER] if names or links else tagged), names, links)
        second = self._claim(hub_id, tagged, names, links) if tagged and tagged != words else {}
        return [each for each in (first, second if second.get("id") != first.get("id") else {}) if each]

    def _claim(self, hub_id: str, words: list[str], names: list[str], links: list[str]) -> dict[str, str]:
        if not words:
            return {}
        owner = hub_id.partition("/")[0] if names else ""
        page = _page(links[0], hub_id) if links else ""
        more = links[1:] if page else links
        beside = f"license_link: {'; '.join(more)}" if more else ""
        key = (owner, page, beside, "\n".join(words), "\n".join(names))
        if key not in self._known:
            found = self._ids(words, names, page, [owner, *_owners(links)])
            written = [*(word for word in words if not (names and _is_other(word))), *names]
            said = "; ".join({normal(each): each for each in written}.values())
            self._known[key] = claimed(found, said, "hub", note=beside, link=page)
        return self._known[key]

    def _ids(self, words: list[str], names: list[str], page: str, owners: list[str]) -> str:
        """Give the expression of all that is stated; a name stands for `other`, and beside anything else counts too."""
        plain = [word for word in words if not (names and _is_other(word))]
        found = [self._licenses.id_of(f"hf:{word}") or self._licenses.id_of(word) or UNNAMED for word in plain]
        found += [self._named(name, page, owners) or UNNAMED for name in names]
        ids = list(dict.fromkeys(found))
        return " AND ".join(f"({each})" if " OR " in each and len(ids) > 1 else each for each in ids)

    def _named(self, name: str, page: str, owners: list[str]) -> str | None:
        """Return the license of a name.

        Several owners call terms of their own by one name, and one owner terms of several models, so the page with the
        text comes first and the owner's own next.
        """
        wanted = [
            *([page] if page else []),
            *(f"hf-name:{owner}/{name}" for owner in owners if owner),
            f"hf-name:{name}",
            f"hf:{name}",
            name,
        ]
        return next(filter(None, map(self._licenses.id_of, wanted)), None)


def renamed(said: Mapping[Any, Any]) -> Iterator[str]:
    """Say which fields of a card are read as a license and have another name than the Hub reads."""
    for key, value in said.items():
        if value and isinstance(key, str) and key not in _USUAL and (place := _FIELDS.get(folded_key(key))) is not None:
            yield f"{key} is read as {_USUAL[place]}"


def _fields(said: Mapping[Any, Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """Give the values of a card's fields of licenses, of their names, and of their links."""
    found: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
    for key, value in said.items():
        if isinstance(key, str) and (place := _FIELDS.get(folded_key(key))) is not None:
            found[place].append(value)
    return found


def _is_other(word: str) -> bool:
    return word.strip().casefold() == _OTHER


def _words(value: Any, keys: tuple[str, ...], depth: int = 0) -> list[str]:
    """Give the texts of a value; a number or a date counts where there is no text beside it."""
    if value is None or isinstance(value, str):
        return [text] if value and (text := shown(value)) else []
    if isinstance(value, Mapping):
        return [*_inside(value, keys)] or ([shown(value)] if value else [])
    if not isinstance(value, list | tuple | set | frozenset):
        return [shown(value)]
    if depth > _DEPTH or len(value) > _MOST:
        return [shown(value)]
    plain = [item for item in value if isinstance(item, bool | int | float | date)]
    found = [text for item in value if item not in plain for text in _words(item, keys, depth + 1)]
    return found or list(map(shown, plain))


def _text(value: Any) -> str:
    return shown(value) if isinstance(value, str) else ""


def _inside(value: Any, keys: tuple[str, ...]) -> Iterator[str]:
    """Give the first text that stands under one of the keys of a mapping."""
    if not isinstance(value, str) and isinstance(value, Mapping):
        yield from [text for key in keys if (text := _text(value.get(key)))][:1]


def _owners(links: list[str]) -> list[str]:
    """Give the owners of the repositories in which the links say that the text stands."""
    return [str(one.hub_id).partition("/")[0] for link in links for one in stated(link, "model") if one.hub_id]


def _page(link: str, hub_id: str) -> str:
    """Give the address that a link means; a file's name means the file in the card's own repository."""
    if re.fullmatch(r"https?://[\w.-]+(:\d+)?([/?#].*)?", link, re.IGNORECASE):
        address, mark, place = link.partition("#")
        page = quote(unquote(address), safe=_SAFE) + (f"#{quote(unquote(place), safe=_SAFE)}" if mark else "")
        return page if is_link(page) else ""
    if re.fullmatch(r"(\./)?[\w.+ -]+(/[\w.+ -]+)*", link) and ".." not in link:
        return f"{_HUB}/{hub_id}/blob/main/{quote(link.removeprefix('./'))}"
    return ""
