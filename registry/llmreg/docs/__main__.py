"""`python -m llmreg.docs [--check] [--slow]`: write the generated files, or only say which are stale."""

from __future__ import annotations

import argparse
import sys

from llmreg.docs import checkout, stale
from llmreg.errors import LlmregError
from llmreg.files import write_text


def main() -> int:
    """Give exit code 1 for an error, and with `--check` where a file is stale."""
    parser = argparse.ArgumentParser(prog="python -m llmreg.docs", description="Write the generated documentation.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if a file is stale")
    parser.add_argument("--slow", action="store_true", help="run those commands anew, too, that need torch and minutes")
    asked = parser.parse_args()
    try:
        root = checkout()
        changes = stale(root, slow=asked.slow)
    except LlmregError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    for path, text in changes.items():
        if not asked.check:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            write_text(root / path, text)
        sys.stdout.write(f"{'stale' if asked.check else 'wrote'} {path}\n")
    if asked.check and changes:
        sys.stderr.write("run `python -m llmreg.docs` to bring these files up to date\n")
    return 1 if asked.check and changes else 0


if __name__ == "__main__":
    sys.exit(main())
