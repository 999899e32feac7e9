"""Carry out a run whole: gate, plugins, recipe, base, data, training, comparison, record.

id -> verdict (gate) -> plugins -> resolved recipe -> reach -> base + rows -> execute -> comparison -> run.json and card
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.licensing import DEFAULT_POLICY, Licensee, Verdict, check
from llmreg.reproduce import processes, record
from llmreg.reproduce.architecture import architecture_of, base_of
from llmreg.reproduce.gate import all_verdicts, gate
from llmreg.reproduce.recipe import Resolved, datasets_of, objective_of, recipe_of, refuse_assumptions, resolve
from llmreg.reproduce.record import Run
from llmreg.schema import WEIGHT_RELATIONS, Dataset, Model, Template, Use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from transformers import PreTrainedTokenizerBase

    from llmreg.catalog import Catalog
    from llmreg.hub.fetch import Snapshot
    from llmreg.reproduce.base import FolderBase
    from llmreg.reproduce.execute import Done, Work

    Say = Callable[[str], None]
    Opened = tuple[FolderBase, PreTrainedTokenizerBase]


@dataclass(frozen=True)
class Options:
    """What the user asked for."""

    use: Use = "research"
    policy: str = DEFAULT_POLICY
    licensee: Licensee | None = None
    out: Path | None = None
    resume: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    base: Path | None = None
    data: tuple[str, ...] = ()
    """FILE with all the data, or DATASET=FILE."""
    accept_unclear: bool = False
    assume: bool = False
    offline: bool = False
    """Take from the Hub only what is in the cache."""
    shard: bool = False
    """Share the model out over all processes while it trains."""
    command: tuple[str, ...] = ()

    def gate(self, catalog: Catalog, entry_id: str) -> Verdict:
        """Give the verdict on a full run for this use; raise `StoppedByLicenseError` where it may not go on."""
        return gate(
            catalog,
            entry_id,
            self.use,
            policy=self.policy,
            accept_unclear=self.accept_unclear,
            licensee=self.licensee,
        )


def reproduce(catalog: Catalog, entry_id: str, options: Options, say: Say) -> tuple[Path, Run]:
    """Make an entry again, and give its run folder and record.

    Raises `StoppedByLicenseError` before anything else is touched, and `LlmregError` for what is out of reach.
    """
    processes.check(options.out, shard=options.shard)
    entry = catalog.get_as(Model, entry_id)
    recipe_of(entry)
    verdict = options.gate(catalog, entry_id)
    say(f"license: {verdict.verdict} for {options.use} use")
    from llmreg import plugins
    from llmreg.evaluation.metrics import HeldOut
    from llmreg.reproduce.base import check_architecture, weight_files
    from llmreg.reproduce.compare import check_comparable, compare
    from llmreg.reproduce.data import check_readers, files_given, name_of_all, rows_for, wanted
    from llmreg.reproduce.execute import Work, read_samples
    from llmreg.reproduce.fetch import fetch_inputs
    from llmreg.reproduce.plan import make_plan
    from llmreg.reproduce.reach import check_reach
    from llmreg.reproduce.weights import open_model

    found = plugins.load()
    given = files_given(catalog, entry, options.data)
    apart = () if name_of_all(catalog, entry) in given else datasets_of(catalog, entry)
    resolved, method = resolve(entry, found, options.overrides, apart)
    say(f"plan: {resolved.method} with seed {resolved.training.seed}")
    check_reach(catalog, make_plan(catalog, found, entry_id, options.use, options.overrides), options.base, given)
    check_readers(catalog, entry, resolved.data, given)
    if not options.assume:
        refuse_assumptions(resolved)
    seed = resolved.training.data_seed
    here = None if wanted(catalog, entry, given) else rows_for(catalog, entry, resolved.data, given, seed=seed)
    opened = None
    if options.base:
        weight_files(options.base)
        check_architecture(options.base, architecture_of(catalog, entry_id), base_of(catalog, entry_id) or entry_id)
        opened = open_model(options.base)
    inputs = fetch_inputs(catalog, entry, options.base, given, offline=options.offline, say=say)
    rows = here or rows_for(catalog, entry, resolved.data, given, inputs.data, seed)
    _say_what_was_read(catalog, resolved, rows.records, say)
    base, about_base, tokenizer = _base(catalog, entry_id, options, opened, inputs.base, say)
    template = _template(catalog, resolved)
    run = _new_record(catalog, verdict, resolved, options, kind="reproduction", base=about_base, template=template)
    run = run.model_copy(update={"data": rows.records})
    training, data, held_out = resolved.training, resolved.data, rows.held_out
    objective = objective_of(found, resolved.objective)
    samples = read_samples(rows.train, held_out, data, training, template, tokenizer, base.config, say, objective)
    check_comparable(catalog, entry, base.config, tokenizer, HeldOut(held_out, data, training, template))

    def score(done: Done) -> tuple[record.Comparison, ...]:
        say("comparing with the published figures")
        return compare(catalog, entry, done.model, tokenizer, held_out, data, training, template)

    with _opened(run, options, say) as (folder, run):
        if run.status == "finished":
            say(f"already finished: {folder}")
            return folder, run
        work = Work(
            method, base, tokenizer, rows.train, held_out, data, training, template, folder, options.shard, samples,
            objective,
        )  # fmt: skip
        return folder, _carry_out(catalog, entry, run, work, options.resume, say, score)


def rehearse(catalog: Catalog, entry_id: str, options: Options, say: Say) -> tuple[Path, Run]:
    """Rehearse an entry's recipe at small scale; the verdict is recorded and stops nothing."""
    if options.shard:
        raise LlmregError("a rehearsal is small and runs in one process: leave out --shard")
    entry = catalog.get_as(Model, entry_id)
    recipe_of(entry)
    verdict = check(catalog, entry_id, options.use, policy=options.policy, licensee=options.licensee)
    say(f"license: {verdict.verdict} for {options.use} use; a rehearsal touches no licensed weights or data")
    from llmreg import plugins
    from llmreg.nano.tokenizer import tokenizer as nano_tokenizer
    from llmreg.reproduce.architecture import full_config, scaled_config
    from llmreg.reproduce.base import ConfigBase, FolderBase
    from llmreg.reproduce.compare import REHEARSED, nothing_compared
    from llmreg.reproduce.execute import Work
    from llmreg.reproduce.rehearse import rehearsal_rows, scaled_method, scaled_training, write_base

    found = plugins.load()
    resolved, method = resolve(entry, found, options.overrides, datasets_of(catalog, entry))
    tokenizer = nano_tokenizer()
    full, architecture = full_config(catalog, entry_id), architecture_of(catalog, entry_id)
    small = scaled_config(architecture, tokenizer)
    method, changed_settings = scaled_method(method, full, small)
    training, changed = scaled_training(resolved.training, full.hidden_size)
    template = _template(catalog, resolved)
    about = {"scaled": small.to_diff_dict(), "of": architecture}
    run = _new_record(catalog, verdict, resolved, options, kind="rehearsal", base=about, template=template)
    run = run.model_copy(update={"scaled": {**changed, **{f"settings.{k}": v for k, v in changed_settings.items()}}})
    with _opened(run, options, say) as (folder, run):
        base: Any = ConfigBase(small)
        if method.needs_base:
            write_base(small, folder / "base")
            base = FolderBase(folder / "base")
        rows, held_out = rehearsal_rows(catalog, entry, resolved, folder, say)
        objective = objective_of(found, resolved.objective)
        work = Work(
            method, base, tokenizer, rows, held_out, resolved.data, training, template, folder, objective=objective
        )
        return folder, _carry_out(
            catalog, entry, run, work, options.resume, say, lambda _: nothing_compared(entry, REHEARSED)
        )


def _carry_out(
    catalog: Catalog, entry: Model, run: Run, work: Work, resume: bool, say: Say, score: Callable[[Done], Any]
) -> Run:
    """Execute, score, and write the finished record and the card."""
    from llmreg.files import write_text
    from llmreg.reproduce.card import card
    from llmreg.reproduce.execute import execute

    began = time.monotonic()
    done = execute(work, resume=resume, say=say)
    if not processes.first():
        return run
    artifact, files = record.hash_artifact(work.folder / "artifact")
    run = run.model_copy(
        update={
            "status": "finished",
            "comparisons": score(done),
            "finished": record.now(),
            "seconds": round(time.monotonic() - began, 1),
            "steps": done.outcome.steps,
            "tokens": done.outcome.tokens,
            "losses": tuple(done.outcome.losses),
            "held_out_loss_before": done.loss_before,
            "held_out_loss_after": done.loss_after,
            "checks": tuple(done.checks),
            "encoding": done.encoding,
            "artifact_sha256": artifact,
            "artifact_files": files,
        }
    )
    write_text(work.folder / "artifact" / "README.md", card(catalog, entry, run, _weight_licenses(run)))
    record.write(work.folder, run)
    return run


def _say_what_was_read(catalog: Catalog, resolved: Resolved, records: tuple[record.Data, ...], say: Say) -> None:
    """Say what readers left out, and where rows are not as many as the catalog states: they may have changed."""
    from llmreg.training.formats.reader import times

    for data in records:
        portion = (resolved.data.datasets or {}).get(data.id)
        if portion:
            say(f"{data.id}: {data.rows:,} rows to train on, {data.held_out:,} held back")
        for what, count in data.reading.items():
            say(f"{data.id}: {times(count, what)}")
        stated = catalog.get_as(Dataset, data.id).rows if data.id in catalog else None
        whole = portion is None or portion.fraction == 1
        if stated and whole and stated != data.rows + data.held_out:
            say(f"{data.id} has {data.rows + data.held_out:,} rows here; the catalog states {stated:,}")


def _base(
    catalog: Catalog, entry_id: str, options: Options, opened: Opened | None, fetched: Snapshot | None, say: Say
) -> tuple[Any, dict[str, Any], Any]:
    """Give the base, what the record says of it, and the tokenizer."""
    from llmreg.nano.tokenizer import tokenizer as nano_tokenizer
    from llmreg.reproduce.architecture import full_config
    from llmreg.reproduce.base import ConfigBase, hash_files, weight_files, weights_hash
    from llmreg.reproduce.weights import open_model

    base_id = base_of(catalog, entry_id)
    if opened:
        base, tokenizer = opened
        about = {"id": base_id, "folder": str(base.folder.resolve()), "sha256": weights_hash(base.folder)}
        return base, about, tokenizer
    if fetched:
        base, tokenizer = open_model(fetched.folder)
        weights = hash_files({path.name: fetched.hashes[path.name] for path in weight_files(fetched.folder)})
        found = fetched.listing
        about = {"id": base_id, "hub": found.repository.id, "revision": found.commit, "sha256": weights}
        return base, about, tokenizer
    if base_id is None:
        return (
            ConfigBase(full_config(catalog, entry_id)),
            {"architecture": architecture_of(catalog, entry_id)},
            nano_tokenizer(),
        )
    folder, made = _made_base(catalog, base_id, options, say)
    about = {"id": base_id, "run": folder.name, "sha256": made.artifact_sha256}
    base, tokenizer = open_model(folder / "artifact")
    return base, about, tokenizer


def _made_base(catalog: Catalog, base_id: str, options: Options, say: Say) -> tuple[Path, Run]:
    """Find a finished run of a base that llmreg can make itself, or make it now as it is published."""
    from llmreg.reproduce.artifact import damage
    from llmreg.training.settings import world_size

    for folder, run in reversed(record.all_runs(tell=say)):
        if run.id != base_id or run.kind != "reproduction" or run.recipe.overridden or not run.passed:
            continue
        if changed := damage(folder / "artifact", run):
            say(f"base: {folder} is passed over, because its artifact is damaged: {', '.join(changed[:3])}")
            continue
        say(f"base: {base_id} from {folder}")
        return folder, run
    if world_size() > 1:
        raise LlmregError(f"{base_id} is not here yet, and one process makes it: llmreg reproduce {base_id}")
    say(f"base: {base_id} is not here yet; making it first")
    plain = replace(options, out=None, overrides={}, base=None, data=())
    return reproduce(catalog, base_id, plain, lambda text: say(f"  {base_id}: {text}"))


def _template(catalog: Catalog, resolved: Resolved) -> Template | None:
    return catalog.get_as(Template, resolved.data.template) if resolved.data.template else None


def _new_record(
    catalog: Catalog,
    verdict: Verdict,
    resolved: Resolved,
    options: Options,
    *,
    kind: str,
    base: dict[str, Any],
    template: Template | None,
) -> Run:
    from llmreg.reproduce.environment import environment

    unset = set() if resolved.objective else {"objective"}
    recipe = resolved.model_dump(mode="json", exclude={"assumed", "overridden", *unset})
    identity = {"recipe": recipe, "base": base, "template": template.sha256 if template else None}
    return Run(
        id=verdict.id,
        kind=kind,
        status="running",
        started=record.now(),
        command=options.command,
        use=options.use,
        verdicts=all_verdicts(catalog, verdict.id, options.policy, options.licensee),
        accepted_unclear=options.accept_unclear and verdict.verdict == "unclear",
        verdict=verdict.to_json(),
        recipe=resolved,
        recipe_hash=record.hash_json(identity),
        base=base,
        template_sha256=template.sha256 if template else None,
        seed=resolved.training.seed or 0,
        environment=environment(),
    )


@contextmanager
def _opened(run: Run, options: Options, say: Say) -> Iterator[tuple[Path, Run]]:
    """Open a new run folder, or with `--resume` one to go on in, and keep other processes out of it meanwhile.

    Of several processes that train together the first one opens it, and the others follow; all read an old record.
    """
    if not processes.first() and options.out:
        yield options.out, _same_run(options.out, run, options) if options.resume else run
        return
    folder = _to_resume(run, options, say) if options.resume else None
    if folder and (old := _same_run(folder, run, options)).status == "finished":
        yield folder, old
        return
    if folder:
        with record.only_one(folder):
            yield folder, _same_run(folder, run, options)
        return
    folder = record.new_folder(run.id, options.out)
    with record.only_one(folder):
        record.refuse_used(folder)
        record.write(folder, run)
        yield folder, run


def _to_resume(run: Run, options: Options, say: Say) -> Path | None:
    """Give the folder that was named, else that of the newest unfinished run, of the same one if there is any."""
    if options.out:
        record.read(options.out)
        return options.out
    unfinished = [
        (folder, old)
        for folder, old in record.all_runs(tell=say)
        if old.id == run.id and old.status == "running" and old.kind == run.kind
    ]
    if not unfinished:
        say(f"no unfinished run of {run.id}; starting one")
        return None
    same = [pair for pair in unfinished if not _difference(*pair, run)]
    return (same or unfinished)[-1][0]


def _same_run(folder: Path, run: Run, options: Options) -> Run:
    """Read the record of an earlier run; raise `LlmregError` where it went from other inputs or was for another use."""
    old = record.read(folder)
    difference = _difference(folder, old, run)
    if not difference:
        return old
    others = "" if options.out else f"no unfinished run of {run.id} is the one asked for, and of those there are, "
    raise LlmregError(
        f"{others}{difference}; repeat its own command: {' '.join(old.command)}; or start a new run without --resume"
    )


def _difference(folder: Path, old: Run, run: Run) -> str:
    """Say in what an earlier run is not the one asked for; nothing where it is."""
    if old.recipe_hash != run.recipe_hash:
        return f"{folder} is a run of another recipe or base"
    if old.use != run.use:
        return f"{folder} is a run for {old.use} use, not {run.use}"
    if {one.id: one.sha256 for one in old.data} != {one.id: one.sha256 for one in run.data}:
        return f"{folder} is a run on other data: {_hashes(old)}, not {_hashes(run)}"
    return ""


def _hashes(run: Run) -> str:
    return ", ".join(f"{one.id} with the SHA-256 {one.sha256[:12]} ({one.source})" for one in run.data)


def _weight_licenses(run: Run) -> list[str]:
    """List the licenses that bind the weights: the entry's own and those along weight edges."""
    reasons = [reason for reason in run.verdict["reasons"] if reason["license"]]
    binding = [reason["license"] for reason in reasons if set(reason["relations"]) <= set(WEIGHT_RELATIONS)]
    return list(dict.fromkeys(binding))
