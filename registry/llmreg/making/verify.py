"""Verify a dataset that was made: are its files what the record says, and do the same rows come out again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.making import record
from llmreg.making.record import ARTIFACT, ROWS
from llmreg.reproduce.invariants import Check
from llmreg.schema import Dataset

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.making.inputs import Used
    from llmreg.making.record import Making


def verify(catalog: Catalog, folder: Path) -> list[Check]:
    """Compare the artifact with its recorded hashes, then carry out the steps again where their rows are at hand."""
    making = record.read(folder)
    finished = Check(name="finished", passed=making.status == "finished", detail=f"status {making.status}")
    if not finished.passed:
        return [finished]
    checks = [finished, _files(folder, making), _counts(making)]
    return [*checks, _repeated(catalog, folder, making)] if all(check.passed for check in checks) else checks


def _files(folder: Path, making: Making) -> Check:
    from llmreg.making.steps import hash_of

    artifact = folder / ARTIFACT
    here = {path.name: hash_of(path) for path in artifact.iterdir() if path.is_file()} if artifact.is_dir() else {}
    changed = sorted(name for name, _ in here.items() ^ making.files.items())
    changed = list(dict.fromkeys(changed))
    detail = f"changed, missing or new: {', '.join(changed)}" if changed else f"{len(here)} files"
    return Check(name="artifact", passed=not changed, detail=detail)


def _counts(making: Making) -> Check:
    """Check that each step's rows add up, and that each step read what the one before gave."""
    wrong = [step.maker for step in making.steps if step.read != step.used + sum(step.dropped.values())]
    read = sum(one.rows for one in making.inputs)
    detail = f"steps whose rows do not add up: {', '.join(wrong)}" if wrong else f"{read:,} read, {making.rows:,} given"
    return Check(name="counts", passed=not wrong and making.steps[-1].gave == making.rows, detail=detail)


def _repeated(catalog: Catalog, folder: Path, making: Making) -> Check:
    from llmreg import plugins
    from llmreg.maker import Input
    from llmreg.making.generator import inventing, replaying
    from llmreg.making.steps import carry_out, hash_of

    try:
        ask = replaying(folder, making.asked) if making.asked else None
        rows = {one.id: _rows_of(catalog, one, making.kind == "rehearsal") for one in making.inputs}
    except LlmregError as error:
        return Check(name="repeated", passed=False, undecided=True, detail=f"what it needs is not here: {error}")
    found = plugins.load()
    makers = [found.maker(step.maker, step.settings) for step in making.recipe.steps]
    if making.kind == "rehearsal":
        makers = [maker.scaled() for maker in makers]
    inputs = {name: Input(name, table, catalog.get_as(Dataset, name).readers) for name, table in rows.items()}
    with tempfile.TemporaryDirectory() as scratch:
        last, _ = carry_out(
            making.recipe, makers, found, inputs, Path(scratch), lambda _: None, lambda maker: ask or inventing(maker)
        )
        same = hash_of(last) == making.files[ROWS]
    detail = "the same bytes" if same else f"other rows come out than {folder / ARTIFACT / ROWS} holds"
    return Check(name="repeated", passed=same, detail=detail)


def _rows_of(catalog: Catalog, used: Used, rehearsal: bool) -> Any:
    """Return the rows that a making read; raise `LlmregError` where they are gone or have changed."""
    from llmreg.making.inputs import Files
    from llmreg.making.invented import invented
    from llmreg.reproduce.base import file_hash
    from llmreg.reproduce.data import MADE_HERE, made_rows
    from llmreg.reproduce.fetch import fetched_data

    if rehearsal:
        return invented(catalog.get_as(Dataset, used.id), used.rows)
    if used.source == MADE_HERE:
        return made_rows(catalog, used.id)
    if used.source.startswith("hub:"):
        return Files(fetched_data(used.source).files)
    for name, digest in used.files.items():
        if not Path(name).is_file() or file_hash(Path(name)) != digest:
            raise LlmregError(f"{name} is gone or has changed")
    return Files([Path(name) for name in used.files])
