"""Verify a run: are its files what the record says, and does its artifact score what it scored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llmreg.reproduce import record
from llmreg.reproduce.invariants import Check
from llmreg.schema import Model, Template

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.reproduce.record import Run


def verify(catalog: Catalog, folder: Path) -> list[Check]:
    """Compare the artifact with its recorded hashes, then load it and repeat the comparison with published figures.

    On other versions or machines the figure may differ; it must then lie within the published tolerance.
    """
    run = record.read(folder)
    checks = [_finished(run), *_files(folder, run)]
    if all(check.passed for check in checks) and any(comparison.measured is not None for comparison in run.comparisons):
        checks += _scores(catalog, folder, run)
    return checks


def _finished(run: Run) -> Check:
    return Check(name="finished", passed=run.status == "finished", detail=f"status {run.status}")


def _files(folder: Path, run: Run) -> list[Check]:
    from llmreg.reproduce.artifact import damage

    changed = damage(folder / "artifact", run)
    whole = f"{len(run.artifact_files)} files, SHA-256 {run.artifact_sha256}"
    detail = f"changed, missing or new: {', '.join(changed)}" if changed else whole
    return [Check(name="artifact", passed=not changed, detail=detail)]


def _scores(catalog: Catalog, folder: Path, run: Run) -> list[Check]:
    from llmreg.reproduce.artifact import load
    from llmreg.reproduce.compare import compare
    from llmreg.reproduce.data import MADE_HERE, name_of_all, rows_for
    from llmreg.reproduce.fetch import fetched_data

    entry = catalog.get_as(Model, run.id)
    names = [data.id for data in run.data] if len(run.data) > 1 else [name_of_all(catalog, entry)]
    recorded = dict(zip(names, run.data, strict=True))
    fetched = {name: fetched_data(one.source) for name, one in recorded.items() if one.source.startswith("hub:")}
    given = {
        name: tuple(map(Path, one.files or [one.source]))
        for name, one in recorded.items()
        if name not in fetched and one.source != MADE_HERE
    }
    rows = rows_for(catalog, entry, run.recipe.data, given, fetched, run.recipe.training.data_seed)
    for now, then in zip(rows.records, run.data, strict=True):
        if now.sha256 != then.sha256:
            return [Check(name="data", passed=False, detail=f"{now.id} is now {now.sha256}, was {then.sha256}")]
    model, tokenizer = load(folder, run)
    template = catalog.get_as(Template, run.recipe.data.template) if run.recipe.data.template else None
    again = compare(catalog, entry, model, tokenizer, rows.held_out, run.recipe.data, run.recipe.training, template)
    found = {(new.benchmark, new.metric): new.measured for new in again}
    return [
        _repeated(old, old.measured, found.get((old.benchmark, old.metric)))
        for old in run.comparisons
        if old.measured is not None
    ]


def _repeated(old: record.Comparison, recorded: float, measured: float | None) -> Check:
    """Compare a figure with the recorded one; the catalog may have dropped it since."""
    name = f"{old.benchmark} {old.metric}"
    if measured is None:
        return Check(name=name, passed=False, detail=f"recorded {recorded:g}, and the catalog has no such figure now")
    passed = abs(recorded - measured) <= (old.tolerance or 0)
    return Check(name=name, passed=passed, detail=f"{measured:g} {old.unit}, recorded {recorded:g}")
