"""Rehearse many entries in one process and say how each came out, or why it could not be rehearsed."""

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
    from llmreg.reproduce.record import Run


class Row(Strict):
    """One line of the table of rehearsals."""

    id: str
    method: str
    verdict: str
    outcome: str
    """`passed`, `not rehearsed`, what failed, or what is `inconclusive`."""
    failed: bool
    """Whether it was tried and did not come out well; what is inconclusive did not fail."""
    reason: str
    """Why it was not rehearsed; empty for one that was."""
    seconds: float
    loss: str
    """Held-out loss before and after, in nats."""
    date: str


def with_recipe(catalog: Catalog) -> list[str]:
    """List the entries that have a recipe."""
    return [entry_id for entry_id in catalog.ids(Model) if catalog.get_as(Model, entry_id).recipe]


def rehearsable(catalog: Catalog) -> list[str]:
    """List the entries with a recipe that nothing keeps from being rehearsed here."""
    return [entry_id for entry_id in with_recipe(catalog) if not obstacle(catalog, entry_id)]


def obstacle(catalog: Catalog, entry_id: str) -> str:
    """Say what keeps an entry from being rehearsed: no method, no architecture, or one without a small model.

    Empty where nothing does; a fault in the entry is no obstacle but makes its rehearsal fail.
    """
    from llmreg import plugins
    from llmreg.nano.tokenizer import tokenizer
    from llmreg.reproduce.architecture import NoModelError, architecture_of, full_config, scaled_config

    recipe = catalog.get_as(Model, entry_id).recipe
    if recipe and recipe.method not in plugins.load().methods:
        return f"no installed plugin offers the method {recipe.method!r}"
    try:
        full_config(catalog, entry_id)
        scaled_config(architecture_of(catalog, entry_id), tokenizer())
    except NoModelError as error:
        return str(error)
    except LlmregError:
        pass
    return ""


def rehearse_many(catalog: Catalog, ids: Sequence[str] | None, say: Callable[[str], None]) -> list[Row]:
    """Rehearse the entries one after the other in folders that are removed again; by default all with a recipe."""
    rows = []
    for entry_id in ids if ids is not None else with_recipe(catalog):
        say(entry_id)
        rows.append(_rehearse_one(catalog, entry_id))
    return rows


def _rehearse_one(catalog: Catalog, entry_id: str) -> Row:
    began = time.monotonic()
    recipe = catalog.get_as(Model, entry_id).recipe
    reason = obstacle(catalog, entry_id) if recipe else ""
    verdict, loss, outcome, failed = "", "", "not rehearsed", False
    if not reason:
        scratch = Path(tempfile.mkdtemp(prefix="llmreg-"))
        try:
            _, run = rehearse(catalog, entry_id, Options(out=scratch / entry_id), lambda _: None)
            verdict, outcome, failed = run.verdict["verdict"], _outcome(run), not run.passed
            loss = f"{run.held_out_loss_before:.2f} to {run.held_out_loss_after:.2f}"
        except LlmregError as error:
            outcome, failed = str(error), True
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return Row(
        id=entry_id,
        method=recipe.method if recipe else "",
        verdict=verdict,
        outcome=outcome,
        failed=failed,
        reason=reason,
        seconds=time.monotonic() - began,
        loss=loss,
        date=record.now()[:10],
    )


def _outcome(run: Run) -> str:
    if failed := [check.name for check in run.checks if check.failed]:
        return "; ".join(failed)
    undecided = [check.name for check in run.checks if check.undecided]
    return f"inconclusive: {'; '.join(undecided)}" if undecided else "passed"
