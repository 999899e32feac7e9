"""What an id asks to be made again: a model, a dataset, or the model whose file it is; or why nobody can make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.schema import WEIGHT_RELATIONS, Dataset, Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmreg.catalog import Catalog

_NEITHER = "only models, their files and datasets are made again"
_UNKNOWN = "its settings were not published or are not written down"
_FILES = {
    "delta": "llmreg apply makes the model from the file and its base",
    "wdiff": "llmreg apply makes the model from the file and its base",
    "xor": "llmreg apply makes the model from the file and its base",
}


def subject(catalog: Catalog, entry_id: str, say: Callable[[str], None]) -> Model | Dataset:
    """Return the entry whose recipe is carried out for an id; raise `LlmregError` that says why there is none."""
    kinds: tuple[type[Model | Dataset], ...] = (Model, Dataset)
    entry = catalog.among(kinds, entry_id, _NEITHER)
    if isinstance(entry, Model) and entry.file_of:
        made = catalog.get_as(Model, entry.file_of)
        if made.recipe is None:
            how = _FILES.get(entry.component or "", "")
            raise LlmregError(
                f"{entry_id} is the {entry.component} of {made.id}, and no recipe of {made.id} is in the catalog, so "
                f"neither can be made from its base and data{f'; {how}' if how else ''}"
            )
        say(f"{entry_id} is the {entry.component} of {made.id}: this is the run of {made.id}{_then(entry)}")
        return made
    if isinstance(entry, Model) and entry.recipe is None:
        raise LlmregError(f"{entry_id} has no recipe in the catalog, so there is nothing to reproduce{_why(entry)}")
    return entry


def _then(entry: Model) -> str:
    """Say how the file comes of a run that gives something else."""
    if entry.component == "adapter":
        return ", which gives that file"
    return f"; `llmreg delta` makes the {entry.component} from what the run gives and the base"


def _why(entry: Model) -> str:
    """Say what of its making is known: what weights it came from, and what has to be had to do that again."""
    for edge in entry.made_from:
        if edge.relation in WEIGHT_RELATIONS:
            how = f" ({edge.how})" if edge.how else ""
            return f": it is a {edge.relation} of {edge.of}{how}, and {_UNKNOWN}"
    trained = [edge.of for edge in entry.made_from if edge.relation == "trained-on"]
    if trained:
        return f": it was trained on {', '.join(trained)}, and {_UNKNOWN}"
    return ": neither its base nor its data were published, or they are not written down"
