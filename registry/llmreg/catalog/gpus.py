"""GPUs by id or name, from the `gpus.yaml` of every layer; a later layer's entry lies over an earlier one's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.catalog.load import validated
from llmreg.catalog.names import normal
from llmreg.catalog.yaml import read
from llmreg.errors import LlmregError, did_you_mean
from llmreg.schema.gpus import Gpu, GpuTable

if TYPE_CHECKING:
    from llmreg.catalog import Catalog

FILE = "gpus.yaml"


def gpus(catalog: Catalog) -> dict[str, Gpu]:
    """Give all GPUs by id, the slowest first; raise `CatalogError` for a faulty file."""
    if "gpus" not in catalog.memo:
        files = [root / FILE for root in catalog.roots if (root / FILE).exists()]
        found: dict[str, Gpu] = {}
        for file in files:
            found |= validated(read(file), GpuTable, {}).gpus
        order = sorted(found.items(), key=lambda item: (item[1].tflops, item[1].memory, item[0]))
        catalog.memo["gpus"] = dict(order)
    known: dict[str, Gpu] = catalog.memo["gpus"]
    return known


def gpu_named(catalog: Catalog, name: str) -> Gpu | None:
    """Give the GPU with this id, name or alias, in any case; None where no GPU goes by it."""
    found = _id_named(catalog, name)
    return gpus(catalog)[found] if found else None


def require_gpu(catalog: Catalog, name: str) -> Gpu:
    """Give the GPU of this name; raise `LlmregError` with the nearest otherwise."""
    return gpus(catalog)[require_gpu_id(catalog, name)]


def require_gpu_id(catalog: Catalog, name: str) -> str:
    """Give the id of the GPU of this name; raise `LlmregError` with the nearest otherwise."""
    found = _id_named(catalog, name)
    if found is None:
        known = gpus(catalog)
        raise LlmregError(f"no GPU is named {name!r}{did_you_mean(name, known)}; there are {', '.join(known)}")
    return found


def _id_named(catalog: Catalog, name: str) -> str | None:
    wanted = normal(name)
    for gpu_id, gpu in gpus(catalog).items():
        if wanted in map(normal, (gpu_id, gpu.name, *gpu.aliases)):
            return gpu_id
    return None
