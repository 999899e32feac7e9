"""Where catalogs lie: the built-in one, and the user's layers over it."""

from __future__ import annotations

import os
from pathlib import Path


def built_in() -> Path:
    """Give the folder of the built-in catalog: the wheel's, or the checkout's."""
    package = Path(__file__).parents[1]
    packaged = package / "_catalog"
    return packaged if packaged.is_dir() else package.parents[1] / "catalog"


def layers(*extra: Path | str) -> list[Path]:
    """Give the roots of a catalog, lowest first: the built-in one, those of `LLMREG_CATALOG`, then `extra`."""
    named = [path for path in os.environ.get("LLMREG_CATALOG", "").split(os.pathsep) if path]
    return [built_in(), *map(Path, [*named, *extra])]
