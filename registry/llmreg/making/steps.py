"""Carry out the steps of a dataset's recipe, one after the other; a step's rows are written whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.files import write_text, writing
from llmreg.maker import Input, Work
from llmreg.making.inputs import Files, line
from llmreg.making.record import StepDone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from llmreg.maker import Maker, Question
    from llmreg.making.recipe import ResolvedMaking
    from llmreg.plugins import Plugins

    Say = Callable[[str], None]
    Ask = Callable[[Sequence[Question]], Sequence[str]]

_AGAIN = "free some room, or name another folder with --out"


def carry_out(
    resolved: ResolvedMaking,
    makers: Sequence[Maker],
    plugins: Plugins,
    datasets: Mapping[str, Input],
    folder: Path,
    say: Say,
    ask: Callable[[Maker], Ask | None] = lambda _: None,
) -> tuple[Path, tuple[StepDone, ...]]:
    """Return the file with the rows of the last step, and what each step did; finished steps are not repeated."""
    done: list[StepDone] = []
    place: Path | None = None
    folder.mkdir(parents=True, exist_ok=True)
    for number, (step, maker) in enumerate(zip(resolved.steps, makers, strict=True), start=1):
        inputs = [datasets[name] for name in step.of]
        if place is not None:
            inputs = [Input(done[-1].maker, Files([place])), *inputs]
        place = folder / f"{number:02d}-{step.maker}.jsonl"
        account = place.with_suffix(".json")
        if not account.is_file():
            work = Work(
                inputs,
                Random(f"{resolved.seed} {number} {step.maker}"),  # noqa: S311 - the same everywhere, not hard to guess
                plugins.reader,
                ask(maker) if maker.asks else None,
            )
            write_text(account, _one(maker, work, place).model_dump_json())
        done.append(StepDone.model_validate_json(account.read_text(encoding="utf-8")))
        say(_told(number, done[-1]))
    assert place is not None  # noqa: S101 - a recipe has at least one step
    return place, tuple(done)


def _one(maker: Maker, work: Work, place: Path) -> StepDone:
    gave = write_rows(maker.make(work), place, maker.name)
    read = sum(len(one.rows) for one in work.inputs)
    dropped = {reason: count for reason, count in sorted(work.dropped.items()) if count}
    used = read - sum(dropped.values())
    if used < 0 or (maker.one_to_one and used != gave):
        raise LlmregError(
            f"the maker {maker.name!r} read {read:,} rows, dropped {sum(dropped.values()):,} and gave {gave:,}: "
            "it lost count, so nothing of it was kept; report that to whoever wrote it"
        )
    return StepDone(
        maker=maker.name, read=read, used=used, dropped=dropped, gave=gave, notes=dict(sorted(work.notes.items()))
    )


def write_rows(rows: Iterable[dict[str, Any]], place: Path, what: str) -> int:
    """Write rows as JSON lines, whole or not at all, and count them."""
    part, count = place.with_suffix(".part"), 0
    with writing("the rows", place.parent, _AGAIN), part.open("wb") as file:
        for count, row in enumerate(rows, start=1):
            file.write(line(row, f"row {count} of {what}"))
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, place)
    return count


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _told(number: int, step: StepDone) -> str:
    dropped = "; ".join(f"{count:,} {reason}" for reason, count in step.dropped.items())
    return (
        f"step {number}, {step.maker}: {step.read:,} rows read, {step.gave:,} given{f'; {dropped}' if dropped else ''}"
    )
