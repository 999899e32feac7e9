"""Predict how much memory a training takes, by part, from shapes alone: nothing of the model's size is held.

The adapted model is laid out on torch's meta device, and one forward pass is traced with tensors that have shapes and
no content, so what autograd keeps for the backward pass is counted and not estimated, for any method and architecture.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.schema import Strict
from llmreg.training.settings import DEFAULTS, micro_batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn
    from transformers import PretrainedConfig

    from llmreg.method import Method
    from llmreg.schema import Training

STORED = "bfloat16"
"""The precision in which weights lie on the Hub, where nobody says otherwise."""
OPTIMIZER: dict[str, float | None] = {
    "adamw": None,
    "adam": None,
    "decoupled_adamw": None,
    "sgd": 0.0,
    "paged_adamw_32bit": 8.0,
    "adamw_bnb_8bit": 2 + 2 * 4 / 256,
    "paged_adamw_8bit": 2 + 2 * 4 / 256,
}
"""Bytes of optimizer state for a trained parameter: torch's Adam keeps two moments in the parameter's own precision;
bitsandbytes keeps two in 32 bits, or in 8 with a 32-bit constant for each block of 256."""
_LARGE = 2**20
"""Bytes from which a block goes back to the system when it is freed."""
PASSING = ("activations", "logits")
"""Parts that are gone when the backward pass ends."""


@dataclass(frozen=True)
class Shapes:
    """A base that has an architecture and no content, as a method would load it."""

    config: PretrainedConfig
    stored: str = STORED

    def load(self, **options: Any) -> nn.Module:
        """Lay out the model in the precision asked for, else as it is stored; linear layers are not quantized."""
        import torch

        dtype = options.get("dtype")
        dtype = getattr(torch, self.stored) if dtype in (None, "auto") else dtype
        return _widened(self.random(dtype=dtype), dtype)

    def random(self, **options: Any) -> nn.Module:
        """Lay out the model as one that starts from random weights."""
        import torch

        from llmreg.reproduce.base import ConfigBase

        with torch.device("meta"):
            return ConfigBase(self.config).random(**options)


class Counts(Strict):
    """Numbers of parameters, counted on torch's meta device."""

    base: int
    """All parameters of the base."""
    linear: int
    """Those that quantization reaches: in linear layers other than the head, and not what is kept in 32 bits."""
    added: int
    """Those that the method adds."""
    trained: int


@dataclass(frozen=True)
class Laid:
    """A model adapted by a method, on the meta device, where 65B parameters take no memory."""

    model: nn.Module
    linear: tuple[nn.Parameter, ...]
    """The weights that quantization reaches."""
    counts: Counts


@dataclass(frozen=True)
class Footprint:
    """What training takes, in bytes, by part."""

    parts: dict[str, float]
    accumulates: bool
    """Whether gradients of one pass are still there when the next begins."""

    @property
    def model(self) -> float:
        """Give what is there between two passes: weights, gradients, optimizer."""
        return sum(size for part, size in self.parts.items() if part not in PASSING)

    @property
    def peak(self) -> float:
        """Give the most that is there at once: activations go as gradients come, unless gradients accumulate."""
        passing = sum(self.parts[part] for part in PASSING)
        return self.model + passing - (0 if self.accumulates else min(passing, self.parts["gradients"]))


def lay_out(method: Method, model: Any) -> Laid:
    """Adapt a model on the meta device, and count."""
    import torch

    base = sum(value.numel() for value in model.parameters())
    linear = _quantizable(model)
    with torch.device("meta"):
        adapted = method.adapt(model)
    everything = sum(value.numel() for value in adapted.parameters())
    trained = sum(value.numel() for value in adapted.parameters() if value.requires_grad)
    counts = Counts(
        base=base, linear=sum(weight.numel() for weight in linear), added=everything - base, trained=trained
    )
    return Laid(adapted, tuple(linear), counts)


def _quantizable(model: Any) -> list[nn.Parameter]:
    """List the weights that transformers packs when it is asked to: T5's `wo` is not among them, nor is a head."""
    from torch import nn
    from transformers.pytorch_utils import Conv1D
    from transformers.quantizers.base import HfQuantizer
    from transformers.quantizers.quantizers_utils import should_convert_module

    kept = HfQuantizer.get_modules_to_not_convert(model, None, model._keep_in_fp32_modules)
    linear: list[Any] = [each for each in model.named_modules() if isinstance(each[1], (nn.Linear, Conv1D))]
    return [part.weight for name, part in linear if should_convert_module(name, kept)]


def _widened(model: Any, dtype: Any) -> nn.Module:
    """Hold in 32 bits what transformers loads so although 16 are asked for: beside float16, T5's `wo`."""
    import torch

    always = model._keep_in_fp32_modules_strict or ()
    beside = {torch.bfloat16: always, torch.float16: (*always, *(model._keep_in_fp32_modules or ()))}
    for name, value in model.named_parameters():
        if set(name.split(".")).intersection(beside.get(dtype, ())):
            value.data = value.data.float()
    return model  # type: ignore[no-any-return]


def footprint(
    laid: Laid, method: Method, training: Training, length: int, source: int = 0, *, mapped: float = 0.0
) -> Footprint:
    """Predict the parts for micro-batches of samples of `length` tokens, each token a label: the most they can be.

    For an encoder-decoder these are the tokens of the decoder, and `source` are those of the encoder. Without a length,
    activations and logits are not counted. On a CPU the file of weights that are packed while loading stays mapped,
    because what is not packed lies in it: `mapped` gives the bytes that one of them takes there.
    """
    micro = micro_batch(training)
    trained = [value for value in laid.model.parameters() if value.requires_grad]
    gradients = float(sum(value.nbytes for value in trained))
    state = OPTIMIZER[training.optimizer or DEFAULTS["optimizer"]]
    parts = {
        "frozen weights": _frozen(laid, method, mapped),
        "trained weights": gradients,
        "gradients": gradients,
        "optimizer": 2 * gradients if state is None else state * laid.counts.trained,
        "activations": _activations(laid.model, training, micro, length, source) if length else 0.0,
        "logits": _logits(laid, training, micro * length) if length else 0.0,
    }
    return Footprint(parts, accumulates=(training.batch_size or micro) > micro)


def _frozen(laid: Laid, method: Method, mapped: float) -> float:
    """Add up frozen weights as they are held; a method that packs linear layers says what a weight of them takes."""
    frozen = float(sum(value.nbytes for value in laid.model.parameters() if not value.requires_grad))
    packed = method.packed()
    if packed is None:
        return frozen
    inside = [weight for weight in laid.linear if not weight.requires_grad]
    return frozen + sum((packed + mapped) * weight.numel() - weight.nbytes for weight in inside)


def depths(config: Any) -> tuple[int, int]:
    """Give the blocks of an encoder and of a decoder; both are those of the decoder where there is no encoder."""
    return config.num_hidden_layers, getattr(config, "num_decoder_layers", None) or config.num_hidden_layers


def _activations(model: nn.Module, training: Training, micro: int, length: int, source: int) -> float:
    """Trace passes and add up what autograd keeps; with checkpointing, the inputs of blocks and one block's own.

    What does not grow with the samples is 16-bit copies of 32-bit weights, which stay for the whole pass. A single
    sample is traced by itself, because some architectures then keep less.
    """

    def traced(samples: int) -> float:
        return _kept_for_backward(model, training, samples, length, source)

    two, three = traced(2), traced(3)
    copies = max(0.0, 3 * two - 2 * three)
    kept = traced(1) - copies if micro == 1 else micro * (three - two)
    if not training.gradient_checkpointing:
        return copies + kept
    config: Any = model.config
    blocks, others = depths(config)
    inputs = (blocks * source + others * length) * config.hidden_size * micro * _width(training)
    return float(copies + min(kept, inputs + kept / min(blocks, others)))


def _kept_for_backward(model: Any, training: Training, samples: int, length: int, source: int) -> float:
    """Add up the storages that a pass of equal samples keeps below the head, the parameters' own left out."""
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.autograd.graph import saved_tensors_hooks

    body = (model.get_base_model() if hasattr(model, "get_base_model") else model).base_model
    mixed = (training.precision or DEFAULTS["precision"]) != "float32"
    sizes: dict[int, int] = {}
    held = []

    def keep(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        sizes.setdefault(storage._cdata, storage.nbytes())
        held.append(tensor)  # so that no later storage takes its place
        return tensor

    with (
        _without_mask(model),
        _without_head(model),
        FakeTensorMode(),
        torch.autocast("cpu", torch.bfloat16, enabled=mixed),
    ):
        state = {
            name: torch.empty(value.shape, dtype=value.dtype).requires_grad_(value.requires_grad)
            for name, value in (*body.named_parameters(), *body.named_buffers())
        }
        own = {value.untyped_storage()._cdata for value in state.values()}
        tokens, read = (torch.zeros((samples, size), dtype=torch.int64) for size in (length, source))
        inputs = {"input_ids": read, "decoder_input_ids": tokens} if source else {"input_ids": tokens}
        with saved_tensors_hooks(keep, lambda tensor: tensor):
            torch.func.functional_call(body, state, kwargs={**inputs, "use_cache": False})
    return float(sum(size for storage, size in sizes.items() if storage not in own))


@contextmanager
def _without_mask(model: Any) -> Iterator[None]:
    """Attend without a mask, as training does where it lays samples end to end."""
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS as MASKS

    kind = str(model.config._attn_implementation)
    if model.config.is_encoder_decoder or not kind.startswith("sdpa"):
        yield
        return
    MASKS[kind] = lambda *_, **__: None
    try:
        yield
    finally:
        del MASKS[kind]


@contextmanager
def _without_head(model: Any) -> Iterator[None]:
    """Leave the head out, where the model has no name for what lies below it."""
    head = model.get_output_embeddings()
    head.forward = lambda hidden: hidden
    try:
        yield
    finally:
        del head.forward


def _logits(laid: Laid, training: Training, labels: int) -> float:
    """Count what taking the loss holds: logits of a chunk of labels, the states they come from, the head's gradient.

    A head that is more than one product is called on all labels at once, and its logits are kept.
    """
    from torch import nn

    from llmreg.training.head import CHUNK

    model: Any = laid.model
    head = model.get_output_embeddings()
    width = _width(training)
    vocabulary, hidden = head.weight.shape
    states = 2 * labels * hidden * width
    if type(head) is not nn.Linear:
        return float(states + labels * vocabulary * (8 + 2 * width))
    logits = min(CHUNK, labels) * vocabulary * (4 if width == 4 else 8)
    gradient = 8 if width == 4 else 12  # in 32 bits, twice; beside them copies in 16 bits of the weight and of it
    return float(states + logits + (gradient * head.weight.numel() if head.weight.requires_grad else 0))


def _width(training: Training) -> int:
    """Give the bytes of a number as it is computed with."""
    return 4 if (training.precision or DEFAULTS["precision"]) == "float32" else 2


def give_back_freed() -> None:
    """Have the C library give large blocks back when they are freed, where it can be told to (glibc, on a CPU).

    It would otherwise keep them in a heap that grows holes: the same training then takes up to half as much again.
    """
    import ctypes
    import platform

    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(-3, _LARGE)  # -3 is M_MMAP_THRESHOLD
