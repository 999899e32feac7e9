"""The base class of methods: a method is its settings, and its functions are what it does differently."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import ConfigDict

from llmreg.errors import LlmregError
from llmreg.schema.base import Strict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor, nn


class Base(Protocol):
    """A model to start from; where its weights come from is the core's business."""

    def load(self, **options: Any) -> nn.Module:
        """Give the model with its weights; `options` go to `from_pretrained` (`dtype`, `quantization_config`)."""

    def random(self, **options: Any) -> nn.Module:
        """Give the same architecture with freshly drawn weights."""


class Method(Strict):
    """One way of making an entry. The fields of a subclass are the recipe's settings.

    A subclass says only what differs: how it loads the base, what it adds, what trains, how it saves and what it costs.
    `adapt`, `trains` and `restore` it must say; a plugin's method that lacks one is refused when plugins are loaded.
    The training loop, data, checkpoints, evaluation and records are the core's.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, defer_build=False)

    name: ClassVar[str]
    """The name that recipes use."""
    paper: ClassVar[str | None] = None
    """Where the method is described."""
    identity_at_start: ClassVar[bool] = True
    """Whether `adapt` promises to leave the base's output unchanged before the first step."""
    needs_base: ClassVar[bool] = True
    """False for methods that draw the weights themselves."""

    def load(self, base: Base) -> nn.Module:
        """Load the base in the form this method trains on; by default in full precision as stored."""
        return base.load()

    @abstractmethod
    def adapt(self, model: nn.Module) -> nn.Module:
        """Add what the method adds and set `requires_grad`; works on torch's `meta` device too."""

    @abstractmethod
    def trains(self, name: str) -> bool:
        """Tell whether the parameter of the adapted model with this name is one that the method trains.

        Said apart from `adapt`, so that a run can check one against the other.
        """

    def save(self, model: nn.Module, folder: Path) -> None:
        """Write what was trained into `folder` in the ecosystem's own format."""
        model.save_pretrained(folder)  # type: ignore[operator]

    @abstractmethod
    def restore(self, model: nn.Module, folder: Path) -> nn.Module:
        """Give the model that `save` wrote, put onto a freshly loaded base (`model`), ready to evaluate."""

    def check_artifact(self, model: nn.Module, folder: Path) -> None:
        """Raise `LlmregError` where `restore` could not put the artifact in `folder` whole onto this base.

        Called before any weight is loaded: `model` is the bare base, and lies on torch's `meta` device.
        """

    def merged(self, model: nn.Module) -> Iterator[tuple[str, Tensor | None, Tensor]]:  # noqa: ARG002 - for subclasses
        """Give each weight that the artifact changes or `load` quantizes, in 32 bits, from a model that `restore` gave.

        A name as in the base, the weight that was frozen in training (None where it is the base's own), and the weight
        that does the same work without the artifact. Raises `LlmregError` where no such weights exist.
        """
        raise LlmregError(f"the method {self.name!r} does not say how its artifact is merged into a base")

    def packed(self) -> float | None:
        """Say how many bytes a weight of a linear layer takes once `load` has quantized it; None where it does not."""
        return None

    def scaled(self, width_share: float, layers: int) -> Method:  # noqa: ARG002 - for methods that need them
        """Give the settings for a rehearsal on a model with `layers` layers and a share of the width.

        By default nothing changes; a method with ranks or counted layers makes them fit the smaller model.
        """
        return self
