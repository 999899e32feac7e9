"""Write files whole or not at all, and have them on the disk."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNWRITTEN = re.compile(r"\(os error (\d+)\)|inline_container\.cc|PytorchStreamWriter")
"""What safetensors and tokenizers say where the system did not let them write, and what PyTorch says."""


def write_text(path: Path, text: str) -> None:
    """Write through a temporary file beside `path`, so that a full disk or a kill leaves the old file as it was."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes like `write_text` writes text."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name the file to write in it, such as {path / 'llmreg.txt'}")
    if not path.parent.is_dir():
        raise LlmregError(f"{path}: there is no folder {path.parent}; make it first")
    import tempfile  # slow to import, and only what writes needs it

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


@contextmanager
def writing(what: str, place: Path, remedy: str) -> Iterator[None]:
    """Raise `LlmregError` for what could not be written, as on a full disk, also where a library has its own error."""
    try:
        yield
    except Exception as error:
        why = _why_unwritten(error)
        if why is None:
            raise
        raise LlmregError(f"{what} could not be written to {place}: {why}; {remedy}") from None


def _why_unwritten(error: Exception) -> str | None:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    found = _UNWRITTEN.search(str(error))
    if found is None:
        return None
    return os.strerror(int(found[1])) if found[1] else "the disk is full or fails"


def real(path: Path) -> Path:
    """Return the path without links, as `Path.resolve` does, also where a link leads in a circle."""
    return type(path)(os.path.realpath(path))


def flush(path: Path) -> None:
    """Have the system write a file or a folder's listing to disk, so that a power cut cannot undo it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
