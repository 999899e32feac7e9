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
    from llmreg.schema import FOLDERS

    for path in paths or ():
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder")
        if not _holds_entries(path):
            raise UsageError(
                f"{path} holds nothing of a catalog; name a folder with {', '.join(FOLDERS)} in it, or a .yaml file "
                "in one of these"
            )
    roots = list(dict.fromkeys([*(catalog or ()), *map(_root, paths or ())]))
    try:
        entries = load_catalog(*roots)
        problems = find_problems(entries)
        count = len(entries)
    except CatalogError as error:
        problems, count = list(error.problems), 0
    if paths:
        theirs = [
            problem for problem in problems if any(real(problem.file).is_relative_to(real(path)) for path in paths)
        ]
        problems = theirs if theirs or count else problems  # what could not be loaded is never said to be right
    if json:
        print_json([{"file": str(p.file), "line": p.line, "field": p.field, "message": p.message} for p in problems])
    else:
        for problem in problems:
            echo(str(problem))
        echo(f"{count} entries, {len(problems)} problem{'' if len(problems) == 1 else 's'}", err=bool(problems))
    raise typer.Exit(1 if problems else 0)


def _holds_entries(path: Path) -> bool:
    """Tell whether a path is a catalog, one of its folders, or a file in one."""
    from llmreg.catalog.load import MANIFEST
    from llmreg.schema import FOLDERS

    place = real(path)
    if not place.is_dir():
        return place.suffix == ".yaml" and (place.parent.name in FOLDERS or place.name == MANIFEST)
    return place.name in FOLDERS or any((place / name).exists() for name in (*FOLDERS, MANIFEST))


def _root(path: Path) -> Path:
    """Give the catalog folder that holds a file `models/x.yaml` or a folder `models`."""
    from llmreg.schema import FOLDERS

    folder = real(path) if path.is_dir() else real(path).parent
    return folder.parent if folder.name in FOLDERS else folder
