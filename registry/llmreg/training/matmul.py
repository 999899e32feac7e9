"""Multiply 32-bit matrices on a CPU through oneDNN, which writes its code for the processor at hand.

The library that torch takes otherwise (MKL) leaves half the speed of some processors unused. The arithmetic is 32-bit
either way, the order of additions is not.
"""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

MULTIPLE = 32
"""Tokens of which a row should have a multiple: oneDNN prepares each shape anew, which takes milliseconds."""

KEPT = "64"
"""Prepared shapes to keep, enough for one step; oneDNN and torch would keep 1024 each, at half a MiB and more."""


@contextmanager
def fast_products() -> Iterator[None]:
    """Have torch's products of 32-bit matrices done by oneDNN, forward and backward; nothing changes on a GPU."""
    import torch

    for cache in ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"):
        os.environ.setdefault(cache, KEPT)

    library: Any = torch.library
    onednn: Any = torch.backends.mkldnn
    if not (onednn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")):
        yield
        return
    others: dict[str, Any] = {name: library.get_kernel(f"aten::{name}", "CPU") for name in ("mm", "addmm")}
    kernels = library.Library("aten", "IMPL")

    def fits(*tensors: Tensor) -> bool:
        return all(each.dtype == torch.float32 and each.numel() for each in tensors)

    def mm(keys: torch.DispatchKeySet, a: Tensor, b: Tensor) -> Any:
        return _product(a, b) if fits(a, b) else others["mm"].call_boxed(keys, a, b)

    def addmm(keys: torch.DispatchKeySet, c: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Any:
        if c.dim() == 1 and beta == alpha == 1 and fits(a, b, c):
            return _product(a, b, c)
        return others["addmm"].call_boxed(keys, c, a, b, beta=beta, alpha=alpha)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Warning only once for all operators", UserWarning)
        kernels.impl("mm", mm, "CPU", with_keyset=True)
        kernels.impl("addmm", addmm, "CPU", with_keyset=True)
    try:
        yield
    finally:
        kernels._destroy()


def _product(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    import torch

    result: Tensor = torch.ops.mkldnn._linear_pointwise(a, b.t(), bias, "none", [], "")
    return result
