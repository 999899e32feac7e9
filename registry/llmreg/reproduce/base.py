"""Where a run's starting weights come from: a folder of weights, or the architecture alone."""

from __future__ import annotations

import hashlib
import logging
import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeGuard

from llmreg.errors import LlmregError
from llmreg.hub.choose import INDEX, WHOLE, weights_among
from llmreg.reproduce.stored import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from torch import nn
    from transformers import PretrainedConfig

WEIGHT_FILES = "*.safetensors"
_OTHER_CONFIG = "fetch the configuration that belongs to the weights"
_COUNTED_OUT = re.compile(r"(num|n)_(\w+_)?(layers?|labels)|n_layers?|(en|de)coder_layers|num_(local_)?experts")
"""Settings that say how many things the library makes one after the other."""
_MOST = 4096
_LONGEST = 2**31
"""More positions than any model has."""


@dataclass(frozen=True)
class FolderBase:
    """Weights in the Hub's folder layout: `config.json` beside safetensors."""

    folder: Path

    @cached_property
    def config(self) -> PretrainedConfig:
        """Read the architecture; remote code is never run. Raises `LlmregError` where it cannot be read without."""
        import transformers

        stated = read_json(self.folder / "config.json")
        _refuse_endless(self.folder, stated)
        try:
            config = transformers.AutoConfig.from_pretrained(
                self.folder, local_files_only=True, trust_remote_code=False
            )
        except Exception as error:
            how = f"by transformers {transformers.__version__}"
            if "auto_map" in stated:
                how = "without remote code, which llmreg never runs"
            raise LlmregError(
                f"the config.json in {self.folder} cannot be read {how}: {first_line(error)}; fetch the one that "
                "belongs to the weights"
            ) from None
        _refuse_impossible(self.folder, config)
        return config

    @cached_property
    def outline(self) -> nn.Module:
        """Lay the model out on torch's meta device; raise `LlmregError` for what transformers cannot build."""
        from llmreg.reproduce.memory import Shapes

        config: Any = self.config
        try:
            return Shapes(config).random()
        except Exception as error:
            raise LlmregError(
                f"transformers cannot build the {config.model_type!r} model that the config.json in {self.folder} "
                f"describes: {first_line(error)}; fetch the one that belongs to the weights"
            ) from None

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


def _refuse_endless(folder: Path, stated: Mapping[str, object]) -> None:
    """Refuse a configuration of more layers or labels than any model has: the library would count them one by one."""
    for name, value in stated.items():
        counted_out = _COUNTED_OUT.fullmatch(name)
        if counted_out and isinstance(value, int | float) and not value <= _MOST:
            raise LlmregError(f"the config.json in {folder} has {name} {value:.4g}; {_OTHER_CONFIG}")


def _refuse_impossible(folder: Path, config: Any) -> None:
    """Refuse values that the library takes, and with which no model computes anything that was meant."""
    text = config.get_text_config()
    rows = getattr(text, "vocab_size", None)
    pad = getattr(config, "pad_token_id", None)
    if isinstance(rows, int) and isinstance(pad, int) and pad >= rows:
        raise LlmregError(
            f"the config.json in {folder} has the padding token {pad}, beyond the {rows:,} rows of the embedding; "
            f"correct pad_token_id, or {_OTHER_CONFIG}"
        )
    longest = getattr(text, "max_position_embeddings", None)
    if isinstance(longest, int) and not 0 < longest <= _LONGEST:
        raise LlmregError(f"the config.json in {folder} has max_position_embeddings {longest:.4g}; {_OTHER_CONFIG}")
    for name, value in _rotary(getattr(text, "rope_parameters", None)):
        if not (_is_number(value) and 0 < value < math.inf):
            raise LlmregError(
                f"the config.json in {folder} has {value!r} as the {name} of its rotary positions, which is no number "
                f"above 0; {_OTHER_CONFIG}"
            )


def _rotary(settings: Any) -> Iterator[tuple[str, Any]]:
    """Give the base and the factor of rotary positions; some models have them by kind of layer."""
    for name, value in settings.items() if isinstance(settings, dict) else ():
        if isinstance(value, dict):
            yield from _rotary(value)
        elif name in ("rope_theta", "factor") and value is not None:
            yield name, value


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


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
    """List the files from which transformers loads a folder's model; raise `LlmregError` where it is no model."""
    if not folder.is_dir():
        raise LlmregError(f"no folder of weights at {folder}; such a folder holds config.json and *.safetensors")
    there = {path.name: path for path in sorted(folder.glob(WEIGHT_FILES))}
    if not (folder / "config.json").is_file():
        raise LlmregError(f"{folder} has no config.json; a folder of weights has it beside *.safetensors")
    if WHOLE not in there and (folder / INDEX).is_file():
        return _indexed(folder, there)
    files = [there[name] for name in weights_among(there)]
    if files and files[0].name != WHOLE:
        raise LlmregError(
            f"{folder} holds parts of a model without {INDEX}, which says what belongs to it; fetch it, too"
        )
    if not files:
        raise LlmregError(f"{folder} holds no {WHOLE}{_other_weights(folder, list(there))}")
    return files


def _indexed(folder: Path, there: Mapping[str, Path]) -> list[Path]:
    """Give the files that the index names."""
    index = read_json(folder / INDEX).get("weight_map")
    if not isinstance(index, dict) or not index or not all(isinstance(name, str) for name in index.values()):
        raise LlmregError(f"{folder / INDEX} has no weight_map that says which tensor is in which file; fetch it again")
    names = sorted(set(index.values()))
    if missing := [name for name in names if name not in there]:
        raise LlmregError(
            f"{folder / INDEX} names {', '.join(missing[:3])}, which the folder lacks; fetch what is missing"
        )
    return [there[name] for name in names]


def _other_weights(folder: Path, there: list[str]) -> str:
    """Say what a folder holds instead of weights that transformers loads."""
    if there:
        return f" and no {INDEX}; {there[0]} is a file that transformers does not look for"
    pickles = [path.name for path in sorted(folder.glob("*.bin"))]
    if pickles:
        return f"; {pickles[0]} is a pickle, which can run code when loaded: convert it to safetensors first"
    return "; fetch the model's weights as safetensors"


def hash_files(hashes: Mapping[str, str]) -> str:
    """Give the SHA-256 over the names of files and the SHA-256 of their contents, sorted by name."""
    lines = [f"{name}\n{found}\n" for name, found in sorted(hashes.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def file_hash(path: Path) -> str:
    """Give the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_hash(folder: Path) -> str:
    """Give the SHA-256 over the names and contents of a folder's weights, as run records have it."""
    return hash_files({path.name: file_hash(path) for path in weight_files(folder)})


def check_architecture(folder: Path, expected: dict[str, Any], entry_id: str) -> None:
    """Compare the folder's configuration with the catalog's; raise `LlmregError` naming what differs."""
    from llmreg.reproduce.architecture import config_of

    wanted = config_of(expected)
    found = FolderBase(folder).config
    different = [
        f"{name} is {getattr(found, name, 'absent')}, not {getattr(wanted, name, 'absent')}"
        # transformers moves what is said of rotary embeddings, and of T5's head, into settings of these names.
        for name in (*expected, "rope_parameters", "scale_decoder_outputs")
        if getattr(found, name, None) != getattr(wanted, name, None)
    ]
    if different:
        raise LlmregError(f"the weights in {folder} are not those of {entry_id}: {'; '.join(different)}; give its own")


def first_line(error: Exception) -> str:
    """Give the first line of what a library says, with the next where it only announces that."""
    kind = type(error).__name__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [kind]
    said = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
    return f"{kind}: {said}" if isinstance(error, LookupError | TypeError | AttributeError) else said
