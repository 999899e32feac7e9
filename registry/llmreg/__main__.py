"""`python -m llmreg` is the same program as `llmreg`."""

from __future__ import annotations

from llmreg.cli import main

if __name__ == "__main__":
    main()
