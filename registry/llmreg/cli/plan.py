"""`llmreg plan`: what making an entry again would take, before anything is started."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from llmreg.cli.looking import looks_up
from llmreg.cli.options import (
    CatalogOption,
    Id,
    JsonOption,
    UseOption,
    console,
    echo,
    open_catalog,
    parse_pairs,
    print_json,
    quiet_libraries,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.table import Table

    from llmreg.catalog import Catalog
    from llmreg.reproduce.fit import Change, Proposal
    from llmreg.reproduce.plan import Plan

SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the recipe; may be repeated."),
]


@looks_up
def plan(
    entry_id: Id,
    use: UseOption = "research",
    set_: SetOption = None,
    fit: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="Propose settings that fit into a memory: 24GB, or a GPU's name."),
    ] = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Show what a full run would do and need: settings, exact parameter counts, memory, hours and cost by GPU.

    The license verdict is printed first, before any plugin or training library is loaded. Exit code 1 where `--fit`
    finds no settings that fit.
    """
    quiet_libraries()
    from llmreg.licensing import check
    from llmreg.reproduce.render import license_line, work

    entries, overrides, out = open_catalog(catalog), parse_pairs(set_ or (), "--set"), console()
    from llmreg.making.subject import subject

    made_again = subject(entries, entry_id, lambda text: echo(f"- {text}", err=True))
    entry_id = made_again.id
    verdict = check(entries, entry_id, use)  # type: ignore[arg-type]
    if not json:
        out.print(license_line(entry_id, verdict.verdict, verdict.use))
    from llmreg import plugins

    if made_again.kind == "dataset":
        _plan_dataset(entries, entry_id, overrides, fit, json=json)
        return
    if fit is not None:
        from llmreg.reproduce.fit import fit as find
        from llmreg.reproduce.fit import memory_named

        room = memory_named(entries, fit)
        found = find(entries, plugins.load(), entry_id, verdict.use, overrides, room)
        if json:
            more = {"missing": found.missing, "uncounted": found.plan.uncounted}
            print_json({**found.model_dump(mode="json"), **more})
        else:
            for line in proposal(entry_id, found, overrides):
                out.print(line, soft_wrap=True, highlight=False, markup=False)
        raise typer.Exit(0 if found.fits else 1)
    from llmreg.reproduce.plan import make_plan

    made = make_plan(entries, plugins.load(), entry_id, verdict.use, overrides)
    if json:
        print_json(made.model_dump(mode="json"))
    else:
        out.print(work(made))
        out.print(estimates(made))


def _plan_dataset(
    entries: Catalog, entry_id: str, overrides: Mapping[str, str], fit: str | None, *, json: bool
) -> None:
    from llmreg import plugins
    from llmreg.cli.making import print_plan
    from llmreg.errors import UsageError
    from llmreg.making.plan import make_plan

    if fit is not None:
        raise UsageError(f"--fit is for models, and {entry_id} is a dataset; leave it out")
    made = make_plan(entries, plugins.load(), entry_id, overrides)
    if json:
        print_json(made.model_dump(mode="json"))
    else:
        print_plan(made)


def proposal(entry_id: str, found: Proposal, overrides: Mapping[str, str]) -> Iterator[str]:
    """Say what to change, what that changes in the result, and what it comes to."""
    gib, plan = 2**30, found.plan
    least = "at least " if plan.uncounted else ""
    yield f"as published: {least}{found.before / gib:.1f} GiB at the peak; there are {found.memory / gib:.1f} GiB"
    if plan.uncounted:
        yield (
            f"whether it fits is not known: {' and '.join(plan.uncounted)} are not counted, because nobody published "
            "how long samples are; say it with --set training.sequence_length=N"
        )
        return
    if found.fits and not found.changes:
        yield "it fits as it is"
        return
    for change in found.changes:
        result = "same result, to rounding" if change.same_result else "another result"
        yield f"  {change.setting}: {change.was} -> {change.now} ({result}): {change.effect}"
    if found.fits:
        words = shlex.join(_settings(found.changes, overrides))
        yield f"then {plan.peak / gib:.1f} GiB: llmreg reproduce {entry_id} {words}"
        return
    largest = max(plan.memory, key=lambda part: plan.memory[part])
    yield (
        f"nothing fits: with all of that it takes {plan.peak / gib:.1f} GiB, {found.missing / gib:.1f} GiB too much; "
        f"the most is {largest}, {plan.memory[largest] / gib:.1f} GiB"
    )


def _settings(changes: Iterable[Change], overrides: Mapping[str, str]) -> Iterator[str]:
    """Give the words that set what the user did, without what was changed since, and then the changes."""
    now = {change.setting: str(change.now).lower() for change in changes}
    names = {setting.rpartition(".")[2] for setting in now}
    own = {key: value for key, value in overrides.items() if key.rpartition(".")[2] not in names}
    for key, value in (own | now).items():
        yield from ("--set", f"{key}={value}")


def estimates(plan: Plan) -> Table | str:
    """Show hours and cost on each GPU of the catalog, beside what was published."""
    from rich.table import Table

    from llmreg.reproduce.cost import UTILIZATION

    if not plan.estimates or plan.operations is None:
        return "hours and cost: unknown, because how many tokens it trains on was not published"
    low, high = UTILIZATION
    title = (
        f"GPU-hours for at most {plan.tokens_at_most or 0:,} tokens, {plan.operations:.2g} operations, "
        f"at {low:.0%} to {high:.0%} of the GPU's peak"
    )
    table = Table(
        "GPU",
        "fits on one",
        "GPU-hours",
        "US dollars, one offer",
        box=None,
        header_style="bold",
        pad_edge=False,
        title=title,
        title_justify="left",
        title_style="",
    )
    for row in plan.estimates:
        cost = f"{row.usd[0]:,.0f} to {row.usd[1]:,.0f}" if row.usd else "unknown"
        table.add_row(row.gpu, "yes" if row.fits else "no", f"{row.hours[0]:,.1f} to {row.hours[1]:,.1f}", cost)
    return table
