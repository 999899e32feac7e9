"""Turn what ends a command into one sentence and an exit code; the traceback is shown to who asks for it."""

from __future__ import annotations

import errno
import os
import shlex
import sys

from llmreg.errors import LlmregError
from llmreg.escaping import terminal

DEBUG = "LLMREG_DEBUG"
"""The environment variable that asks for tracebacks, as `--debug` does."""
MAKE = ("datasketch", "rapidfuzz")
"""The libraries that some makers need."""
TRAIN = (
    "accelerate",
    "bitsandbytes",
    "datasets",
    "filelock",
    "peft",
    "safetensors",
    "tokenizers",
    "torch",
    "transformers",
)
"""What the extra `train` brings."""
_LONGEST = 300
"""Signs of a library's message that are told."""


def report(error: BaseException, words: list[str]) -> int:
    """Tell on standard error why the command of these words ended, and give the exit code."""
    if wants_traceback():
        import traceback

        sys.stderr.write(terminal("".join(traceback.format_exception(error))))
    sys.stderr.write(f"error: {terminal(_sentence(error, words))}\n")
    return error.exit_code if isinstance(error, LlmregError) else 1


def wants_traceback() -> bool:
    """Tell whether `--debug` or LLMREG_DEBUG asks for tracebacks."""
    return os.environ.get(DEBUG, "").lower() not in ("", "0", "no", "off", "false")


def _sentence(error: BaseException, words: list[str]) -> str:
    if isinstance(error, LlmregError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and (missing := (error.name or "").partition(".")[0]) in TRAIN:
        return f"{missing} is not installed; planning and training need `pip install 'llmreg[train]'`"
    if isinstance(error, ModuleNotFoundError) and error.name in MAKE:
        return f"{error.name} is not installed; this maker needs `pip install 'llmreg[make]'`"
    if isinstance(error, OSError) and error.filename and error.strerror:
        return _of_the_system(error)
    what = "; ".join([_cause(error), *getattr(error, "__notes__", ())])
    return f"`{shlex.join(['llmreg', *words])}` could not go on: {what}; add --debug for the traceback"


def _cause(error: BaseException) -> str:
    """Give the reason in words: of the system's errors what and where, of others the kind and what it says first."""
    if isinstance(error, OSError) and error.strerror:
        return _of_the_system(error)
    if isinstance(error, MemoryError):
        return "this machine has too little free memory for it"
    if isinstance(error, RecursionError):
        return "what it reads is nested too deeply"
    said = next(filter(None, map(str.strip, _said(error).splitlines())), "")
    short = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."
    return f"{_kind(error)}: {short}" if short else _kind(error)


def _of_the_system(error: OSError) -> str:
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    place = " and ".join(names)
    if not place and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO):
        place = "what it writes"
    return f"{place}: {error.strerror}" if place else str(error.strerror)


def _kind(error: BaseException) -> str:
    """Give a library's kind of error with the library's name, as in `torch.OutOfMemoryError`."""
    kind = type(error)
    package = kind.__module__.partition(".")[0]
    return kind.__qualname__ if package in ("builtins", "llmreg") else f"{package}.{kind.__qualname__}"


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # some libraries' errors fail while they print themselves
        return ""
