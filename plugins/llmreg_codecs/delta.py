"""Delta: a model as the differences of its tensors to the base's, added up again tensor by tensor.

Vicuna and StableVicuna are told so in 16 bits (lm-sys/FastChat@0e6d3e4 fastchat/model/apply_delta.py), Alpaca in 32
(tatsu-lab/stanford_alpaca@761dc5b weight_diff.py), where rows of tokens that the base lacks are the mean of its rows. A
difference in few bits does not always add up to what it was taken of; where it does not, `made` writes the exact
numbers next to it, under `exact/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import llmreg
from llmreg.deltas.tensors import Tensors, computed, file_names, header, raw, rest

if TYPE_CHECKING:
    from torch import Tensor

EXACT = "exact"


class Delta(llmreg.Codec):
    """Tells each tensor as its difference to the base's tensor of the same name."""

    name: ClassVar[str] = "delta"

    dtype: Literal["float32", "float16", "bfloat16"] | None = None
    """In what numbers the sum is taken and written; by default in those of the delta."""
    new_rows: Literal["refuse", "mean", "zeros"] = "refuse"
    """What the base has where the delta has more rows, as for tokens that were added."""

    def made(self, base: Path, whole: Path) -> Sequence[llmreg.Part]:
        """Return the differences, and the exact numbers where a difference does not add up to them."""
        ours, theirs = Tensors(base), Tensors(whole)
        self._check(ours, theirs, "model")
        parts = []
        for path, name in file_names(theirs).items():
            names = self._names(ours, theirs, path)
            kinds = {each: (theirs.dtype(each), theirs.shape(each)) for each in names}
            parts.append(_file(name, kinds, lambda each: self._difference(ours, theirs, each)))
            exact = partial(self._exact, ours, theirs, names)
            parts.append(llmreg.Part(f"{EXACT}/{name}", exact, optional=True))
        return [*parts, *_beside(whole), *_index(theirs)]

    def applied(self, base: Path, delta: Path) -> Sequence[llmreg.Part]:
        """Return the sums, with the delta's configuration and tokenizer."""
        ours, theirs = Tensors(base), Tensors(delta)
        self._check(ours, theirs, "delta")
        exact = _Exact(delta / EXACT)
        parts = []
        for path, name in file_names(theirs).items():
            names = self._names(ours, theirs, path)
            kinds = {each: (self._kind(theirs, each), theirs.shape(each)) for each in names}
            parts.append(_file(name, kinds, lambda each: exact.mended(each, self._sum(ours, theirs, each))))
        return [*parts, *_beside(delta), *_index(theirs)]

    def fingerprint(self, folder: Path, like: Path) -> str:  # noqa: ARG002 - all of a base goes into every model
        """Return a hash of all the base's tensors."""
        return Tensors(folder).fingerprint()

    def total(self, base: Path, delta: Path) -> float:
        """Return the sum of all numbers, each tensor summed up in its own numbers as torch does it."""
        ours, theirs = Tensors(base), Tensors(delta)
        names = [name for path in theirs.files for name in self._names(ours, theirs, path)]
        exact = _Exact(delta / EXACT)
        return float(sum(float(exact.mended(name, self._sum(ours, theirs, name)).sum()) for name in names))

    def _check(self, ours: Tensors, theirs: Tensors, what: str) -> None:
        """Raise `LlmregError` where a tensor is on one side alone, or of a shape that does not fit."""
        alone = sorted(name for name in ours.where.keys() ^ theirs.where.keys() if not computed(name))
        if alone:
            side = ours.folder if alone[0] in ours.where else theirs.folder
            raise llmreg.LlmregError(
                f"{ours.folder} is not the base of the {what} in {theirs.folder}: only {side} has "
                f"{', '.join(alone[:3])}; give the base that it was made from"
            )
        for name in theirs.where:
            if name in ours.where and (wrong := self._misfit(ours.shape(name), theirs.shape(name))):
                raise llmreg.LlmregError(
                    f"{ours.folder} is not the base of the {what} in {theirs.folder}: {name} {wrong}; give the base "
                    "that it was made from"
                )

    def _misfit(self, ours: tuple[int, ...], theirs: tuple[int, ...]) -> str:
        if ours == theirs:
            return ""
        more = len(ours) == len(theirs) == 2 and ours[1:] == theirs[1:] and ours[0] < theirs[0]
        if more and self.new_rows != "refuse":
            return ""
        hint = " (a delta with added rows names `new_rows`)" if more else ""
        return f"is {' x '.join(map(str, ours))} in the base and {' x '.join(map(str, theirs))} here{hint}"

    def _names(self, ours: Tensors, theirs: Tensors, path: Path) -> list[str]:
        """Return the tensors of a file without computed buffers that only one side has."""
        return [name for name, place in theirs.where.items() if place == path and name in ours.where]

    def _kind(self, theirs: Tensors, name: str) -> Any:
        import torch

        found = theirs.dtype(name)
        return getattr(torch, self.dtype) if self.dtype and found.is_floating_point else found

    def _ground(self, ours: Tensors, name: str, kind: Any, shape: tuple[int, ...]) -> Tensor:
        """Return the base's tensor in these numbers, with the rows that it lacks."""
        import torch

        ground = ours[name].to(kind)
        if len(shape) == 2 and (lacking := shape[0] - ground.shape[0]):
            row = ground.mean(dim=0, keepdim=True) if self.new_rows == "mean" else ground.new_zeros(1, shape[1])
            ground = torch.cat([ground, row.expand(lacking, -1)])
        return ground

    def _sum(self, ours: Tensors, theirs: Tensors, name: str) -> Tensor:
        kind = self._kind(theirs, name)
        ground = self._ground(ours, name, kind, theirs.shape(name))
        found = theirs[name].to(kind)
        return found ^ ground if str(kind) == "torch.bool" else found + ground

    def _difference(self, ours: Tensors, theirs: Tensors, name: str) -> Tensor:
        kind = theirs.dtype(name)
        ground = self._ground(ours, name, kind, theirs.shape(name))
        if str(kind) == "torch.bool":
            return theirs[name] ^ ground
        wide = kind.is_floating_point and kind.itemsize < 8
        return (theirs[name].double() - ground.double()).to(kind) if wide else theirs[name] - ground

    def _exact(self, ours: Tensors, theirs: Tensors, names: Sequence[str]) -> Iterator[bytes]:
        """Return a file with the positions at which a difference does not add up bit for bit, and the numbers there."""
        import torch

        found: dict[str, Tensor] = {}
        for name in names:
            whole = theirs[name]
            ground = self._ground(ours, name, whole.dtype, tuple(whole.shape))
            again = self._difference(ours, theirs, name)
            again = again ^ ground if whole.dtype == torch.bool else again + ground
            if len(wrong := _unequal(again, whole)):
                found[f"{name}.at"], found[f"{name}.is"] = wrong, whole.reshape(-1)[wrong]
        if found:
            yield header({name: (each.dtype, tuple(each.shape)) for name, each in found.items()})
        for each in found.values():
            yield from raw(each)


class _Exact:
    """The numbers that a delta states as they are, because no difference adds up to them."""

    def __init__(self, folder: Path) -> None:
        """Read them; raise `LlmregError` for a broken file."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        self._found: dict[str, Tensor] = {}
        for path in sorted(folder.glob("*.safetensors")):
            try:
                self._found |= load_file(path)
            except (SafetensorError, OSError) as error:
                raise llmreg.LlmregError(f"{path} is broken or cut off ({error}); fetch it again") from None

    def mended(self, name: str, tensor: Tensor) -> Tensor:
        """Put the exact numbers of a tensor in their places."""
        if (places := self._found.get(f"{name}.at")) is not None:
            tensor.view(-1)[places] = self._found[f"{name}.is"].to(tensor.dtype)
        return tensor


def _unequal(one: Tensor, other: Tensor) -> Tensor:
    """Return the positions at which the bits of two tensors differ; zeros of either sign and kinds of NaN do, too."""
    import torch

    width = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[one.element_size()]
    bits = [each.contiguous().reshape(-1).view(width) for each in (one, other)]
    return torch.nonzero(bits[0] != bits[1]).reshape(-1)


def _file(name: str, kinds: dict[str, tuple[Any, tuple[int, ...]]], tensor_of: Any) -> llmreg.Part:
    head = header(kinds)

    def pieces() -> Iterator[bytes]:
        yield head
        for each in kinds:
            yield from raw(tensor_of(each))

    size = len(head) + sum(prod(shape) * kind.itemsize for kind, shape in kinds.values())
    return llmreg.Part(name, pieces, size)


def _beside(folder: Path) -> list[llmreg.Part]:
    return [llmreg.Part(path.name, partial(_content, path)) for path in rest(folder)]


def _content(path: Path) -> Iterator[bytes]:
    yield path.read_bytes()


def _index(tensors: Tensors) -> list[llmreg.Part]:
    """Return the index that says which tensor is in which file, where there are several."""
    import json

    from llmreg.hub.choose import INDEX

    names = file_names(tensors)
    if len(names) == 1:
        return []
    index = {"metadata": {}, "weight_map": {name: names[path] for name, path in tensors.where.items()}}
    return [llmreg.Part(INDEX, lambda: iter([(json.dumps(index, indent=2) + "\n").encode()]))]


@llmreg.hookimpl
def register_codecs() -> list[type[llmreg.Codec]]:
    """Offer the difference of tensors."""
    return [Delta]
