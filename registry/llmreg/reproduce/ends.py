"""The tokens that end an answer, as programs that read a folder of weights are told of them."""

from __future__ import annotations

import json
from types import NoneType
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.reproduce.base import first_line
from llmreg.reproduce.stored import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import PreTrainedTokenizerBase

    from llmreg.schema import Template

CONFIG = "generation_config.json"


def carry_ends(template: Template | None, tokenizer: PreTrainedTokenizerBase, model: Any, folder: Path) -> None:
    """Write the template's end into `generation_config.json` of a folder, in front of the ends that the model has.

    Nothing is written where the tokenizer or the model names it already, or where text ends an answer.
    """
    from llmreg.training.layout import Layout

    if template is None:
        return
    form = "text" if "{text}" in template.prompt else "instruction"
    ends = Layout(template, form, tokenizer, encoder=model.config.is_encoder_decoder).ends
    own = getattr(model, "generation_config", None)
    content = _read(folder) or (own.to_diff_dict() if own else {})
    known = [*_listed(content.get("eos_token_id")), *_listed(tokenizer.eos_token_id)]
    if not set(ends) <= set(known):
        content["eos_token_id"] = list(dict.fromkeys([*ends, *known]))
        (folder / CONFIG).write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def check_generation(folder: Path) -> None:
    """Raise `LlmregError` for a `generation_config.json` by which no model can generate."""
    from transformers import GenerationConfig

    path = folder / CONFIG
    if not path.is_file():
        return
    content = _read(folder)
    for name in ("eos_token_id", "pad_token_id", "bos_token_id", "decoder_start_token_id"):
        given = content.get(name)
        odd = [each for each in (given if isinstance(given, list) else [given]) if type(each) not in (int, NoneType)]
        if odd:
            raise LlmregError(f"{path} has {name} {odd[0]!r}, which is no token's id; fetch it again, or take it out")
    try:
        GenerationConfig.from_pretrained(folder, local_files_only=True)
    except Exception as error:
        raise LlmregError(
            f"{path} cannot be used by transformers: {first_line(error)}; fetch it again, or take it out"
        ) from None


def ends_of(folder: Path) -> tuple[int, ...]:
    """Return the tokens that end an answer by the folder's `generation_config.json`; none where it has none."""
    return tuple(_listed(_read(folder).get("eos_token_id")))


def _read(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    if not path.is_file():
        return {}
    return read_json(path)


def _listed(value: Any) -> list[int]:
    """Return ids that a configuration gives as one, several or none."""
    return [each for each in (value if isinstance(value, list | tuple) else [value]) if isinstance(each, int)]
