"""What the commands that draw have in common: verdicts to color by, and where a picture goes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from llmreg.cli.options import echo
from llmreg.cli.options import put as put_text
from llmreg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.uses import Use


def verdicts_of(catalog: Catalog, ids: Iterable[str], use: Use, policy: str) -> dict[str, str]:
    """Give the answer for each entry that has one; benchmarks have none."""
    from llmreg.licensing import Checker
    from llmreg.schema import Benchmark

    checker = Checker(catalog)
    judged = (each for each in ids if not issubclass(catalog.kind_of(each), Benchmark))
    return {each: checker.check(each, use, policy).verdict for each in judged}


def basis(catalog: Catalog, use: Use, policy: str) -> str:
    """Say in one line what the verdicts of a picture answer, on what day, and what they are not."""
    from llmreg.licensing import DISCLAIMER

    return f"Verdicts: {use}, policy {policy}, catalog of {catalog.manifest.date}; {DISCLAIMER}"


def put(content: str | bytes, output: Path | None) -> None:
    """Write to the file, or to standard output; a picture in bytes never goes to a terminal."""
    from llmreg.files import write_bytes

    data = content.encode() if isinstance(content, str) else content
    if output:
        write_bytes(output, data)
    elif isinstance(content, str):
        put_text(content)
    elif sys.stdout.isatty():
        raise UsageError("a PNG is no text for a terminal; give a file with -o FILE")
    else:
        sys.stdout.buffer.write(data)


def hint(words: str) -> None:
    """Tell the reader something on standard error."""
    echo(words, err=True)
