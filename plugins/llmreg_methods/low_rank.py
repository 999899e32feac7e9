"""What LoRA and QLoRA share: low-rank updates beside linear layers, through peft."""

from __future__ import annotations

import logging
import math
import sys
import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

import llmreg
from llmreg_methods.adapter import check_config, check_tensors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from torch import Tensor, nn


def _split_names(value: Any) -> Any:
    """Read `q_proj,v_proj` or `[q_proj, v_proj]`, as a command line gives it, as a list of names."""
    if not isinstance(value, str) or value == "all-linear":
        return value
    inner = value.strip().removeprefix("[").removesuffix("]") if value.strip().endswith("]") else value
    return [name.strip().strip("'\"") for name in inner.split(",")]


Targets = Annotated[
    Annotated[tuple[str, ...], Field(min_length=1)] | Literal["all-linear"], BeforeValidator(_split_names)
]


class LowRank(llmreg.Method):
    """Adds `alpha / rank * B(A(x))` to each target layer; only A and B are trained."""

    rank: Annotated[int, Field(ge=1)] = 8
    """Inner width of A and B."""
    alpha: Annotated[int | float, Field(gt=0)] = 16
    """Strength of the update, before it is divided by the rank."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of A's input that is dropped while training."""
    targets: Targets = "all-linear"
    """Names of the layers to adapt; `all-linear` means every linear layer but the head."""
    rslora: Annotated[bool, Field(exclude_if=lambda on: not on)] = False
    """Whether alpha is divided by the root of the rank (rsLoRA), not by the rank."""

    def adapt(self, model: nn.Module) -> nn.Module:
        """Put A and B beside the target layers; peft freezes the rest."""
        peft = import_peft()
        from transformers.pytorch_utils import Conv1D

        self._check_targets(model)
        config = peft.LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            use_rslora=self.rslora,
            target_modules=self.targets if isinstance(self.targets, str) else list(self.targets),
            task_type="SEQ_2_SEQ_LM" if model.config.is_encoder_decoder else "CAUSAL_LM",  # type: ignore[union-attr]
            # GPT-2 keeps its matrices the other way round.
            fan_in_fan_out=any(isinstance(part, Conv1D) for part in model.modules()),
        )
        with _quiet_peft():
            return peft.get_peft_model(model, config)  # type: ignore[no-any-return]

    def trains(self, name: str) -> bool:
        """Tell A and B from everything else."""
        layer, update, _ = name.partition(".lora_")
        return bool(update) and (self.targets == "all-linear" or _is_one_of(layer, self.targets))

    def save(self, model: nn.Module, folder: Path) -> None:
        """Write A and B as a PEFT adapter."""
        for config in model.peft_config.values():  # type: ignore[operator]
            # peft holds the names in a set, whose order changes from process to process.
            config.target_modules = sorted(config.target_modules)
        model.save_pretrained(folder, save_embedding_layers=False)  # type: ignore[operator]

    def restore(self, model: nn.Module, folder: Path) -> nn.Module:
        """Put the PEFT adapter in `folder` onto the base."""
        peft = import_peft()
        with _quiet_peft():
            return peft.PeftModel.from_pretrained(model, folder)  # type: ignore[no-any-return]

    def check_artifact(self, model: nn.Module, folder: Path) -> None:
        """Refuse an adapter of another kind, rank, strength or base, and one that is not whole or empty."""
        check_config(folder, self.rank, self.alpha / self._divisor(self.rank))
        adapted: Any = self.adapt(model)
        check_tensors(folder, _stored(adapted))
        peft = import_peft()
        try:
            with warnings.catch_warnings(action="ignore"):  # what peft warns of, it says when the adapter is loaded
                as_it_says = peft.get_peft_model(adapted.unload(), peft.PeftConfig.from_pretrained(folder))
        except Exception as error:
            raise llmreg.LlmregError(
                f"the adapter in {folder} cannot be put onto its base as its configuration says: "
                f"{(str(error) or type(error).__name__).splitlines()[0]}; fetch the adapter again"
            ) from None
        check_tensors(folder, _stored(as_it_says))

    def merged(self, model: nn.Module) -> Iterator[tuple[str, Tensor | None, Tensor]]:
        """Add `alpha / rank * B A` to each target layer's weight; what is in 4 or 8 bits is given as it is unpacked."""
        peft = import_peft()
        from peft.utils.integrations import get_bnb_param_type

        _check_untied(model)
        for name, layer in model.named_modules():
            weight = _plain_name(f"{name}.weight")
            if isinstance(layer, peft.tuners.lora.LoraLayer):
                frozen, update = _unpacked(layer.get_base_layer()), _update(layer)
                yield weight, _as_in_base(layer, frozen), _as_in_base(layer, frozen + update)
            elif get_bnb_param_type(getattr(layer, "weight", None)) and not name.endswith(".base_layer"):
                frozen = _as_in_base(layer, _unpacked(layer))
                yield weight, frozen, frozen

    def scaled(self, width_share: float, layers: int) -> LowRank:  # noqa: ARG002 - every layer is adapted alike
        """Shrink the rank with the width, to 4 at least, and keep the strength of the update."""
        rank = min(self.rank, max(4, round(self.rank * width_share)))
        alpha = self.alpha * self._divisor(rank) / self._divisor(self.rank)
        return self.model_copy(update={"rank": rank, "alpha": alpha})

    def _divisor(self, rank: int) -> float:
        """Return what alpha is divided by at this rank."""
        return math.sqrt(rank) if self.rslora else rank

    def _check_targets(self, model: nn.Module) -> None:
        """Refuse a target that matches no layer, or something else than a layer: a group of layers, or a norm."""
        if isinstance(self.targets, str):
            return
        from torch import nn
        from transformers.pytorch_utils import Conv1D

        named = list(model.named_modules())
        linear = sorted({name.rpartition(".")[2] for name, part in named if isinstance(part, nn.Linear | Conv1D)})
        for target in self.targets:
            found = [part for name, part in named if _is_one_of(name, (target,))]
            other = [part for part in found if not isinstance(part, nn.Linear | nn.Embedding | Conv1D)]
            if not found or other:
                kind = type(model).__name__
                what = f"{target} of {kind} is a {type(other[0]).__name__}, not a linear layer" if other else ""
                raise llmreg.LlmregError(
                    f"{self.name}: targets: {what or f'no layer of {kind} is named {target}'}; "
                    f"its linear layers are {', '.join(linear)}"
                )


def _unpacked(layer: Any) -> Tensor:
    """Give a layer's weight in 32 bits, as it is when unpacked from 4 or 8."""
    from peft.utils.integrations import dequantize_module_weight

    return dequantize_module_weight(layer).detach().float()  # type: ignore[no-any-return]


def _update(layer: Any) -> Tensor:
    """Give `alpha / rank * B A`, laid out as the weight beside it."""
    from peft.utils.other import transpose

    (active,) = layer.active_adapters
    embeds = active in layer.lora_embedding_A
    if embeds:
        a, b = layer.lora_embedding_A[active], layer.lora_embedding_B[active]
    else:
        a, b = layer.lora_A[active].weight, layer.lora_B[active].weight
    product = b.detach().float() @ a.detach().float()
    return transpose(product * layer.scaling[active], embeds or layer.fan_in_fan_out)  # type: ignore[no-any-return]


def _as_in_base(layer: Any, weight: Tensor) -> Tensor:
    """Turn a matrix of GPT-2 back, which transformers turns round where it packs it."""
    from transformers.pytorch_utils import Conv1D

    base = layer.get_base_layer() if hasattr(layer, "get_base_layer") else layer
    return weight.T if issubclass(getattr(base, "source_cls", type(None)), Conv1D) else weight


def _check_untied(model: nn.Module) -> None:
    """Refuse an update beside a weight that two layers of the base share, and only one would get."""
    names: dict[int, list[str]] = {}
    for name, weight in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(weight), []).append(name)
    for shared in names.values():
        adapted = next((name for name in shared if name.endswith(".base_layer.weight")), None)
        if adapted and len(shared) > 1:
            others = ", ".join(_plain_name(name) for name in shared if name != adapted)
            raise llmreg.LlmregError(
                f"the adapter changes {_plain_name(adapted)}, which the base shares with {others}, so none of its "
                "weights can hold the change; use the artifact beside its base"
            )


def _stored(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """Give names and sizes of A and B as peft writes them."""
    updates = {name: tuple(part.shape) for name, part in model.named_parameters() if ".lora_" in name}
    return {name.replace(".default.", ".").removesuffix(".default"): shape for name, shape in updates.items()}


def _plain_name(name: str) -> str:
    """Give the name that a weight of the adapted model has in the base."""
    return name.removeprefix("base_model.model.").replace(".base_layer.", ".")


def _is_one_of(layer: str, targets: tuple[str, ...]) -> bool:
    return any(f".{layer}".endswith(f".{target}") for target in targets)


def import_peft() -> ModuleType:
    """Import peft, with bitsandbytes (which peft imports where it is installed) kept quiet and offline.

    On some processors bitsandbytes would fetch compiled code from the Hub at import, unpinned; that is refused here.
    """
    # It warns of every cast to the precision in which it multiplies, and of the code it could not fetch.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    if find_spec("bitsandbytes") and "bitsandbytes" not in sys.modules:
        with _hidden("kernels"):
            import bitsandbytes  # noqa: F401 - imported for its side effects, once
    import peft

    return peft  # type: ignore[no-any-return]


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """Make importing `module` fail for a while."""
    there = sys.modules.get(module)
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if there is None:
            del sys.modules[module]
        else:
            sys.modules[module] = there


@contextmanager
def _quiet_peft() -> Iterator[None]:
    """Hide peft's use of a property that transformers renamed, about which a user can do nothing."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
        yield
