"""Rehearse many entries in one process and say how each came out."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError
from llmreg.reproduce import record
from llmreg.reproduce.run import Options, rehearse
from llmreg.schema import Model, Strict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmreg.catalog import Catalog


class Row(Strict):
    """One line of the table of rehearsals."""

    id: str
    method: str
    verdict: str
    outcome: str
    """`passed`, or what failed."""
    seconds: float
    loss: str
    """Held-out loss before and after, in nats."""
    date: str


def rehearsable(catalog: Catalog) -> list[str]:
    """List the entries whose recipe names a method that is installed."""
    from llmreg import plugins

    methods = plugins.load().methods
    models = [catalog.get_as(Model, entry_id) for entry_id in catalog.ids(Model)]
    return [entry.id for entry in models if entry.recipe and entry.recipe.method in methods]


def rehearse_many(catalog: Catalog, ids: Sequence[str] | None, say: Callable[[str], None]) -> list[Row]:
    """Rehearse the entries one after the other in folders that are removed again; by default all that can be."""
    rows = []
    for entry_id in ids if ids is not None else rehearsable(catalog):
        say(entry_id)
        began = time.monotonic()
        entry = catalog.get_as(Model, entry_id)
        scratch = Path(tempfile.mkdtemp(prefix="llmreg-"))
        verdict, loss = "", ""
        try:
            _, run = rehearse(catalog, entry_id, Options(out=scratch / entry_id), lambda _: None)
            failed = [check.name for check in run.checks if not check.passed]
            verdict, outcome = run.verdict["verdict"], "; ".join(failed) or "passed"
            loss = f"{run.held_out_loss_before:.2f} to {run.held_out_loss_after:.2f}"
        except LlmregError as error:
            outcome = str(error)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        method = entry.recipe.method if entry.recipe else ""
        row = Row(
            id=entry_id,
            method=method,
            verdict=verdict,
            outcome=outcome,
            seconds=time.monotonic() - began,
            loss=loss,
            date=record.now()[:10],
        )
        rows.append(row)
    return rows
