"""Make a dataset again: gate, plugins, recipe, rows, makers, card and record.

id -> verdict (gate) -> plugins -> resolved recipe -> rows of the parents -> steps -> artifact, card, making.json
"""

from __future__ import annotations

import os
import platform
import shutil
import time
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llmreg
from llmreg.errors import LlmregError
from llmreg.files import write_text, writing
from llmreg.licensing import check
from llmreg.making import record
from llmreg.making.generator import GeneratorOptions, allowed, asked_of, inventing, model_of, opened, tell_price
from llmreg.making.plan import make_plan
from llmreg.making.recipe import recipe_of, refuse_assumptions, resolve
from llmreg.making.record import ARTIFACT, ROWS, Making
from llmreg.reproduce.gate import all_verdicts
from llmreg.reproduce.record import hash_json, new_folder, now, only_one, refuse_used
from llmreg.schema import Dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llmreg.asking.generator import Asked
    from llmreg.catalog import Catalog
    from llmreg.licensing import Verdict
    from llmreg.maker import Input, Maker
    from llmreg.making.inputs import Used
    from llmreg.making.recipe import ResolvedMaking
    from llmreg.plugins import Plugins
    from llmreg.reproduce.run import Options

    Say = Callable[[str], None]

NOBODY = GeneratorOptions()
_PACKAGES = ("datasketch", "rapidfuzz", "numpy")


@dataclass(frozen=True)
class Job:
    """All that a making needs, once its rows are at hand."""

    entry: Dataset
    resolved: ResolvedMaking
    makers: Sequence[Maker]
    plugins: Plugins
    datasets: Mapping[str, Input]
    model: Asked | None = None
    """The model that makers ask; none where they ask none, or in a rehearsal."""
    wanted: GeneratorOptions = NOBODY
    terms: dict[str, Any] = field(default_factory=dict)


def reproduce(
    catalog: Catalog, entry_id: str, options: Options, say: Say, wanted: GeneratorOptions = NOBODY
) -> tuple[Path, Making]:
    """Make a dataset again, and return its folder and record; `wanted` says which model makers may ask.

    Raises `StoppedByLicenseError` before anything else is touched, and `LlmregError` for what is out of reach.
    """
    entry = catalog.get_as(Dataset, entry_id)
    recipe_of(catalog, entry)
    terms = allowed(catalog, wanted, options, say) if wanted.named else {}
    verdict = options.gate(catalog, entry_id)
    say(f"license: {verdict.verdict} for {options.use} use")
    from llmreg import plugins
    from llmreg.making.inputs import files_given, gathered

    found = plugins.load()
    resolved, makers = resolve(catalog, entry, found, options.overrides)
    given = files_given(resolved, options.data)
    asking = [maker.name for maker in makers if maker.asks]
    if bool(asking) != wanted.named:
        raise LlmregError(
            f"{entry_id} is made by asking a model ({', '.join(asking)}); name it with --generator, or "
            "kept replies with --replies FILE"
            if asking
            else f"no step of {entry_id} asks a model; leave --generator and --replies out"
        )
    model = model_of(wanted, say) if asking else None
    if not options.assume:
        refuse_assumptions(resolved)
    rows, used = gathered(catalog, resolved, given, offline=options.offline, say=say)
    if asking:
        counts = {one.id: one.rows for one in used}
        tell_price(
            make_plan(catalog, found, entry_id, options.overrides, wanted.price, wanted.concurrency, counts), say
        )
    job = Job(entry, resolved, makers, found, _named(catalog, rows), model, wanted, terms)
    return _carried_out(catalog, job, _new(catalog, job, verdict, options, "reproduction", used), options, say)


def rehearse(catalog: Catalog, entry_id: str, options: Options, say: Say) -> tuple[Path, Making]:
    """Make a dataset at small scale from made-up rows; the verdict is recorded and stops nothing."""
    from llmreg.making.inputs import Used
    from llmreg.making.invented import invented

    entry = catalog.get_as(Dataset, entry_id)
    recipe_of(catalog, entry)
    verdict = check(catalog, entry_id, options.use, policy=options.policy, licensee=options.licensee)
    say(f"license: {verdict.verdict} for {options.use} use; a rehearsal reads no licensed rows and asks no service")
    from llmreg import plugins

    found = plugins.load()
    resolved, makers = resolve(catalog, entry, found, options.overrides)
    names = dict.fromkeys(name for step in resolved.steps for name in step.of)
    rows = {name: invented(catalog.get_as(Dataset, name)) for name in names}
    used = tuple(Used(id=name, rows=len(rows[name]), source="made up for the rehearsal") for name in names)
    job = Job(entry, resolved, [maker.scaled() for maker in makers], found, _named(catalog, rows))
    return _carried_out(catalog, job, _new(catalog, job, verdict, options, "rehearsal", used), options, say)


def _named(catalog: Catalog, rows: Mapping[str, Any]) -> dict[str, Input]:
    from llmreg.maker import Input

    return {name: Input(name, found, catalog.get_as(Dataset, name).readers) for name, found in rows.items()}


def _new(catalog: Catalog, job: Job, verdict: Verdict, options: Options, kind: Any, used: tuple[Used, ...]) -> Making:
    recipe = job.resolved.model_dump(mode="json", exclude={"assumed", "overridden"})
    inputs = [(one.id, one.rows, sorted(one.files.values()) or one.source) for one in used]
    return Making(
        id=job.entry.id,
        kind=kind,
        status="running",
        started=now(),
        command=options.command,
        use=options.use,
        verdicts=all_verdicts(catalog, job.entry.id, options.policy, options.licensee),
        accepted_unclear=options.accept_unclear and verdict.verdict == "unclear",
        verdict=verdict.to_json(),
        recipe=job.resolved,
        identity=hash_json({"recipe": recipe, "inputs": inputs, **_generator(job)}),
        inputs=used,
        environment=environment(),
        published_rows=job.entry.rows,
    )


def _generator(job: Job) -> dict[str, Any]:
    return {"generator": [job.model.name, dict(job.model.settings)]} if job.model else {}


def _carried_out(catalog: Catalog, job: Job, making: Making, options: Options, say: Say) -> tuple[Path, Making]:
    folder = _to_resume(making, options, say) if options.resume else None
    if folder and record.read(folder).status == "finished":
        say(f"already finished: {folder}")
        return folder, record.read(folder)
    fresh = folder is None
    folder = folder or new_folder(making.id, options.out)
    with only_one(folder):
        if fresh:
            refuse_used(folder)
            record.write(folder, making)
        return folder, _finish(catalog, job, making, folder, say)


def _finish(catalog: Catalog, job: Job, making: Making, folder: Path, say: Say) -> Making:
    """Carry out the steps, and write the artifact and the finished record."""
    from llmreg.making.card import card
    from llmreg.making.croissant import croissant
    from llmreg.making.inputs import Files
    from llmreg.making.steps import hash_of
    from llmreg.training.rows import fingerprint

    began = time.monotonic()
    last, steps, asked = _made(job, folder, say)
    artifact = folder / ARTIFACT
    artifact.mkdir(exist_ok=True)
    with writing("the rows", artifact, "free some room, or name another folder with --out"):
        shutil.copyfile(last, artifact / f".{ROWS}")
        os.replace(artifact / f".{ROWS}", artifact / ROWS)
    rows = Files([artifact / ROWS])
    making = making.model_copy(
        update={
            "status": "finished",
            "finished": now(),
            "seconds": round(time.monotonic() - began, 1),
            "steps": steps,
            "asked": asked,
            "rows": len(rows),
            "sha256": fingerprint(rows),
        }
    )
    described = croissant(catalog, job.entry, making, next(iter(rows), {}), hash_of(artifact / ROWS))
    write_text(artifact / "croissant.json", described)
    write_text(artifact / "README.md", card(catalog, job.entry, making))
    files = {path.name: hash_of(path) for path in sorted(artifact.iterdir())}
    making = making.model_copy(update={"files": files})
    record.write(folder, making)
    return making


def _made(job: Job, folder: Path, say: Say) -> tuple[Path, tuple[record.StepDone, ...], record.Asked | None]:
    """Carry out the steps, with the model that they ask."""
    from llmreg.making.steps import carry_out

    def work(ask: Callable[[Maker], Any]) -> tuple[Path, tuple[record.StepDone, ...]]:
        return carry_out(job.resolved, job.makers, job.plugins, job.datasets, folder / "steps", say, ask)

    if job.model is None:
        return *work(inventing), None
    with opened(job.model, folder, job.wanted) as generator:
        last, steps = work(lambda _: generator)
        return last, steps, asked_of(generator, job.wanted, job.terms)


def _to_resume(making: Making, options: Options, say: Say) -> Path | None:
    """Return the folder that was named, else that of the newest unfinished making of the same."""
    if options.out:
        if difference := _difference(options.out, record.read(options.out), making):
            raise LlmregError(f"{difference}; start a new one without --resume")
        return options.out
    unfinished = [
        folder
        for folder, old in record.all_makings(tell=say)
        if old.status == "running" and not _difference(folder, old, making)
    ]
    if not unfinished:
        say(f"no unfinished making of {making.id} from these rows; starting one")
        return None
    return unfinished[-1]


def _difference(folder: Path, old: Making, new: Making) -> str:
    """Say in what an earlier making is not the one asked for; nothing where it is."""
    if (old.id, old.kind) != (new.id, new.kind):
        return f"{folder} is a {old.kind} of {old.id}"
    if old.identity != new.identity:
        return f"{folder} is made by another recipe or from other rows"
    return f"{folder} is made for {old.use} use, not {new.use}" if old.use != new.use else ""


def environment() -> dict[str, Any]:
    """Return the versions that can change what comes out."""
    packages = {name: found for name in _PACKAGES if (found := _version(name))}
    return {"llmreg": llmreg.__version__, "python": platform.python_version(), "packages": packages}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
