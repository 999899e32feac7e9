"""`llmreg plan`: what making an entry again would take, before anything is started."""

from __future__ import annotations

from typing import Annotated

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
    """Show what a full run would do and need: settings, exact parameter counts, memory by part, published figures.

    The license verdict is printed first, before any plugin or training library is loaded.
    """
    quiet_libraries()
    from llmreg.licensing import check
    from llmreg.reproduce.render import license_line, work

    entries, overrides, out = open_catalog(catalog), parse_pairs(set_ or (), "--set"), console()
    verdict = check(entries, entry_id, use)  # type: ignore[arg-type]
    if not json:
        out.print(license_line(entry_id, verdict.verdict, verdict.use))
    from llmreg import plugins
    from llmreg.reproduce.plan import make_plan

    made = make_plan(entries, plugins.load(), entry_id, verdict.use, overrides)
    if json:
        print_json({**made.model_dump(mode="json"), "peak": made.peak})
    else:
        out.print(work(made))
