"""`llmreg new method`: write an installable package with a method in it that works, to be made one's own."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from llmreg.cli.groups import App
from llmreg.cli.options import echo
from llmreg.errors import LlmregError, UsageError

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 40

new = App(no_args_is_help=True, help="Write the skeleton of something new.")


@new.callback()
def _new() -> None:
    """Keep `method` a command of its own, though it is the only one."""


@new.command("method")
def method(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What recipes will call it, such as norm-tuning.")],
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="The folder in which to make the package's own.")
    ] = Path(),
) -> None:
    """Write a package with a method called NAME, which trains the norms until you change it."""
    folder = write_package(name, into)
    echo(f"wrote {folder}")
    echo(f"next: pip install -e {folder} && llmreg methods && python -m pytest {folder}", err=True)


def write_package(name: str, into: Path) -> Path:
    """Write the package `llmreg-NAME` into the folder `into`, whole or not at all, and give its folder.

    Raises `UsageError` for a name that cannot be used and `LlmregError` where the package cannot be written.
    """
    title = _check_name(name)
    package = f"llmreg-{name}"
    target = into / package
    if target.exists() or target.is_symlink():
        raise LlmregError(f"{target} exists already; remove it, or choose another name or another --into")
    words = {"name": name, "package": package, "module": package.replace("-", "_"), "title": title}
    import tempfile  # slow to import, and the program loads this module for every `--help`

    into.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that renaming it into place never crosses a file system.
    with tempfile.TemporaryDirectory(prefix=f".{package}-", dir=into) as scratch:
        draft = Path(scratch) / package
        for template in files("llmreg.cli").joinpath("skeleton").iterdir():
            # `tests__test_module.py.txt` stands for `tests/test_<module>.py`.
            place = template.name.removesuffix(".txt").replace("__", "/").replace("module", words["module"])
            text = Template(template.read_text(encoding="utf-8")).substitute(words)
            (draft / place).parent.mkdir(parents=True, exist_ok=True)
            (draft / place).write_text(text, encoding="utf-8")
        draft.rename(target)
    return target


def _check_name(name: str) -> str:
    """Refuse a name that no recipe, package or class could have; give the class's name."""
    from llmreg.plugins import load

    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise UsageError(
            f"{name!r} cannot name a method: use lower-case letters and digits, words joined by `-`, "
            f"a letter first, {_LONGEST} characters at most, as in `norm-tuning`"
        )
    title = "".join(word.capitalize() for word in name.split("-"))
    if keyword.iskeyword(title):
        raise UsageError(f"{name!r} cannot name a method: its class would be called {title}, which Python reserves")
    if offer := load().methods.get(name):
        raise UsageError(f"the method {name!r} is there already, from {offer}; choose another name")
    return title
