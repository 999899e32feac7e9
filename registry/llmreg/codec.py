"""The base class of codecs: how a file distributed apart from a model is made, and put together with its base."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict

from llmreg.schema.base import Strict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Part:
    """A file to be written, in pieces that fit into the memory."""

    name: str
    """Its path below the folder that is written."""
    pieces: Callable[[], Iterator[bytes]]
    """Returns the file's bytes from the beginning, each time it is called."""
    size: int | None = None
    """Bytes; None where that is not known beforehand."""
    optional: bool = False
    """Whether it is left out where it has no bytes."""


class Codec(Strict):
    """A way to tell a model as its difference to a base. The fields of a subclass are its settings.

    A codec only says what is to be written. The core looks at hashes first, writes every file or none, goes on with
    what was interrupted, and compares what came out with what was published.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, defer_build=False)

    name: ClassVar[str]
    """The name that entries use."""

    @abstractmethod
    def made(self, base: Path, whole: Path) -> Sequence[Part]:
        """Return the files that tell `whole` as its difference to `base`; raise `LlmregError` where they do not fit."""

    @abstractmethod
    def applied(self, base: Path, delta: Path) -> Sequence[Part]:
        """Return the files of the whole model; raise `LlmregError` where base and delta do not fit.

        Nothing is written before this has returned.
        """

    @abstractmethod
    def fingerprint(self, folder: Path, like: Path) -> str:
        """Return a hash of what of a base goes into the model that `like` is, or is the difference of."""

    def total(self, base: Path, delta: Path) -> float | None:  # noqa: ARG002 - for codecs of numbers
        """Return the sum of all numbers of the whole model; None for a codec that knows no numbers."""
        return None
