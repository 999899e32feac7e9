"""Where a run's starting weights come from: a folder of weights, or the architecture alone."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.hub.choose import weights_among
from llmreg.reproduce.tokenizer import tokenizer_of as tokenizer_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import nn
    from transformers import PretrainedConfig

WEIGHT_FILES = "*.safetensors"


@dataclass(frozen=True)
class FolderBase:
    """Weights in the Hub's folder layout: `config.json` beside safetensors."""

    folder: Path

    @cached_property
    def config(self) -> PretrainedConfig:
        """Read the architecture; remote code is never run."""
        from transformers import AutoConfig

        return AutoConfig.from_pretrained(self.folder, local_files_only=True, trust_remote_code=False)

    def load(self, **options: Any) -> nn.Module:
        """Load the weights, by default in the precision they are stored in; remote code is never run."""
        options.setdefault("dtype", "auto")
        return _kind(self.config).from_pretrained(  # type: ignore[no-any-return]
            self.folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, **options
        )

    def random(self, **options: Any) -> nn.Module:
        """Draw the weights of the folder's architecture."""
        return ConfigBase(self.config).random(**options)


@dataclass(frozen=True)
class ConfigBase:
    """An architecture without weights."""

    config: PretrainedConfig

    def load(self, **options: Any) -> nn.Module:  # noqa: ARG002 - nothing to pass on to
        """Refuse: there are no weights."""
        raise LlmregError("this recipe starts from trained weights, and only an architecture is at hand")

    def random(self, **options: Any) -> nn.Module:
        """Draw the weights as the architecture's own initialization does."""
        model = _kind(self.config).from_config(self.config, **options)
        _untie(model)
        return model  # type: ignore[no-any-return]


def _untie(model: Any) -> None:
    """Give the head of T5 1.1 weights of its own.

    transformers leaves a head apart that it loads, but ties the one that it draws: T5's configuration takes
    `tie_word_embeddings: false` for `scale_decoder_outputs: false` and then says the opposite.
    """
    import torch

    if getattr(model.config, "scale_decoder_outputs", True) is False:
        head = model.get_output_embeddings()
        head.weight = torch.nn.Parameter(torch.empty_like(head.weight))
        torch.nn.init.normal_(head.weight, std=model.config.initializer_factor)


def _not_about_tying(record: logging.LogRecord) -> bool:
    return "so we will NOT tie them" not in record.getMessage()


# It warns of a head that it rightly leaves apart (see `_untie`); there is nothing for a user to do about it.
logging.getLogger("transformers.modeling_utils").addFilter(_not_about_tying)


def _kind(config: PretrainedConfig) -> Any:
    """Give the class of language models that the architecture belongs to."""
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    return AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM


def weight_files(folder: Path) -> list[Path]:
    """List the weights in a folder, those of a model as from the Hub; raise `LlmregError` where it is no model."""
    if not folder.is_dir():
        raise LlmregError(f"no folder of weights at {folder}; such a folder holds config.json and *.safetensors")
    there = {path.name: path for path in sorted(folder.glob(WEIGHT_FILES))}
    files = [there[name] for name in weights_among(there) or there]
    if not (folder / "config.json").is_file():
        raise LlmregError(f"{folder} has no config.json; a folder of weights has it beside *.safetensors")
    if not files:
        pickles = [path.name for path in folder.glob("*.bin")]
        hint = (
            f"; {pickles[0]} is a pickle, which can run code when loaded: convert it to safetensors first"
            if pickles
            else ""
        )
        raise LlmregError(f"{folder} holds no *.safetensors{hint}")
    return files


def hash_files(hashes: Mapping[str, str]) -> str:
    """Give the SHA-256 over the names of files and the SHA-256 of their contents, sorted by name."""
    lines = [f"{name}\n{found}\n" for name, found in sorted(hashes.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def file_hash(path: Path) -> str:
    """Give the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_architecture(folder: Path, expected: dict[str, Any], entry_id: str) -> None:
    """Compare the folder's configuration with the catalog's; raise `LlmregError` naming what differs."""
    from llmreg.reproduce.architecture import config_of

    wanted = config_of(expected)
    try:
        found = FolderBase(folder).config
    except (OSError, ValueError) as error:
        raise LlmregError(
            f"the config.json in {folder} cannot be read without remote code, which llmreg never runs: "
            f"{str(error).splitlines()[0]}"
        ) from None
    different = [
        f"{name} is {getattr(found, name, 'absent')}, not {getattr(wanted, name, 'absent')}"
        # transformers moves what is said of rotary embeddings, and of T5's head, into settings of these names.
        for name in (*expected, "rope_parameters", "scale_decoder_outputs")
        if getattr(found, name, None) != getattr(wanted, name, None)
    ]
    if different:
        raise LlmregError(f"the weights in {folder} are not those of {entry_id}: {'; '.join(different)}")
