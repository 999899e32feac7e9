"""Write the parts of the documentation that follow from the code and the catalog, and tell which are stale.

`python -m llmreg.docs` writes them, `python -m llmreg.docs --check` names the stale ones. Works on a checkout only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["checkout", "generate", "stale"]


def checkout() -> Path:
    """Give the root of the checkout; raise `LlmregError` where llmreg is installed without one."""
    root = Path(__file__).parents[3]
    if not all((root / name).exists() for name in ("pyproject.toml", "mkdocs.yml", "catalog/catalog.yaml")):
        raise LlmregError(
            "the documentation is written from a checkout, and this llmreg is installed without one; "
            "clone the repository and run `python -m llmreg.docs` there, after `pip install -e '.[dev]'`"
        )
    return root


def generate(root: Path, *, slow: bool = False) -> Iterator[tuple[Path, str]]:
    """Give each file, by its path below `root`, that is generated whole or in part, with its right content.

    `slow` runs the commands anew that need torch; otherwise their recorded output stays.
    """
    from llmreg.catalog import Catalog
    from llmreg.docs import attribution, commands, schemas
    from llmreg.docs.pages import fill

    yield Path("ATTRIBUTION.md"), attribution.page(Catalog(root / "catalog"))
    yield Path("docs/cli.md"), commands.page()
    for name, text in schemas.files():
        yield Path("docs/schema") / name, text
    for path in (root / "README.md", *sorted((root / "docs").glob("*.md"))):
        if path.name != "cli.md":
            yield path.relative_to(root), fill(path.read_text(encoding="utf-8"), root, slow=slow)


def stale(root: Path, *, slow: bool = False) -> dict[Path, str]:
    """Give those generated files that are missing or differ, with their right content."""
    return {path: text for path, text in generate(root, slow=slow) if _read(root / path) != text}


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
