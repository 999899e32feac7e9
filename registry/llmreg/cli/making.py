"""How `reproduce`, `plan`, `runs` and `verify` show datasets that are made again."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import typer

from llmreg.cli.options import console, echo, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.making.generator import GeneratorOptions
    from llmreg.making.plan import MakingPlan, Price
    from llmreg.making.record import Making
    from llmreg.reproduce.run import Options


def make_dataset(
    entries: Catalog,
    entry_id: str,
    options: Options,
    *,
    rehearse: bool,
    json: bool,
    given: Mapping[str, Any],
    generator: GeneratorOptions,
) -> None:
    """Make a dataset and print how it came out; `given` are options that only the run of a model takes."""
    from llmreg.errors import UsageError
    from llmreg.making import run as makings

    for name, value in given.items():
        if value:
            raise UsageError(f"{name} is for models, and {entry_id} is a dataset; leave it out")

    def say(text: str) -> None:
        echo(f"- {text}", err=True)

    folder, making = (
        makings.rehearse(entries, entry_id, options, say)
        if rehearse
        else makings.reproduce(entries, entry_id, options, say, generator)
    )
    if json:
        print_json({"folder": str(folder), "outcome": making.outcome, **making.model_dump(mode="json")})
    else:
        print_making(folder, making)
    raise typer.Exit(0)


def price_of(text: str | None) -> Price | None:
    """Read the prices of a million tokens, of prompts and of replies; raise `UsageError` for anything else."""
    from llmreg.errors import UsageError
    from llmreg.making.plan import Price

    if text is None:
        return None
    try:
        first, second = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--price takes two numbers, IN,OUT, not {text!r}") from None
    if not (0 <= first < inf and 0 <= second < inf):
        raise UsageError(f"--price takes prices of 0 or more, not {text!r}")
    return Price(tokens_in=first, tokens_out=second)


def print_making(folder: Path, making: Making) -> None:
    """Print what each step did, and where the rows are."""
    from rich.markup import escape
    from rich.table import Table

    out = console()
    table = Table("step", "read", "used", "dropped", "given", box=None, header_style="bold", pad_edge=False)
    for number, step in enumerate(making.steps, start=1):
        dropped = sum(step.dropped.values())
        table.add_row(f"{number} {step.maker}", f"{step.read:,}", f"{step.used:,}", f"{dropped:,}", f"{step.gave:,}")
    out.print(table)
    for number, step in enumerate(making.steps, start=1):
        for reason, count in step.dropped.items():
            out.print(escape(f"step {number} dropped {count:,}: {reason}"), soft_wrap=True)
        for note, count in step.notes.items():
            out.print(escape(f"step {number}, {count:,} times: {note}"), soft_wrap=True)
    stated = making.published_rows if making.kind == "reproduction" else None
    out.print(f"{making.rows or 0:,} rows{f'; the catalog states {stated:,}' if stated else ''}", highlight=False)
    if asked := making.asked:
        cost = f", {asked.cost_usd:,.2f} US dollars" if asked.cost_usd is not None else ""
        out.print(f"{asked.calls:,} questions asked, {asked.kept:,} replies were kept{cost}", highlight=False)
    out.print(f"SHA-256 {making.sha256}", soft_wrap=True)
    out.print(f"folder {escape(str(folder))}", soft_wrap=True)


def print_plan(plan: MakingPlan) -> None:
    """Print what making a dataset would take."""
    from rich.markup import escape

    out = console()
    for number, step in enumerate(plan.recipe.steps, start=1):
        settings = ", ".join(f"{name} {value}" for name, value in step.settings.items() if value not in (None, {}, []))
        of = f" of {', '.join(step.of)}" if step.of else ""
        out.print(escape(f"step {number}: {step.maker}{of}{f'; {settings}' if settings else ''}"), soft_wrap=True)
    read = "a number nobody published" if plan.rows_read is None else f"{plan.rows_read:,}"
    out.print(f"rows to read: {read}", highlight=False)
    for name, value in plan.recipe.assumed.items():
        out.print(escape(f"assumed: {name} {value}"), soft_wrap=True)
    for what in plan.unknown:
        out.print(escape(f"not published: {what}"), soft_wrap=True)
    if plan.calls is None:
        out.print("how many questions are asked is unknown: it hangs on the number of rows")
        return
    if not plan.calls:
        out.print("no model is asked, so it costs nothing but the time of this machine")
        return
    cost = "unknown; give --price" if plan.cost_usd is None else f"{plan.cost_usd:,.2f} US dollars"
    out.print(
        f"at most {plan.calls:,} questions, about {plan.tokens_in:,} tokens to read and at most "
        f"{plan.tokens_out:,} to write; "
        f"cost {cost}; about {plan.hours:,.1f} hours at one request after another",
        highlight=False,
        soft_wrap=True,
    )


def makings_json(folder: Path | None) -> list[dict[str, Any]]:
    """Return the makings below a folder as `llmreg runs --json` prints them."""
    from llmreg.making.record import all_makings

    found = all_makings(folder, lambda told: echo(told, err=True))
    return [{"folder": str(path), "outcome": one.outcome, **one.model_dump(mode="json")} for path, one in found]


def print_makings(folder: Path | None) -> bool:
    """Print a table of the datasets that were made, and tell whether there are any."""
    from rich.table import Table

    from llmreg.making.record import all_makings

    found = all_makings(folder, lambda told: echo(told, err=True))
    if not found:
        return False
    table = Table("dataset made", "kind", "outcome", "started", "rows", box=None, header_style="bold", pad_edge=False)
    for path, one in found:
        rows = "" if one.rows is None else f"{one.rows:,}"
        table.add_row(path.name, one.kind, one.outcome or one.status, one.started[:16], rows)
    console().print(table)
    return True
