"""Fill the generated parts of hand-written pages: what a command really prints, files, and tables from the code.

In a page, `[[[cog console("llmreg path a b") ]]]` in an HTML comment puts the command and its output between itself and
`[[[end]]]`. A page is filled in a scratch folder that starts as a copy of `docs/examples`, so commands may write there.
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import sys
import tempfile
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.docs import tables
from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLUMNS = "100"
_LANGUAGES = {".py": "python", ".yaml": "yaml", ".toml": "toml"}


def fill(text: str, root: Path, *, slow: bool = False) -> str:
    """Give the page with its generated parts made anew, those that are `recorded` only where `slow` says so."""
    if "[[[cog" not in text:
        return text
    try:
        from cogapp.cogapp import Cog, CogError
    except ImportError:
        raise LlmregError("cogapp is missing; `pip install -e '.[dev]'` brings what the documentation needs") from None
    cog = Cog()

    def recorded(*commands: str, lines: int | None = None) -> str:
        return console(*commands, lines=lines) if slow else str(cog.cogmodule.previous)

    words = {"console": console, "file": file, "recorded": recorded, "policies": tables.policies}
    words |= {"relations": tables.relations, "peers": tables.peers}
    filled = io.StringIO()
    with _desk(root / "docs" / "examples"):
        try:
            cog.process_file(io.StringIO(text), filled, "page", {name: _out(cog, word) for name, word in words.items()})
        except CogError as error:
            raise LlmregError(f"{text.partition(chr(10))[0]}: {error}") from None
    return filled.getvalue()


def console(*commands: str, lines: int | None = None) -> str:
    """Run commands of llmreg and give them with what they print, as a block; an exit code other than 0 is shown.

    `lines` cuts what each prints, with `[...]` in place of the rest.
    """
    block = []
    for command in commands:
        printed, code = run(command)
        shown = printed.rstrip().splitlines()
        cut = [*shown[:lines], "[...]"] if lines and len(shown) > lines else shown
        block += [f"$ {command}", *cut, *(["$ echo $?", str(code)] if code else [])]
    return "\n".join(["```console", *(line.rstrip() for line in block), "```", ""])


def run(command: str) -> tuple[str, int]:
    """Run `llmreg ...` in this process; give what it prints, errors in their place, and its exit code."""
    from llmreg.cli import main

    program, *arguments = shlex.split(command)
    if program != "llmreg":
        raise LlmregError(f"pages run commands of llmreg only, not {command!r}")
    printed = io.StringIO()
    old = sys.argv
    sys.argv = [program, *arguments]
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv = old
    text = printed.getvalue().replace(os.environ["LLMREG_HOME"], "~/.local/share/llmreg")
    return text.replace(str(Path.cwd()), "/home/you"), code


def file(path: str) -> str:
    """Give a file of the scratch folder as a block."""
    text = Path(path).read_text(encoding="utf-8")
    return f"```{_LANGUAGES.get(Path(path).suffix, '')}\n{text.rstrip()}\n```\n"


def _out(cog: Any, word: Any) -> Any:
    """Let a word put its text into the page."""
    return lambda *arguments, **options: cog.cogmodule.out(word(*arguments, **options))


@contextmanager
def _desk(examples: Path) -> Iterator[None]:
    """Work in a scratch folder with a width, a home and a catalog that are the same for everybody."""
    settings = {"COLUMNS": _COLUMNS, "TERMINAL_WIDTH": _COLUMNS, "NO_COLOR": "1", "LLMREG_CATALOG": ""}
    kept = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="llmreg-") as scratch:
        desk = Path(scratch).resolve()
        shutil.copytree(examples, desk, dirs_exist_ok=True)
        os.environ.update(settings, LLMREG_HOME=str(desk / "runs-and-caches"))
        try:
            with chdir(desk):
                yield
        finally:
            os.environ.clear()
            os.environ.update(kept)
