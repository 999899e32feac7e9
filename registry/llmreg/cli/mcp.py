"""`llmreg mcp`: serve the catalog to an assistant over stdio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmreg.cli.options import CatalogOption


def mcp(
    root: Annotated[
        Path, typer.Option("--root", metavar="DIR", help="The folder below which scans may read.", file_okay=False)
    ] = Path(),
    catalog: CatalogOption = None,
) -> None:
    """Serve search, check, path, duties, impact, plan and scan to an assistant (Model Context Protocol, stdio).

    All of them read only. Needs the extra `mcp`. An assistant is told of it as the command `llmreg mcp`.
    """
    from llmreg.api import load_catalog
    from llmreg.cli.options import quiet_libraries
    from llmreg.errors import LlmregError
    from llmreg.mcp import server

    quiet_libraries()
    entries = load_catalog(*(catalog or ()))
    try:
        made = server(entries, root)
    except ModuleNotFoundError as error:
        if error.name not in ("mcp", "mcp_types"):
            raise
        raise LlmregError("serving an assistant needs the extra mcp; `pip install 'llmreg[mcp]'`") from None
    made.run("stdio")
