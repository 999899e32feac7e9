"""The command line: one small module a command, and one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

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


def main() -> NoReturn:
    """Run the program; bad input ends in a message and an exit code, never in a traceback."""
    # Plugins of pydantic would be other people's code running before the license gate.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    from llmreg.errors import LlmregError
    from llmreg.escaping import terminal

    try:
        _run(sys.argv[1:])
    except LlmregError as error:
        sys.stderr.write(f"error: {terminal(str(error))}\n")
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in TRAIN:
            raise
        sys.stderr.write(
            f"error: {missing} is not installed; planning and training need `pip install 'llmreg[train]'`\n"
        )
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        message = f"{error.filename or 'operating system'}: {error.strerror or error}"
        sys.stderr.write(f"error: {terminal(message)}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(130)
    sys.exit(0)


def _run(words: list[str]) -> None:
    """Run the words as a command; an entry that the cache knows is shown before the program's libraries are loaded."""
    if len(words) == 2 and words[0] == "show":
        from llmreg.cli.quick import known_entry, print_entry

        if known := known_entry(words[1]):
            print_entry(known)
            return
    from llmreg.cli.app import app

    app(prog_name="llmreg")
