"""Tell cards of datasets from cards of models, and read what only one kind of them has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llmreg.importers.hub_stated import Named, stated
from llmreg.schema.ids import hub_entry_id

if TYPE_CHECKING:
    from llmreg.importers.hub_cards import Card
    from llmreg.importers.hub_stated import Kind

_OF_MODELS = {
    "base_model", "base_model_relation", "datasets", "library_name", "model-index", "model_name", "pipeline_tag",
}  # fmt: skip
_OF_DATASETS = {
    "annotations_creators", "configs", "dataset_info", "language_creators", "size_categories", "source_datasets",
    "task_categories", "task_ids",
}  # fmt: skip
"""Fields of a dataset's card, from the Hub's own template."""
_TAGS = ("size_categories:", "task_categories:", "task_ids:", "library:datasets")
"""What the Hub's tags of a dataset begin with."""
_NO_SOURCE = {"original", "extended"}
"""What stands in `source_datasets` where nothing is named."""


def kind_of_card(value: Mapping[str, Any], said: Mapping[Any, Any]) -> Kind:
    """Return what a card is the card of; one that does not tell is a model's, as most are."""
    if not _OF_MODELS.isdisjoint((*value, *map(str, said))) or "modelId" in value:
        return "model"
    tags = value.get("tags")
    told = any(isinstance(tag, str) and tag.startswith(_TAGS) for tag in tags) if isinstance(tags, list) else False
    return "dataset" if told or not _OF_DATASETS.isdisjoint(map(str, said)) else "model"


def own_id(card: Card, name: str, kind: Kind) -> str:
    """Return the id of the entry that a card gives: of a repository, or of what lies on this machine."""
    if card.local is None:
        return card.entry_id or hub_entry_id(name, kind)
    return f"local.{re.sub(r'[^A-Za-z0-9._+-]+', '-', card.local).strip('-') or 'folder'}"


def peft_of(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the configuration of an adapter, as the Hub tells it or as it lies in a folder."""
    config = value.get("config")
    peft = config.get("peft") if isinstance(config, Mapping) else None
    return peft if isinstance(peft, Mapping) else {}


def source_datasets(said: Mapping[Any, Any]) -> list[Named]:
    """Return the datasets that a dataset's card names as its sources; `extended|other` names one that is not told."""
    values = said.get("source_datasets")
    found: list[Named] = []
    for value in values if isinstance(values, list) else [values]:
        text = value.removeprefix("extended|") if isinstance(value, str) else value
        if not (isinstance(text, str) and text.strip().casefold() in _NO_SOURCE):
            found += stated(text, "dataset")
    return [one._replace(hub_id=None) if (one.hub_id or "").startswith("other") else one for one in found]
