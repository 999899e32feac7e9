"""The program `llmreg` with its commands."""

from __future__ import annotations

from typing import Annotated

import typer

import llmreg
from llmreg.cli import check, graph, list, methods, new, plan, reproduce, runs, validate  # noqa: A004

app = typer.Typer(
    name="llmreg",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="What is this model made of, may I use it so, and can I make it again?",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"llmreg {llmreg.__version__}")
        raise typer.Exit


@app.callback()
def _llmreg(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


for _name, _command in {
    "list": list.list_,
    "show": list.show,
    "graph": graph.graph,
    "path": graph.path,
    "check": check.check,
    "plan": plan.plan,
    "reproduce": reproduce.reproduce,
    "rehearse": reproduce.rehearse,
    "runs": runs.runs,
    "verify": runs.verify,
    "validate": validate.validate,
    "methods": methods.methods,
}.items():
    app.command(_name)(_command)

new.register(app)
