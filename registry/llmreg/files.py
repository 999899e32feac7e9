"""Write files whole or not at all, and have them on the disk."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write through a temporary file beside `path`, so that a full disk or a kill leaves the old file as it was."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes like `write_text` writes text."""
    if not path.parent.is_dir():
        raise LlmregError(f"{path}: there is no folder {path.parent}; make it first")
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


def flush(path: Path) -> None:
    """Have the system write a file or a folder's listing to disk, so that a power cut cannot undo it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
