"""Write a folder of files whole or not at all, over an older one of the same sort and over nothing else."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.files import real

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Files = Iterable[tuple[str, bytes]]

_ABANDONED = 3600
"""Seconds after which a folder that a killed build left half-written is cleared away."""


def write_folder(out: Path, shares: Sequence[Files], marker: str, *, at_once: bool = False) -> list[str]:
    """Write files into a folder beside `out`, and put it in the place of `out` once all are there; give their names.

    A full disk or a kill leaves `out` as it was. `at_once` writes each share in a process of its own. Raises
    `LlmregError` where `out` holds something that was not written like this, which the file `marker` tells.
    """
    out = real(out)
    refuse_others(out, marker)
    out.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{out.name}.building-"
    _clear_abandoned(out.parent, prefix)
    fresh = Path(tempfile.mkdtemp(dir=out.parent, prefix=prefix))
    try:
        if at_once and "fork" in multiprocessing.get_all_start_methods():
            _write_at_once(fresh, shares)
        else:
            for files in shares:
                _write(fresh, files)
        names = sorted(path.relative_to(fresh).as_posix() for path in fresh.rglob("*") if path.is_file())
        fresh.chmod(0o755)
        _put_in_place(fresh, out)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return names


def refuse_others(out: Path, marker: str) -> None:
    """Raise `LlmregError` unless `out` is missing, empty or was written before."""
    if out.exists() and not out.is_dir():
        raise LlmregError(f"{out} is a file; name a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / marker).is_file():
        raise LlmregError(f"{out} is not empty and holds no site of llmreg; name a new folder, or empty this one")


def _write(folder: Path, files: Files) -> None:
    for name, content in files:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def _write_at_once(folder: Path, shares: Sequence[Files]) -> None:
    """Write the first share here and each other in a process that has everything that is read by now.

    A share whose process failed is written again here, where what is wrong with it can be told.
    """
    forked = multiprocessing.get_context("fork")
    helpers = [(files, forked.Process(target=_write_apart, args=(folder, files), daemon=True)) for files in shares[1:]]
    for _, helper in helpers:
        helper.start()
    try:
        _write(folder, shares[0])
        for files, helper in helpers:
            helper.join()
            if helper.exitcode:
                _write(folder, files)
    finally:
        for _, helper in helpers:
            helper.terminate()
            helper.join()


def _write_apart(folder: Path, files: Files) -> None:
    try:
        _write(folder, files)
    except BaseException:  # whatever it is, the first process will meet it too, and tell it
        os._exit(1)


def _put_in_place(fresh: Path, out: Path) -> None:
    """Rename the fresh folder to `out`; the old one goes back where that fails."""
    if not out.exists():
        os.rename(fresh, out)
        return
    old = Path(tempfile.mkdtemp(dir=out.parent, prefix=fresh.name))
    os.rename(out, old)
    try:
        os.rename(fresh, out)
    except OSError:
        os.rename(old, out)
        raise
    shutil.rmtree(old)


def _clear_abandoned(parent: Path, prefix: str) -> None:
    for path in parent.glob(f"{prefix}*"):
        if time.time() - path.stat().st_mtime > _ABANDONED:
            shutil.rmtree(path, ignore_errors=True)
