"""`llmreg plan`: what making an entry again would take, before anything is started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llmreg.cli.options import (
    CatalogOption,
    Id,
    JsonOption,
    UseOption,
    console,
    open_catalog,
    parse_pairs,
    print_json,
    quiet_libraries,
)

if TYPE_CHECKING:
    from rich.console import Console

    from llmreg.reproduce.plan import Plan

SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the recipe; may be repeated."),
]


def plan(
    entry_id: Id,
    use: UseOption = "research",
    set_: SetOption = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Show what a full run would do and need: settings, exact parameter counts, memory by part, published figures."""
    quiet_libraries()
    from llmreg import plugins
    from llmreg.reproduce.plan import make_plan

    made = make_plan(open_catalog(catalog), plugins.load(), entry_id, use, parse_pairs(set_ or (), "--set"))  # type: ignore[arg-type]
    if json:
        print_json({**made.model_dump(mode="json"), "peak": made.peak})
    else:
        _print(console(), made)


def _print(out: Console, plan: Plan) -> None:
    from rich.markup import escape
    from rich.table import Table

    from llmreg.cli.verdicts import COLORS
    from llmreg.reproduce.plan import GIB
    from llmreg.reproduce.reach import published

    counts, recipe = plan.counts, plan.recipe
    starts = f"from {plan.base}" if plan.base else "from random weights"
    out.print(f"[bold]{escape(plan.id)}[/] by {escape(recipe.method)} {escape(starts)}")
    out.print(f"license: [{COLORS[plan.verdict]}]{plan.verdict}[/] for {plan.use} use")
    out.print(f"parameters: {counts.base:,} in the base, {counts.trained:,} train ({counts.trained / counts.base:.3%})")
    settings = {
        **recipe.settings,
        **recipe.training.model_dump(exclude_none=True),
        **recipe.data.model_dump(exclude_none=True),
    }
    out.print(escape(f"settings: {', '.join(f'{name} {value}' for name, value in settings.items())}"))
    if plan.steps:
        tokens = f", at most {plan.tokens_at_most:,} tokens" if plan.tokens_at_most else ""
        out.print(f"length: {plan.steps:,} steps of {recipe.training.batch_size} sequences{tokens}")
    table = Table("memory", "GiB", box=None, header_style="bold", pad_edge=False)
    table.columns[1].justify = "right"
    for part, size in plan.memory.items():
        table.add_row(part, f"{size / GIB:.2f}")
    table.add_row("[bold]together[/]", f"[bold]{plan.peak / GIB:.2f}[/]")
    out.print(table)
    out.print(escape(f"published: {published(plan.hardware)}"))
    for result in plan.published:
        band = f" ± {result.tolerance:g}" if result.tolerance else ""
        out.print(escape(f"result: {result.benchmark} {result.metric} {result.value:g}{band} {result.unit}"))
    for heading, items in (
        ("assumed", [f"{name} = {value}" for name, value in recipe.assumed.items()]),
        ("unknown", [name for name in plan.unknown if name not in recipe.assumed]),
        ("sources disagree", [f"{d.about}: {' / '.join(said.value for said in d.says)}" for d in plan.disagreements]),
    ):
        if items:
            out.print(f"[bold]{heading}[/]")
            for item in items:
                out.print(escape(f"  - {item}"))
