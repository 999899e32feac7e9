"""Small models as folders of files, in safetensors or in pickles, whole or in parts."""

from __future__ import annotations

import json

import torch
from safetensors.torch import save_file

SHAPES = {"embed.weight": (12, 4), "layer.weight": (8, 4), "layer.bias": (8,), "head.weight": (12, 4)}


def numbers(seed, dtype=torch.float16, rows=12, near=None):
    """Tensors of every scale, some of them close to those of another model, with zeros of both signs and extremes."""
    draw = torch.Generator().manual_seed(seed)
    found = {}
    for name, shape in SHAPES.items():
        size = (rows, *shape[1:]) if shape[0] == 12 else shape
        tensor = torch.randn(size, generator=draw) * 10.0 ** torch.randint(-4, 3, size, generator=draw)
        if near is not None and tensor.shape == near[name].shape:
            tensor = near[name].float() + tensor * 0.01
        tensor = tensor.to(dtype)
        tensor.reshape(-1)[:3] = torch.tensor([0.0, -0.0, torch.finfo(dtype).smallest_normal]).to(dtype)
        found[name] = tensor
    return found


def folder(path, tensors, *, pickled=False, parts=1):
    path.mkdir()
    (path / "config.json").write_text('{"model_type": "llama"}')
    (path / "tokenizer.json").write_text('{"words": "' + path.name + '"}')
    names = list(tensors)
    shares = [names[at::parts] for at in range(parts)]
    stem, end = ("pytorch_model", "bin") if pickled else ("model", "safetensors")
    files = [f"{stem}.{end}"] if parts == 1 else [f"{stem}-{n:05d}-of-{parts:05d}.{end}" for n in range(1, parts + 1)]
    for file, share in zip(files, shares, strict=True):
        held = {name: tensors[name].contiguous() for name in share}
        torch.save(held, path / file) if pickled else save_file(held, path / file, {"format": "pt"})
    if parts > 1:
        where = {name: file for file, share in zip(files, shares, strict=True) for name in share}
        (path / f"{stem}.{end}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))
    return path


def same_bits(one, other):
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert tensor.dtype == other[name].dtype
        assert tensor.shape == other[name].shape
        assert (
            tensor.numpy().tobytes() == other[name].numpy().tobytes()
            if tensor.dtype != torch.bfloat16
            else (tensor.view(torch.int16).equal(other[name].view(torch.int16)))
        )
    return True
