"""`llmreg validate`: every fault of a catalog with file, line, field and a suggestion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmreg.cli.options import CatalogOption, JsonOption, echo, print_json
from llmreg.files import real


def validate(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Catalog folders, or single files of one.")
    ] = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Check the built-in catalog, or your own folders and files against it; exit code 1 if anything is wrong."""
    from llmreg.catalog import load_catalog
    from llmreg.catalog import validate as find_problems
    from llmreg.errors import CatalogError, UsageError

    for path in paths or ():
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder")
    roots = list(dict.fromkeys([*(catalog or ()), *map(_root, paths or ())]))
    try:
        entries = load_catalog(*roots)
        problems = find_problems(entries)
        count = len(entries)
    except CatalogError as error:
        problems, count = list(error.problems), 0
    if paths:
        problems = [
            problem for problem in problems if any(real(problem.file).is_relative_to(real(path)) for path in paths)
        ]
    if json:
        print_json([{"file": str(p.file), "line": p.line, "field": p.field, "message": p.message} for p in problems])
    else:
        for problem in problems:
            echo(str(problem))
        echo(f"{count} entries, {len(problems)} problem{'' if len(problems) == 1 else 's'}", err=bool(problems))
    raise typer.Exit(1 if problems else 0)


def _root(path: Path) -> Path:
    """Give the catalog folder that holds a file `models/x.yaml` or a folder `models`."""
    from llmreg.schema import FOLDERS

    folder = real(path) if path.is_dir() else real(path).parent
    return folder.parent if folder.name in FOLDERS else folder
