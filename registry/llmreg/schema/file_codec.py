"""How a file distributed apart from a model is put together with its base, and what is published to check that."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from llmreg.schema.base import Key, Strict
from llmreg.schema.values import Number, Positive, Settings, Text

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Md5 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class FileCodec(Strict):
    """The codec of a file, the base it goes with, and published hashes and sums."""

    name: Text
    """The name of a codec that a plugin offers."""
    settings: Settings = {}
    """The codec's own settings."""
    base: Text
    """The id of the model that it is the difference to."""
    base_files: dict[Text, _Sha256] = {}
    """Published SHA-256 of the base's files."""
    base_md5: dict[Text, _Md5] = {}
    sha256: dict[Text, _Sha256] = {}
    """Published SHA-256 of the files that must come out."""
    md5: dict[Text, _Md5] = {}
    total: Number | None = None
    """Published sum of all numbers that must come out."""
    tolerance: Positive | None = None
    """How far the sum may lie from `total`."""
    source: Key

    @model_validator(mode="after")
    def _total_has_a_tolerance(self) -> FileCodec:
        if (self.total is None) != (self.tolerance is None):
            raise ValueError("`total` and `tolerance` go together")
        return self
