"""The hooks that a plugin can implement, and the marker with which it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from llmreg.method import Method
    from llmreg.scan.file import Finder

hookspec = pluggy.HookspecMarker("llmreg")
hookimpl = pluggy.HookimplMarker("llmreg")


@hookspec
def register_methods() -> list[type[Method]]:  # type: ignore[empty-body]
    """Offer methods, as a list of subclasses of `llmreg.Method`."""


@hookspec
def register_finders() -> list[Finder]:  # type: ignore[empty-body]
    """Offer finders to `llmreg scan`, as a list of `llmreg.scan.file.Finder`."""
