"""Check a PEFT adapter before it is put onto a base: it is LoRA's, whole, and the one that the settings describe."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, TypeGuard

import llmreg

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

CONFIG, TENSORS = "adapter_config.json", "adapter_model.safetensors"
_PLAIN = {
    "r", "lora_alpha", "lora_dropout", "target_modules", "task_type", "peft_type", "peft_version", "auto_mapping",
    "base_model_name_or_path", "revision", "inference_mode", "fan_in_fan_out", "use_rslora", "init_lora_weights",
    "runtime_config", "exclude_modules", "layers_to_transform", "layers_pattern", "megatron_core", "qalora_group_size",
}  # fmt: skip
"""Settings that leave an adapter A and B beside layers: the names of its tensors say which layers."""
_DRAWN = (True, False, None, "gaussian", "orthogonal", "eva")
"""Ways to draw A and B that leave the base's own weights as they are."""
_TASKS = ("CAUSAL_LM", "SEQ_2_SEQ_LM")
_B = re.compile(r"\.lora_(embedding_)?B")
_FLOATS = ("F64", "F32", "F16", "BF16")
_FEW = 3


def check_config(folder: Path, rank: int, strength: float) -> None:
    """Refuse an adapter that is more, or other, than `strength * B A` of this rank."""
    config = _read(folder / CONFIG)
    kind = config.get("peft_type")
    if kind != "LORA":
        raise llmreg.LlmregError(
            f"{folder} holds an adapter of the kind {kind!r} (peft_type in {CONFIG}), and this method reads LoRA's; "
            "name an entry whose recipe has that method, or use peft itself"
        )
    more = sorted(name for name, value in config.items() if name not in _PLAIN and not _says_nothing(value))
    if more:
        raise llmreg.LlmregError(
            f"the adapter in {folder} has {', '.join(more)} besides A and B, which llmreg does not merge; "
            "peft's own `merge_and_unload` does"
        )
    if config.get("init_lora_weights", True) not in _DRAWN:
        raise llmreg.LlmregError(
            f"the adapter in {folder} was drawn by {config['init_lora_weights']!r}, which changes the base's own "
            "weights; use peft itself to merge it"
        )
    if config.get("task_type") not in (None, *_TASKS):
        raise llmreg.LlmregError(
            f"the adapter in {folder} was made for the task {config['task_type']!r}, not for a language model"
        )
    _check_strength(folder, config, rank, strength)


def check_tensors(folder: Path, wanted: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse an adapter whose tensors are not these, are no numbers, or change nothing."""
    path = folder / TENSORS
    if not path.is_file():
        raise llmreg.LlmregError(f"{folder} has no {TENSORS}; convert other files of weights to it first")
    stored = _shapes(path)
    differ = [
        ("missing", sorted(wanted.keys() - stored.keys())),
        ("left over", sorted(stored.keys() - wanted.keys())),
        (
            "of another size",
            [
                f"{name} is {_size(stored[name])}, not {_size(shape)}"
                for name, shape in sorted(wanted.items())
                if stored.get(name, shape) != shape
            ],
        ),
    ]
    said = [f"{len(names):,} {how} ({_few(names)})" for how, names in differ if names]
    if said:
        raise llmreg.LlmregError(
            f"the adapter in {path} does not fit this base and these settings: of {len(stored):,} tensors "
            f"{', '.join(said)}; give the base it was trained on, and the entry whose recipe made it"
        )
    _check_content(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise llmreg.LlmregError(f"{path.parent} has no {path.name}, which says what kind of adapter it is") from None
    except OSError as error:
        raise llmreg.LlmregError(f"{path} cannot be read: {error.strerror}; fetch it again") from None
    except (ValueError, RecursionError) as error:
        raise llmreg.LlmregError(f"{path} is not readable JSON: {str(error).splitlines()[0]}; fetch it again") from None
    if not isinstance(config, dict):
        raise llmreg.LlmregError(f"{path} holds {type(config).__name__} where a JSON object belongs; fetch it again")
    return config


def _says_nothing(value: Any) -> bool:
    """Tell whether a setting is off, as peft writes those that are."""
    if isinstance(value, dict):
        return all(map(_says_nothing, value.values()))
    return value in (None, False, "none", "", [])


def _check_strength(folder: Path, config: Mapping[str, Any], rank: int, strength: float) -> None:
    own, alpha = (config.get(name) for name in ("r", "lora_alpha"))
    if not (_is_positive(own) and _is_positive(alpha)):
        raise llmreg.LlmregError(f"{folder / CONFIG} has r {own!r} and lora_alpha {alpha!r}; both are numbers above 0")
    if own != rank:
        raise llmreg.LlmregError(
            f"the adapter in {folder} has the rank {own}, and the settings say {rank}; name the entry whose recipe "
            "made it"
        )
    found = alpha / (math.sqrt(own) if config.get("use_rslora") else own)
    if not math.isclose(found, strength, rel_tol=1e-6):
        raise llmreg.LlmregError(
            f"the adapter in {folder} counts {found:g} times B A (lora_alpha {alpha}), and the settings say "
            f"{strength:g}; name the entry whose recipe made it"
        )


def _is_positive(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as stored:
        return {name: tuple(stored.get_slice(name).get_shape()) for name in stored.keys()}  # noqa: SIM118


def _check_content(path: Path) -> None:
    """Refuse numbers that are none, and an update of nothing: A starts at random, and B at zero."""
    from safetensors import safe_open

    moved = False
    with safe_open(path, framework="pt") as stored:
        for name in stored.keys():  # noqa: SIM118 - it is no mapping
            kind = stored.get_slice(name).get_dtype()
            if kind not in _FLOATS:
                raise llmreg.LlmregError(
                    f"{path}: {name} is in {kind}, and an adapter's numbers are read in 16 bits or more; have it "
                    "written again from the training that made it"
                )
            tensor = stored.get_tensor(name).float()
            if not tensor.isfinite().all():
                raise llmreg.LlmregError(f"{path}: {name} holds numbers that are not finite; its training went wrong")
            moved = moved or (_B.search(name) is not None and bool(tensor.any()))
    if not moved:
        raise llmreg.LlmregError(f"{path} changes nothing: every B is zero, as before the first step of training")


def _size(shape: Iterable[int]) -> str:
    return " x ".join(map(str, shape)) or "one number"


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _FEW:,} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more
