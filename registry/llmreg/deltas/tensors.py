"""The tensors of a folder, read one at a time from safetensors or from pickles that hold nothing but tensors."""

from __future__ import annotations

import hashlib
import json
import struct
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.reproduce.base import first_line, weight_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from torch import Tensor

PICKLE_INDEX = "pytorch_model.bin.index.json"
_WHOLE_PICKLE = "pytorch_model.bin"
_AGAIN = "fetch it again"


class Tensors:
    """The tensors of a model's folder by name; only the one that is asked for is read."""

    def __init__(self, folder: Path) -> None:
        """List the files; raise `LlmregError` where the folder is no model, or one of its files is missing."""
        self.folder = folder
        self.pickled = folder.is_dir() and not any(folder.glob("*.safetensors"))
        self.files = _pickles(folder) if self.pickled else weight_files(folder)

    @cached_property
    def where(self) -> dict[str, Path]:
        """Return the file of each tensor, in the order of the files."""
        return {name: path for path, content in self._opened.items() for name in content}

    @cached_property
    def _opened(self) -> dict[Path, Any]:
        return {path: _pickle(path) if self.pickled else _header(path) for path in self.files}

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor."""
        return tuple(self[name].shape) if self.pickled else tuple(self._opened[self.where[name]][name]["shape"])

    def dtype(self, name: str) -> Any:
        """Return the number format of a tensor, as torch has it."""
        if self.pickled:
            return self[name].dtype
        kind = self._opened[self.where[name]][name]["dtype"]
        if kind not in dtypes():
            raise LlmregError(f"{self.where[name]}: {name} is stored as {kind}, which no codec reads")
        return dtypes()[kind]

    def __getitem__(self, name: str) -> Tensor:
        """Read a tensor; raise `LlmregError` where the file is broken."""
        path = self.where[name]
        if self.pickled:
            found: Tensor = self._opened[path][name]
            return found
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "pt") as file:
                tensor: Tensor = file.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise LlmregError(f"{path} is broken: {first_line(error)}; {_AGAIN}") from None
        return tensor

    def fingerprint(self) -> str:
        """Return a hash of all tensors, whatever files they are in; buffers that are computed do not count."""
        digest = hashlib.sha256()
        for name in sorted(self.where):
            if not computed(name):
                tensor = self[name]
                digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
                for piece in raw(tensor):
                    digest.update(piece)
        return digest.hexdigest()


def computed(name: str) -> bool:
    """Tell whether a name is that of a buffer which models compute, and some files hold all the same."""
    return name.endswith("rotary_emb.inv_freq")


def dtypes() -> dict[str, Any]:
    """Return torch's number formats by the words of safetensors."""
    import torch

    return {
        "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
        "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
    }  # fmt: skip


def raw(tensor: Tensor, most: int = 2**24) -> Iterator[bytes]:
    """Return the bytes of a tensor in pieces, in the order in which safetensors stores them."""
    import torch

    flat = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
    for at in range(0, flat.numel(), most):
        yield flat[at : at + most].numpy().tobytes()


def header(tensors: Mapping[str, tuple[Any, tuple[int, ...]]], metadata: Mapping[str, str] | None = None) -> bytes:
    """Return the head of a safetensors file that holds tensors of these formats and shapes, in this order."""
    from math import prod

    words = {kind: word for word, kind in dtypes().items()}
    told: dict[str, Any] = {"__metadata__": dict(metadata or {"format": "pt"})}
    at = 0
    for name, (kind, shape) in tensors.items():
        end = at + prod(shape) * kind.itemsize
        told[name] = {"dtype": words[kind], "shape": list(shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(told, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def file_names(tensors: Tensors) -> dict[Path, str]:
    """Return what the file of each file is called once it is safetensors."""
    if not tensors.pickled:
        return {path: path.name for path in tensors.files}
    return {path: f"{path.stem.replace('pytorch_model', 'model')}.safetensors" for path in tensors.files}


def _header(path: Path) -> dict[str, Any]:
    """Read which tensors a file holds, in the order of their bytes; raise `LlmregError` where bytes are missing."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt"):  # it compares the head with the size of the file
            pass
        with path.open("rb") as file:
            found = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    except (SafetensorError, OSError, ValueError, struct.error) as error:
        raise LlmregError(f"{path} is broken or cut off: {first_line(error)}; {_AGAIN}") from None
    found.pop("__metadata__", None)
    return dict(sorted(found.items(), key=lambda pair: pair[1]["data_offsets"]))


def _pickles(folder: Path) -> list[Path]:
    """List the pickles of a model; raise `LlmregError` where the index names one that is not there."""
    if (folder / PICKLE_INDEX).is_file():
        from llmreg.reproduce.stored import read_json

        index = read_json(folder / PICKLE_INDEX).get("weight_map")
        names = sorted(set(map(str, index.values()))) if isinstance(index, dict) else []
        missing = [name for name in names if not (folder / name).is_file() or Path(name).name != name]
        if missing or not names:
            raise LlmregError(
                f"{folder / PICKLE_INDEX} names {', '.join(missing[:3]) or 'no file'}; fetch what is missing"
            )
        return [folder / name for name in names]
    if (folder / _WHOLE_PICKLE).is_file():
        return [folder / _WHOLE_PICKLE]
    return weight_files(folder)


def _pickle(path: Path) -> dict[str, Tensor]:
    """Open a pickle, of which nothing but tensors is taken and no code is run."""
    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        raise LlmregError(
            f"{path} is broken, or holds more than tensors, which could run code: {first_line(error)}; {_AGAIN}, or as "
            "safetensors"
        ) from None
    tensors = found if isinstance(found, dict) else {}
    if not tensors or not all(isinstance(each, torch.Tensor) for each in tensors.values()):
        raise LlmregError(f"{path} is no dictionary of tensors; {_AGAIN}")
    return tensors


def rest(folder: Path) -> Iterable[Path]:
    """Return the files of a model next to its weights: configuration, tokenizer, and nothing that runs code."""
    from llmreg.hub.choose import BESIDE, INDEX

    names = (path for path in sorted(folder.iterdir()) if path.is_file() and path.name != INDEX)
    return [path for path in names if BESIDE.fullmatch(path.name) and path.name != PICKLE_INDEX]
