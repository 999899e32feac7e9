"""LLaMA-Adapter V1 and V2 for text: zero-initialized prompts in attention, unlocked norms, bias and scale.

Three published configurations are settings of one method:

- V1 (arXiv:2303.16199), prompts and gates only: `norms`, `bias` and `scale` false.
- V2 as its paper has it (arXiv:2304.15010, equation 1): `prompt_layers: 31`, everything else as by default.
- V2 as released for chat at 65B: `prompts: false`, `scale_side: input`.

What is added starts at zero (or one, for scales), so that before the first step the model computes what its base does.
The prompts' own gradient is zero at that step, because their gate is closed.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

import llmreg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torch import Tensor, nn

_TENSORS, _SETTINGS = "llama_adapter.safetensors", "llama_adapter.json"


class LlamaAdapterV2(llmreg.Method):
    """Trains prompts with their gates, norms, and a bias and a scale for each linear layer of the blocks."""

    name = "llama-adapter-v2"
    paper = "https://arxiv.org/abs/2304.15010"

    prompts: bool = True
    """Whether the top layers attend to adaption prompts, through gates."""
    prompt_length: Annotated[int, Field(ge=1)] = 10
    """Number of prompt vectors in a layer."""
    prompt_layers: Annotated[int, Field(ge=1)] = 30
    """How many layers have prompts, counted from the top."""
    gate: Literal["head_tanh", "head", "layer"] = "head_tanh"
    """How prompts are let in: by a tanh for each head (the authors' code), by a plain factor for each head, or for
    each layer."""
    norms: bool = True
    """Whether all norms train."""
    bias: bool = True
    """Whether each linear layer of the blocks gets a bias b."""
    scale: bool = True
    """Whether each linear layer of the blocks gets a scale s."""
    scale_side: Literal["output", "input"] = "output"
    """`output`: y = s * (W x + b), as in the paper; `input`: y = W (s * x) + b, as in the code released for 65B."""

    @model_validator(mode="after")
    def _trains_something(self) -> LlamaAdapterV2:
        if not (self.prompts or self.norms or self.bias or self.scale):
            raise ValueError("switch on one of `prompts`, `norms`, `bias` and `scale`: nothing would train")
        return self

    def adapt(self, model: nn.Module) -> nn.Module:
        """Freeze the model and add the parts that are switched on, in 32 bits."""
        model.requires_grad_(False)
        blocks = _blocks(model)
        if self.prompts:
            self._add_prompts(model, blocks)
        if self.bias or self.scale:
            for linear in _linear_layers(blocks):
                self._add_tuning(linear)
        if self.norms:
            for norm in _norms(model):
                _unlock(norm)
        return model

    def trains(self, name: str) -> bool:
        """Tell by the name's last two parts, such as `tuning.scale` or `input_layernorm.weight`."""
        path, _, leaf = name.rpartition(".")
        owner = path.rpartition(".")[2]
        if owner == "tuning":
            return {"bias": self.bias, "scale": self.scale}[leaf]
        return self.prompts if owner == "adaption" else self.norms and _is_norm(owner)

    def save(self, model: nn.Module, folder: Path) -> None:
        """Write what was trained as safetensors, with the settings beside it."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        trained = {name: tensor.detach() for name, tensor in model.named_parameters() if self.trains(name)}
        save_file(trained, folder / _TENSORS, metadata={"format": "pt"})
        settings = {"method": self.name, **self.model_dump()}
        (folder / _SETTINGS).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")

    def restore(self, model: nn.Module, folder: Path) -> nn.Module:
        """Add the parts to the base and fill them from `folder`; refuse an artifact made with other settings."""
        from safetensors.torch import load_file

        model = self.adapt(model)
        self._check(model, folder)
        model.load_state_dict(load_file(folder / _TENSORS), strict=False)
        return model

    def check_artifact(self, model: nn.Module, folder: Path) -> None:
        """Refuse an artifact made with other settings or for another base."""
        self._check(self.adapt(model), folder)

    def _check(self, model: nn.Module, folder: Path) -> None:
        from safetensors import safe_open

        for name in (_SETTINGS, _TENSORS):
            if not (folder / name).is_file():
                raise llmreg.LlmregError(f"{folder} has no {name}, so it holds no adapter that {self.name} wrote")
        try:
            settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise llmreg.LlmregError(f"{folder / _SETTINGS} is not readable JSON: {error}; fetch it again") from None
        if settings != {"method": self.name, **self.model_dump()}:
            raise llmreg.LlmregError(f"{folder / _SETTINGS}: was made with other settings; restore it with {settings}")
        wanted = {(name, tuple(part.shape)) for name, part in model.named_parameters() if self.trains(name)}
        with safe_open(folder / _TENSORS, framework="pt") as stored:
            found = {(name, tuple(stored.get_slice(name).get_shape())) for name in stored.keys()}  # noqa: SIM118
        if found != wanted:
            odd = ", ".join(sorted({name for name, _ in found ^ wanted})[:3])
            raise llmreg.LlmregError(f"{folder / _TENSORS}: does not fit {type(model).__name__}: {odd}, ...")

    def merged(self, model: nn.Module) -> Iterator[tuple[str, Tensor | None, Tensor]]:
        """Fold scale and bias into each linear layer, and give the norms; refuse prompts.

        `output`: W' = diag(s) W and b' = s * (b0 + b); `input`: W' = W diag(s) and b' = b0 + b, where b0 is the
        layer's own bias. Prompts are attended to with a softmax of their own, which no weights of the base can do, and
        pass through its projections without bias and scale, so that not even the rest could be merged around them.
        """
        if self.prompts:
            raise llmreg.LlmregError(
                f"{self.name}: prompts cannot be merged, because the layers attend to them with a softmax of their "
                "own, which no weights of the base can do; use the artifact beside its base (what was trained with "
                "`prompts: false` merges)"
            )
        for name, part in model.named_modules():
            if hasattr(part, "tuning"):
                yield from self._folded(name, part)
        for name, parameter in model.named_parameters():
            if self.trains(name) and ".tuning." not in name:
                yield name, None, parameter.detach().float()

    def _folded(self, name: str, linear: Any) -> Iterator[tuple[str, Tensor | None, Tensor]]:
        tuning = {part: value.detach() for part, value in linear.tuning.items()}
        weight, bias = linear.weight.detach().float(), tuning.get("bias")
        if linear.bias is not None:
            own = linear.bias.detach().float()
            bias = own if bias is None else own + bias
        if "scale" in tuning and self.scale_side == "output":
            weight = tuning["scale"][:, None] * weight
            bias = None if bias is None else tuning["scale"] * bias
        elif "scale" in tuning:
            weight = weight * tuning["scale"]
        yield f"{name}.weight", None, weight
        if bias is not None:
            yield f"{name}.bias", None, bias

    def scaled(self, width_share: float, layers: int) -> LlamaAdapterV2:  # noqa: ARG002 - nothing depends on width
        """Keep at least one layer without prompts below those that have them, where there are two."""
        return self.model_copy(update={"prompt_layers": min(self.prompt_layers, max(1, layers - 1))})

    def _add_prompts(self, model: Any, blocks: Any) -> None:
        import torch
        from torch import nn

        if self.prompt_layers > len(blocks):
            raise llmreg.LlmregError(
                f"{self.name}: prompt_layers is {self.prompt_layers}, but the model has only {len(blocks)} layers"
            )
        if model.config.model_type not in _PROJECTIONS:
            raise llmreg.LlmregError(
                f"{self.name}: prompts are not known for the model type {model.config.model_type!r}, only for "
                f"{', '.join(_PROJECTIONS)}; with `prompts: false` the other parts work"
            )
        gates = 1 if self.gate == "layer" else model.config.num_attention_heads
        for attention in _attentions(blocks)[-self.prompt_layers :]:
            options: Any = {"device": next(attention.parameters()).device, "dtype": torch.float32}
            prompt = torch.randn(self.prompt_length, model.config.hidden_size, **options)
            attention.adaption = nn.ParameterDict({"prompt": prompt, "gate": torch.zeros(gates, **options)})
        model.set_attn_implementation(_attention_with_prompts(model.config, self.gate))

    def _add_tuning(self, linear: Any) -> None:
        import torch
        from torch import nn

        options: Any = {"device": linear.weight.device, "dtype": torch.float32}
        linear.tuning = nn.ParameterDict()
        if self.bias:
            linear.tuning["bias"] = torch.zeros(linear.out_features, **options)
        if self.scale:
            width = linear.out_features if self.scale_side == "output" else linear.in_features
            linear.tuning["scale"] = torch.ones(width, **options)
        if self.scale and self.scale_side == "input":
            linear.register_forward_pre_hook(_scale_input)
        linear.register_forward_hook(partial(_tune_output, scale=self.scale and self.scale_side == "output"))


# Hooks leave the base's modules, and so the names of its weights, as they are.


def _scale_input(linear: Any, inputs: tuple[Tensor]) -> Tensor:
    (x,) = inputs
    scaled: Tensor = x * linear.tuning["scale"]
    return scaled.to(x.dtype)


def _tune_output(linear: Any, _: tuple[Tensor], y: Tensor, *, scale: bool) -> Tensor:
    tuned = y + linear.tuning["bias"] if "bias" in linear.tuning else y
    return (tuned * linear.tuning["scale"] if scale else tuned).to(y.dtype)


def _unlock(norm: Any) -> None:
    """Let a norm train in 32 bits, where a small step is not rounded away, and go on giving the base's precision."""
    import torch

    dtype = norm.weight.dtype
    norm.requires_grad_(True)
    if dtype != torch.float32:
        norm.float()
        if isinstance(norm, torch.nn.LayerNorm):
            norm.register_forward_pre_hook(lambda _, inputs: tuple(x.float() for x in inputs))
        norm.register_forward_hook(lambda _, __, y: y.to(dtype))


def _attention_with_prompts(config: Any, gate: str) -> str:
    """Register an attention that lets prompts in on top of the model's own; give the name of it."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    own = config._attn_implementation
    if own not in ("sdpa", "eager"):
        raise llmreg.LlmregError(f"llama-adapter-v2: prompts need the attention `sdpa` or `eager`, not {own!r}")
    name = f"{own}_with_prompts_{gate}"
    attend = _eager if own == "eager" else ALL_ATTENTION_FUNCTIONS[own]
    AttentionInterface.register(name, partial(_attend, attend, gate))
    AttentionMaskInterface.register(name, ALL_MASK_ATTENTION_FUNCTIONS[own])
    return name


def _eager(attention: nn.Module, *arguments: Any, **options: Any) -> Any:
    """Call the attention written out in the model's own file."""
    return sys.modules[type(attention).__module__].eager_attention_forward(attention, *arguments, **options)


def _attend(
    own: Callable[..., Any], gate: str, attention: Any, query: Tensor, *rest: Any, **options: Any
) -> tuple[Tensor, Tensor | None]:
    """Add `gate * softmax(q k_P / sqrt(c)) v_P` to what the model's own attention gives, before its output layer.

    The prompts have a softmax of their own; queries are rotated by their positions, prompts are not. Shapes: query
    (batch, heads, tokens, c), output (batch, tokens, heads, c).
    """
    output, weights = own(attention, query, *rest, **options)
    if not hasattr(attention, "adaption"):
        return output, weights
    from torch.nn.functional import scaled_dot_product_attention

    prompt_key, prompt_value = _PROJECTIONS[attention.config.model_type](attention, attention.adaption["prompt"])
    groups, batch = query.shape[1] // prompt_key.shape[0], query.shape[0]
    prompt_key, prompt_value = (
        each.to(query.dtype).repeat_interleave(groups, dim=0).expand(batch, -1, -1, -1)
        for each in (prompt_key, prompt_value)
    )
    answer = scaled_dot_product_attention(query, prompt_key, prompt_value, scale=options["scaling"])
    opening = attention.adaption["gate"].tanh() if gate == "head_tanh" else attention.adaption["gate"]
    return output + (opening[:, None] * answer.transpose(1, 2)).to(output.dtype), weights


# Prompts go through the frozen projections alone: `forward` called directly skips the hooks with bias and scale.


def _project(layer: Any, prompt: Tensor) -> Tensor:
    """Take the prompt through a layer, in the layer's precision; one of 4 bits takes any."""
    return layer.forward(prompt.to(layer.weight.dtype) if layer.weight.is_floating_point() else prompt)  # type: ignore[no-any-return]


def _project_apart(attention: Any, prompt: Tensor) -> tuple[Tensor, Tensor]:
    """Give the prompts' keys and values, each (key heads, prompts, c)."""
    shape = (len(prompt), -1, attention.head_dim)
    key, value = (_project(layer, prompt).view(shape) for layer in (attention.k_proj, attention.v_proj))
    return key.transpose(0, 1), value.transpose(0, 1)


def _project_together(attention: Any, prompt: Tensor) -> tuple[Tensor, Tensor]:
    """Give keys and values where one layer makes query, key and value of each head in turn."""
    together = _project(attention.query_key_value, prompt).view(len(prompt), -1, 3 * attention.head_size)
    _, key, value = together.transpose(0, 1).chunk(3, dim=-1)
    return key, value


_PROJECTIONS = {"llama": _project_apart, "mistral": _project_apart, "gpt_neox": _project_together}


def _blocks(model: Any) -> Any:
    """Give the list of decoder layers, wherever the architecture keeps it."""
    from torch import nn

    count = model.config.num_hidden_layers
    lists = (part for part in model.base_model.modules() if isinstance(part, nn.ModuleList) and len(part) == count)
    blocks = next(lists, None)
    if blocks is None:
        raise llmreg.LlmregError(f"llama-adapter-v2: {type(model).__name__} has no list of decoder layers to adapt")
    return blocks


def _attentions(blocks: Any) -> list[Any]:
    return [part for part in blocks.modules() if type(part).__name__.endswith("Attention")]


def _linear_layers(blocks: Any) -> list[Any]:
    from torch import nn

    layers = [part for part in blocks.modules() if isinstance(part, nn.Linear)]
    if not layers:
        kind = type(blocks[0]).__name__
        raise llmreg.LlmregError(
            f"llama-adapter-v2: {kind} has no linear layers for `bias` and `scale` to stand beside"
        )
    return layers


def _norms(model: nn.Module) -> list[Any]:
    """List the norms that have weights; some architectures have norms without."""
    found = [part for name, part in model.named_modules() if _is_norm(name.rpartition(".")[2])]
    return [norm for norm in found if getattr(norm, "weight", None) is not None]


def _is_norm(name: str) -> bool:
    """Tell a norm by its own name, such as `input_layernorm`, `norm_1` or `ln_f`."""
    return "norm" in name or name.startswith("ln_")


@llmreg.hookimpl
def register_methods() -> list[type[llmreg.Method]]:
    """Offer LLaMA-Adapter."""
    return [LlamaAdapterV2]
