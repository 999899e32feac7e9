"""The pages of methods: their settings where a plugin offers them, and the entries that were made with each."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.offers import describe, plain
from llmreg.site.view import Words, prose, web

if TYPE_CHECKING:
    from llmreg.site.catalogue import Catalogue

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .,+_()-]*")


@dataclass(frozen=True)
class Setting:
    """One setting of a method."""

    name: str
    type: str
    default: str
    needed: bool
    description: tuple[Words, ...]


@dataclass(frozen=True)
class Use:
    """An entry that was made with the method, and the settings its recipe states."""

    entry: Words
    name: str
    settings: str


@dataclass(frozen=True)
class Method:
    """One method."""

    name: str
    href: str
    """From the site's root."""
    installed: bool
    summary: tuple[Words, ...]
    paper: Words | None
    origin: str
    needs_base: bool
    identity_at_start: bool
    settings: tuple[Setting, ...]
    uses: tuple[Use, ...]


def method_page(name: str) -> str:
    """Give the path of a method's page; a recipe may name a method in words that are no name of a file."""
    if not _SAFE.fullmatch(name):
        name = f"method-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return f"methods/{name}.html"


def methods(site: Catalogue) -> tuple[Method, ...]:
    """Give the methods that a plugin offers or a recipe names, in order of their names."""
    offered = {row["name"]: row for row in describe(site.plugins)}
    return tuple(_method(site, name, offered.get(name)) for name in sorted({*offered, *site.made_with}))


def _method(site: Catalogue, name: str, row: dict[str, Any] | None) -> Method:
    offer: dict[str, Any] = row or {"settings": (), "summary": "", "paper": None}
    return Method(
        name=name,
        href=method_page(name),
        installed=row is not None,
        summary=prose(offer["summary"]),
        paper=Words(offer["paper"], web(offer["paper"])) if offer["paper"] else None,
        origin=f"{row['distribution']} {row['version']}, {row['module']}" if row else "",
        needs_base=offer.get("needs_base", True),
        identity_at_start=offer.get("identity_at_start", False),
        settings=tuple(map(_setting, offer["settings"])),
        uses=tuple(
            Use(
                site.link(model.id),
                model.name,
                plain([f"{key} {plain(value)}" for key, value in step.settings.items()]),
            )
            for model in site.made_with.get(name, ())
            for step in (model.recipe.steps.values() if model.recipe else ())
            if step.method == name
        ),
    )


def _setting(row: dict[str, Any]) -> Setting:
    default = "" if row["required"] else plain(row["default"])
    return Setting(
        row["name"], row["type"], default, row["required"], prose(" ".join((row["description"] or "").split()))
    )
