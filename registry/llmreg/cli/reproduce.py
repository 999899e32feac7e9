"""`llmreg reproduce` and `llmreg rehearse`: make an entry again, whole or at small scale."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmreg.cli.groups import excludes, needs
from llmreg.cli.looking import looks_up
from llmreg.cli.making import make_dataset, price_of
from llmreg.cli.options import (
    CatalogOption,
    Id,
    JsonOption,
    LicenseeOption,
    PolicyOption,
    UseOption,
    console,
    echo,
    licensee_of,
    meant,
    open_catalog,
    parse_pairs,
    print_json,
    put,
    quiet_libraries,
)
from llmreg.cli.plan import SetOption

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.reproduce.record import Run
    from llmreg.reproduce.run import Options


@excludes("launch", "json")
@excludes("rehearse", "base", "data", "launch")
@excludes("rehearse", "generator", "replies")
@needs("generator", "endpoint")
@needs("endpoint", "key_env", "concurrency")
@needs("launch", "dry_run", "gpu", "gpus", "nodes")
@looks_up
def reproduce(
    entry_id: Id,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Run the recipe on a scaled-down model, on any machine.")
    ] = False,
    use: UseOption = "research",
    policy: PolicyOption = "standard",
    licensee: LicenseeOption = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Run folder; by default a new one under LLMREG_HOME.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the unfinished run.")] = False,
    set_: SetOption = None,
    base: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Local weights to start from, in place of the Hub's.")
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[DATASET=]FILE",
            help="Local rows to train on, in place of the Hub's: all, or one dataset's; may be repeated.",
        ),
    ] = None,
    accept_unclear: Annotated[
        bool, typer.Option("--accept-unclear", help="Go on with an unclear verdict; it is recorded.")
    ] = False,
    assume: Annotated[
        bool, typer.Option("--assume", help="Fill settings that nobody published with defaults; recorded.")
    ] = False,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            envvar="HF_HUB_OFFLINE",
            is_eager=True,
            help="Take from the Hub only what is in its cache here.",
        ),
    ] = False,
    shard: Annotated[
        bool, typer.Option("--shard", help="Under torchrun: share the model out over all processes while it trains.")
    ] = False,
    launch: Annotated[
        str | None,
        typer.Option(metavar="slurm|skypilot", help="Write a job file instead of running; needs --dry-run."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what --launch writes, and start nothing.")] = False,
    generator: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="For datasets: the model to ask, by its name at --endpoint, or a folder."),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="With --generator: its OpenAI-compatible address.")
    ] = None,
    generator_entry: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The entry of the generator, whose terms are checked first.", callback=meant),
    ] = None,
    replies: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For datasets: kept replies, in place of a model.")
    ] = None,
    key_env: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="With --endpoint: the environment variable with its key.")
    ] = None,
    concurrency: Annotated[int, typer.Option(metavar="N", min=1, max=256, help="Questions at a time.")] = 1,
    most_calls: Annotated[int | None, typer.Option(metavar="N", min=0, help="Ask no more questions than N.")] = None,
    price: Annotated[
        str | None, typer.Option(metavar="IN,OUT", help="US dollars for a million tokens, to say the cost first.")
    ] = None,
    gpu: Annotated[str, typer.Option(metavar="GPU", help="With --launch: a GPU of the catalog.")] = "a100-80gb",
    gpus: Annotated[int, typer.Option(metavar="N", min=1, help="With --launch: GPUs on each node.")] = 8,
    nodes: Annotated[int, typer.Option(metavar="N", min=1, help="With --launch: machines.")] = 1,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Make a model or a dataset again: license check first, then plan, training or makers, and a record.

    Exit code: 0 reproduced, 1 error, 3 the verdict is unclear, 4 it is forbidden, 5 finished but not reproduced.
    """
    quiet_libraries()
    from llmreg.reproduce import processes
    from llmreg.reproduce import run as runs

    entries = open_catalog(catalog)
    options = runs.Options(
        use=use,  # type: ignore[arg-type]
        policy=policy,
        licensee=licensee_of(entries, licensee),
        out=out,
        resume=resume,
        overrides=parse_pairs(set_ or (), "--set"),
        base=base,
        data=tuple(data or ()),
        accept_unclear=accept_unclear,
        assume=assume,
        offline=offline,
        shard=shard,
        command=("llmreg", *sys.argv[1:]),
    )
    from llmreg.errors import UsageError
    from llmreg.making.generator import GeneratorOptions
    from llmreg.making.subject import subject

    made = subject(entries, entry_id, _say)
    if made.kind == "dataset":
        given = {"--base": base, "--shard": shard, "--launch": launch}
        asked = GeneratorOptions(
            generator,
            endpoint,
            generator_entry,
            replies,
            key_env,
            concurrency=concurrency,
            most_calls=most_calls,
            price=price_of(price),
        )
        make_dataset(entries, made.id, options, rehearse=rehearse, json=json, given=given, generator=asked)
    if generator or replies:
        raise UsageError(f"--generator and --replies are for datasets, and {made.id} is a model; leave them out")
    entry_id = made.id
    if launch is not None:
        _print_jobs(entries, entry_id, options, launch, dry_run=dry_run, gpu=gpu, gpus=gpus, nodes=nodes)
        return
    make = runs.rehearse if rehearse else runs.reproduce
    folder, run = make(entries, entry_id, options, _say)
    if not processes.first():
        return
    if json:
        print_json({"folder": str(folder), "passed": run.passed, "outcome": run.outcome, **run.model_dump(mode="json")})
    else:
        print_run(folder, run)
    raise typer.Exit(0 if run.passed else 5)


def rehearse(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Entries to rehearse.", callback=meant)] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every entry with a recipe.")] = False,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Rehearse recipes in one process and print the dated table; exit code 5 if one fails.

    An entry that cannot be rehearsed here is listed with the reason, and fails only where it was named.
    """
    quiet_libraries()
    from llmreg.errors import UsageError
    from llmreg.reproduce.many import rehearse_many

    if bool(ids) == all_:
        raise UsageError("name the entries to rehearse, or say --all")
    rows = rehearse_many(open_catalog(catalog), ids or None, _say)
    passed = sum(row.outcome == "passed" for row in rows)
    not_tried = sum(bool(row.reason) for row in rows)
    if json:
        print_json([row.model_dump(mode="json") for row in rows])
    else:
        from rich.markup import escape
        from rich.table import Table

        table = Table(
            "entry",
            "method",
            "license for research",
            "outcome",
            "seconds",
            "held-out loss",
            box=None,
            header_style="bold",
            pad_edge=False,
        )
        for row in rows:
            outcome = f"{row.outcome}: {row.reason}" if row.reason else row.outcome
            table.add_row(row.id, row.method, row.verdict, escape(outcome), f"{row.seconds:.0f}", row.loss)
        out = console()
        out.print(table)
        left_out = f", {not_tried} not rehearsed" if not_tried else ""
        open_ = len(rows) - passed - not_tried - sum(row.failed for row in rows)
        undecided = f", {open_} inconclusive" if open_ else ""
        out.print(f"{passed} of {len(rows) - not_tried} passed{undecided}{left_out}, {rows[0].date if rows else ''}")
    raise typer.Exit(5 if any(row.failed or (row.reason and not all_) for row in rows) else 0)


def print_run(folder: Path, run: Run) -> None:
    """Print how a run came out, and where it is."""
    out = console()
    out.print(run)
    out.print(f"run folder {folder}", soft_wrap=True)


def _say(text: str) -> None:
    from llmreg.reproduce.processes import first

    if first():
        echo(f"- {text}", err=True)


def _print_jobs(
    entries: Catalog, entry_id: str, options: Options, launch: str, *, dry_run: bool, gpu: str, gpus: int, nodes: int
) -> None:
    """Print the job file of a scheduler, once the license allows the run."""
    from llmreg.errors import UsageError
    from llmreg.reproduce.launch import SCHEDULERS, job

    if launch not in SCHEDULERS:
        raise UsageError(f"--launch {launch}: there are {', '.join(SCHEDULERS)}")
    if not dry_run:
        raise UsageError(
            f"--launch {launch} starts nothing: llmreg has no scheduler of its own. Add --dry-run to get the job file, "
            "look through it, and hand it to the scheduler yourself"
        )
    put(job(entries, entry_id, options, launch, gpu=gpu, gpus=gpus, nodes=nodes))
