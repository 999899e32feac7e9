"""Which files of the Hub a full run needs, and where they are once fetched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmreg.hub.repository import BRANCH, Repository
from llmreg.reproduce.architecture import architecture_of, base_of
from llmreg.reproduce.base import check_architecture
from llmreg.reproduce.data import made_here, wanted
from llmreg.schema import Model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.hub.fetch import Snapshot
    from llmreg.hub.listing import Listing
    from llmreg.reproduce.data import Given

    Say = Callable[[str], None]


@dataclass(frozen=True)
class Inputs:
    """What was fetched for a run; none of what is made by llmreg or given by the user."""

    base: Snapshot | None = None
    data: dict[str, Snapshot] = field(default_factory=dict)
    """The rows of each dataset."""


def base_on_hub(catalog: Catalog, model_id: str) -> Repository | None:
    """Give the repository of a model's weights if its entry names one."""
    entry = catalog.get_as(Model, model_id)
    return Repository(entry.hub_id, "model", entry.revision or BRANCH) if entry.hub_id else None


def fetch_inputs(catalog: Catalog, entry: Model, base: Path | None, given: Given, *, offline: bool, say: Say) -> Inputs:
    """Fetch the base and the rows that the user has not given and llmreg does not make.

    The sizes are said first, and the base's configuration is compared with the catalog before its weights come.
    """
    from llmreg.hub.choose import data_files, model_files
    from llmreg.hub.fetch import fetch, summary
    from llmreg.hub.listing import listing

    weights: list[Listing] = []
    base_id = base_of(catalog, entry.id)
    if base is None and base_id and not made_here(catalog, base_id) and (hub := base_on_hub(catalog, base_id)):
        weights = [model_files(listing(hub, offline=offline, say=say))]
    rows = {
        name: data_files(listing(hub, offline=offline, say=say))
        for name, hub in wanted(catalog, entry, given).items()
        if hub
    }
    for found in (*weights, *rows.values()):
        say(summary(found))
    if base_id and weights:
        fetch([weights[0].only(["config.json"])], offline=offline, say=lambda _: None)
        check_architecture(weights[0].folder, architecture_of(catalog, entry.id), base_id)
    snapshots = fetch([*weights, *rows.values()], offline=offline, say=say)
    return Inputs(snapshots[0] if weights else None, dict(zip(rows, snapshots[len(weights) :], strict=True)))


def fetched_base(hub: str, revision: str) -> Snapshot:
    """Give the weights that an earlier run has fetched; raise `LlmregError` where they are no longer in the cache."""
    from llmreg.hub.choose import model_files

    return _again(Repository(hub, "model", revision), model_files)


def fetched_data(source: str) -> Snapshot:
    """Give the rows that an earlier run has fetched, by the `source` in its record."""
    from llmreg.hub.choose import data_files

    hub, _, revision = source.removeprefix("hub:").partition("@")
    return _again(Repository(hub, "dataset", revision), data_files)


def _again(repository: Repository, choose: Callable[[Listing], Listing]) -> Snapshot:
    from llmreg.hub.fetch import fetch
    from llmreg.hub.listing import listing

    found = choose(listing(repository, offline=True, say=lambda _: None))
    return fetch([found], offline=True, say=lambda _: None)[0]
