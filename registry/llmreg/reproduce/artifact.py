"""Load what a run made, on the base that it was made from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.reproduce import record
from llmreg.reproduce.base import FolderBase, tokenizer_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from llmreg.method import Method
    from llmreg.reproduce.record import Run


def load(folder: Path, run: Run) -> tuple[Any, PreTrainedTokenizerBase]:
    """Give the model that a finished run made, in evaluation mode, and its tokenizer."""
    from llmreg.reproduce.execute import device

    if run.status != "finished":
        raise LlmregError(f"{folder} is not finished; go on with `llmreg reproduce {run.id} --resume`")
    method = method_of(run)
    base = FolderBase(base_folder(folder, run))
    start = method.load(base) if method.needs_base else base.random()
    model: Any = method.restore(start.to(device()), folder / "artifact").to(device())
    return model.eval(), tokenizer_of(folder / "artifact")


def base_folder(folder: Path, run: Run) -> Path:
    """Give the folder of the base's weights: a rehearsal's own, fetched, of the run that made it, or the user's.

    A model that was made from nothing gives its own artifact.
    """
    from llmreg.reproduce.fetch import fetched_base

    if (folder / "base").is_dir():
        return folder / "base"
    if "hub" in run.base:
        return fetched_base(run.base["hub"], run.base["revision"]).folder
    if "run" in run.base:
        return record.home() / "runs" / str(run.base["run"]) / "artifact"
    return Path(run.base["folder"]) if "folder" in run.base else folder / "artifact"


def method_of(run: Run) -> Method:
    """Build the method with the settings that the run had, which a rehearsal may have changed."""
    from llmreg import plugins

    prefix = "settings."
    scaled = {name.removeprefix(prefix): new for name, (_, new) in run.scaled.items() if name.startswith(prefix)}
    return plugins.load().build(run.recipe.method, {**run.recipe.settings, **scaled})
