"""The command line: one small module a command, and one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import NoReturn


def main() -> NoReturn:
    """Run the program; whatever goes wrong ends in a message and an exit code, and in no traceback unasked."""
    # Plugins of pydantic would be other people's code running before the license gate.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a sign that the terminal lacks is no reason to stop
    words = sys.argv[1:]
    try:
        try:
            _run(words)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(130)
    except SystemExit:
        raise
    except BaseException as error:  # a panic of a library in Rust is no Exception
        from llmreg.cli.failures import report

        sys.exit(report(error, words))
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
