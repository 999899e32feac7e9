"""The finders, one for each kind of file; the first that takes a file reads it."""

from __future__ import annotations

import pluggy

from llmreg.scan.file import Finder
from llmreg.scan.finders import config, javascript, markdown, modelfile, notebook, python, shell, weights

FINDERS = (
    python.FINDER,
    notebook.FINDER,
    javascript.FINDER,
    modelfile.FINDER,
    weights.ADAPTERS,
    weights.SAFETENSORS,
    weights.GGUF,
    config.FINDER,
    markdown.FINDER,
    shell.FINDER,
)


@pluggy.HookimplMarker("llmreg")
def register_finders() -> list[Finder]:
    """Offer llmreg's own finders."""
    return [*FINDERS]
