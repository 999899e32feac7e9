"""`llmreg duties`: what a law asks of who made a model, by its compute and its base's."""

from __future__ import annotations

from typing import Annotated

import typer

from llmreg.cli.looking import looks_up
from llmreg.cli.options import CatalogOption, Id, open_catalog, put, quiet_libraries


@looks_up
def duties(
    entry_id: Id,
    regime: Annotated[str, typer.Option(metavar="REGIME", help="The law: eu-gpai.")] = "eu-gpai",
    compute: Annotated[
        float | None,
        typer.Option(metavar="FLOP", min=1.0, help="Operations of your own training, in place of the planned ones."),
    ] = None,
    catalog: CatalogOption = None,
) -> None:
    """Say whether who made a model becomes a provider under a law, with the figure that decides. Not legal advice."""
    from llmreg.duties import duties as judge
    from llmreg.duties import text
    from llmreg.duties.compute import Compute, bases
    from llmreg.schema import Model

    entries = open_catalog(catalog)
    model = entries.get_as(Model, entry_id)
    own = Compute(compute, "given with --compute", entry_id) if compute else None
    if own is None and model.recipe and len(bases(entries, entry_id)) == 1:
        quiet_libraries()
        from llmreg import plugins
        from llmreg.errors import LlmregError
        from llmreg.reproduce.plan import make_plan

        try:
            planned = make_plan(entries, plugins.load(), entry_id, "research").operations
        except LlmregError:
            planned = None  # what cannot be planned stays unknown, and the text says so
        own = Compute(planned, "at most, as `llmreg plan` counts it from its recipe", entry_id) if planned else None
    put(text(judge(entries, entry_id, name=regime, own=own)))
