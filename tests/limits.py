"""Limits that the system sets a process."""

from __future__ import annotations

import resource
from contextlib import contextmanager


@contextmanager
def files_up_to(size):
    """Let no file grow beyond so many bytes, as a disk does that fills up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
