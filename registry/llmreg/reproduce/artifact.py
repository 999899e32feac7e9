"""Find what a run made, hold it against the run's record, and load it on the base that it was made from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.reproduce import record
from llmreg.reproduce.base import FolderBase, weights_hash
from llmreg.reproduce.stored import refuse_damaged, stored_in

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from llmreg.method import Method
    from llmreg.reproduce.record import Run


def load(folder: Path, run: Run) -> tuple[Any, PreTrainedTokenizerBase]:
    """Give the model that a finished run made, in evaluation mode, and its tokenizer."""
    from llmreg.reproduce.execute import device
    from llmreg.reproduce.weights import check_weights, open_model

    check_whole(folder, run)
    method, artifact, place = method_of(run), folder / "artifact", base_folder(folder, run)
    if "run" in run.base:
        check_whole(place.parent, record.read(place.parent), run.base["sha256"])
    base, tokenizer = open_model(place, artifact)
    check_base(run, place, "put the right ones there")
    check_adapter(method, base, artifact)
    if (artifact / "config.json").is_file():
        check_weights(artifact)
    start = method.load(base) if method.needs_base else base.random()
    model: Any = method.restore(start.to(device()), artifact).to(device())
    return model.eval(), tokenizer


def check_base(run: Run, folder: Path, remedy: str) -> bool:
    """Compare a run's base with the hash in its record; raise `LlmregError` for another, False where there is none."""
    if "sha256" not in run.base:
        return False
    found = weights_hash(folder)
    if run.base["sha256"] not in (found, record.hash_artifact(folder)[0] if "run" in run.base else None):
        raise LlmregError(
            f"the weights in {folder} are not those that {run.id} was trained on: their SHA-256 is "
            f"{found}, and the run's base has {run.base['sha256']}; {remedy}"
        )
    return True


def check_adapter(method: Method, base: FolderBase, folder: Path) -> None:
    """Raise `LlmregError` where a file of the artifact in `folder` is broken, or the artifact is none for this base."""
    refuse_damaged(folder)
    stored_in(sorted(folder.glob("*.safetensors")))
    method.check_artifact(FolderBase(base.folder).outline, folder)


def run_of(place: Path) -> tuple[Path, Run] | None:
    """Return the folder and the record of the run whose folder or artifact this is; None where it is neither."""
    parent = place.absolute().parent
    for folder in (place, *([parent] if place.absolute().name == "artifact" else [])):
        if (folder / record.RECORD).is_file():
            return folder, record.read(folder)
    return None


def damage(artifact: Path, run: Run) -> list[str]:
    """List the files of an artifact that are not as the record says: changed, missing or new."""
    found, files = record.hash_artifact(artifact) if artifact.is_dir() else ("", {})
    names = sorted({*files, *run.artifact_files})
    changed = [name for name in names if files.get(name) != run.artifact_files.get(name)]
    return changed or ([] if found == run.artifact_sha256 else [record.RECORD])


def check_whole(folder: Path, run: Run, expected: str | None = None) -> None:
    """Raise `LlmregError` unless a run is finished and its artifact is what its record says, or the `expected` one."""
    if run.status != "finished":
        raise LlmregError(f"{folder} is not finished; go on with `llmreg reproduce {run.id} --resume`")
    if not (folder / "artifact").is_dir():
        raise LlmregError(f"{folder} has no folder `artifact` with what was made; restore it from a copy")
    if changed := damage(folder / "artifact", run):
        raise LlmregError(
            f"{folder / 'artifact'} is not what its record says: {', '.join(changed[:3])} changed, missing or new; "
            "restore it from a copy, or make it again in a new folder"
        )
    if expected not in (None, run.artifact_sha256):
        raise LlmregError(
            f"{folder} is not the run that was trained on: its artifact is {run.artifact_sha256}, not {expected}"
        )


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
