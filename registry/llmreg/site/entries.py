"""The pages of the catalog's entries, one for each, with the files beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.catalog.tiers import evidence_for, tier_of
from llmreg.schema import Asset, Benchmark, License, Model, Policy, Template
from llmreg.site.downloads import citations, files
from llmreg.site.facts import badges, differing, facts, not_recorded
from llmreg.site.lineage import lineage_of, trained_on
from llmreg.site.policies import policy_page
from llmreg.site.recipe import made, published
from llmreg.site.templating import render
from llmreg.site.terms import license_page
from llmreg.site.verdicts import verdicts
from llmreg.site.view import Words, disputes, footnotes, prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.schema import Entry
    from llmreg.site.catalogue import Catalogue
    from llmreg.site.recipe import Published

_CONTENTS = {
    "verdicts": ("May I use it?", "verdicts"),
    "lineage": ("Lineage", "lineage"),
    "facts": ("Facts", "facts"),
    "trained": ("Models trained on it", "trained"),
    "made": ("Recipe", "recipe"),
    "published": ("Published results", "results"),
    "scored": ("Published on it", "scored"),
}


def pages_of(site: Catalogue, entry_id: str) -> Iterator[tuple[str, bytes]]:
    """Give the page of an entry and the files beside it, each with its path from the site's root."""
    entry = site.catalog[entry_id]
    here = site.page(entry_id)
    folder, _, _ = here.rpartition("/")
    downloads = files(site, entry)
    common = {
        "entry": entry,
        "folder": folder,
        "downloads": downloads,
        "footnotes": footnotes(entry),
        "disputes": disputes(entry),
        "evidence": evidence_for(entry),
        "tier": tier_of(entry),
        "notes": tuple(map(prose, entry.notes)),
    }
    if isinstance(entry, License):
        page = render("license.html", site.frame, here, **common, license=license_page(site, entry))
    elif isinstance(entry, Policy):
        page = render("policy.html", site.frame, here, **common, policies=policy_page(site))
    elif isinstance(entry, Template):
        page = render("template.html", site.frame, here, **common, **_template(site, entry))
    else:
        page = render("entry.html", site.frame, here, **common, **_asset(site, entry))
    yield here, page.encode()
    yield from ((f"{folder}/{file.name}", file.content) for file in downloads)


def _asset(site: Catalogue, entry: Entry) -> dict[str, Any]:
    assert isinstance(entry, Asset)  # noqa: S101
    view: dict[str, Any] = {
        "developers": ", ".join(entry.developers),
        "released": entry.released,
        "badges": badges(site, entry),
        "verdicts": verdicts(site, entry),
        "lineage": lineage_of(site, entry),
        "trained": trained_on(site, entry),
        "made": made(site, entry),
        "published": published(site, entry),
        "scored": tuple(_scored(site, entry)),
        "own": bool(site.runs.get(entry.id)),
        "facts": facts(site, entry),
        "differences": differing(site, entry),
        "blank": not_recorded(entry),
        "citations": citations(site, entry),
    }
    there = [words for name, words in _CONTENTS.items() if view[name]]
    return {**view, "contents": [*there, ("Files", "take"), ("Sources", "sources")]}


def _scored(site: Catalogue, entry: Entry) -> Iterator[tuple[Words, Published]]:
    """Give the models with a published figure on a benchmark."""
    if isinstance(entry, Benchmark):
        for model_id in site.catalog.ids(Model):
            for row in published(site, site.catalog[model_id]):
                if row.benchmark == site.link(entry.id, entry.name):
                    yield site.link(model_id), row


def _template(site: Catalogue, template: Template) -> dict[str, Any]:
    """Give the parts of a prompt format, and the recipes that use it."""
    parts = {
        "system": template.system,
        "prompt": template.prompt,
        "prompt without input": template.prompt_without_input,
        "response": template.response,
        "after each answer": template.turn_end,
    }
    models = [model for found in site.made_with.values() for model in found]
    users = {
        model.id
        for model in models
        for step in (model.recipe.steps.values() if model.recipe else ())
        if step.data.template == template.id
    }
    return {
        "parts": [(name, text) for name, text in parts.items() if text],
        "users": [site.link(model_id) for model_id in sorted(users)],
    }
