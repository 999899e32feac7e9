"""The hooks that a plugin can implement, and the marker with which it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmreg.codec import Codec
    from llmreg.maker import Maker
    from llmreg.method import Method
    from llmreg.objective import Objective
    from llmreg.scan.file import Finder
    from llmreg.training.formats.reader import Reader

hookspec = pluggy.HookspecMarker("llmreg")
hookimpl = pluggy.HookimplMarker("llmreg")


@hookspec
def register_methods() -> list[type[Method]]:  # type: ignore[empty-body]
    """Offer methods, as a list of subclasses of `llmreg.Method`."""


@hookspec
def register_objectives() -> list[type[Objective]]:  # type: ignore[empty-body]
    """Offer objectives, as a list of subclasses of `llmreg.Objective`."""


@hookspec
def register_codecs() -> list[type[Codec]]:  # type: ignore[empty-body]
    """Offer codecs of files that make models, as a list of subclasses of `llmreg.Codec`."""


@hookspec
def register_makers() -> list[type[Maker]]:  # type: ignore[empty-body]
    """Offer makers of datasets' rows, as a list of subclasses of `llmreg.Maker`."""


@hookspec
def register_readers() -> Mapping[str, Reader]:  # type: ignore[empty-body]
    """Offer readers of datasets as they are published, each an `llmreg.Reader` under the name that recipes use."""


@hookspec
def register_finders() -> list[Finder]:  # type: ignore[empty-body]
    """Offer finders to `llmreg scan`, as a list of `llmreg.scan.file.Finder`."""
