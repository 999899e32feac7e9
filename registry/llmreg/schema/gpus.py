"""The table of GPUs that plans are held against."""

from __future__ import annotations

from pydantic import model_validator

from llmreg.schema.base import Key, Source, Strict, missing_source
from llmreg.schema.values import Positive, Text

_CLAIMS = ("memory", "bandwidth", "tflops", "usd_per_hour")


class Gpu(Strict):
    """What one GPU has, each figure with its source."""

    name: Text
    aliases: tuple[Text, ...] = ()
    """As recipes write it."""
    memory: Positive
    """In GB as it is sold, which for the memory of GPUs is 2^30 bytes."""
    bandwidth: Positive | None = None
    """Of its memory, in 10^9 bytes a second."""
    tflops: Positive
    """Products of dense 16-bit matrices, in 10^12 operations a second, as published; twice that is with sparsity."""
    usd_per_hour: Positive | None = None
    """One offer, on the day that its source names."""
    evidence: dict[Text, Key]

    @model_validator(mode="after")
    def _every_figure_has_a_source(self) -> Gpu:
        missing = [field for field in _CLAIMS if getattr(self, field) is not None and field not in self.evidence]
        if missing:
            raise ValueError(f"{', '.join(missing)}: without a source; name it under `evidence`")
        return self


class GpuTable(Strict):
    """The file `gpus.yaml` of a catalog."""

    gpus: dict[Text, Gpu]
    sources: dict[Key, Source]

    @model_validator(mode="after")
    def _sources_are_defined(self) -> GpuTable:
        faults = [
            missing_source(f"gpus.{gpu_id}.evidence.{field}", key, self.sources)
            for gpu_id, gpu in self.gpus.items()
            for field, key in gpu.evidence.items()
            if key not in self.sources
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self
