"""The program `llmreg` with its commands."""

from __future__ import annotations

from typing import Annotated

import typer

import llmreg
from llmreg.cli.groups import App, program

_COMMANDS = {
    "search": "llmreg.cli.search:search",
    "list": "llmreg.cli.list:list_",
    "show": "llmreg.cli.list:show",
    "graph": "llmreg.cli.graph:graph",
    "path": "llmreg.cli.graph:path",
    "tree": "llmreg.cli.tree:tree",
    "impact": "llmreg.cli.impact:impact",
    "compare": "llmreg.cli.compare:compare",
    "diff": "llmreg.cli.diff:diff",
    "check": "llmreg.cli.check:check",
    "scan": "llmreg.cli.scan:scan",
    "duties": "llmreg.cli.duties:duties",
    "policies": "llmreg.cli.policies:policies",
    "plan": "llmreg.cli.plan:plan",
    "reproduce": "llmreg.cli.reproduce:reproduce",
    "rehearse": "llmreg.cli.reproduce:rehearse",
    "merge": "llmreg.cli.merge:merge",
    "apply": "llmreg.cli.apply:apply",
    "delta": "llmreg.cli.apply:delta",
    "push": "llmreg.cli.push:push",
    "runs": "llmreg.cli.runs:runs",
    "verify": "llmreg.cli.runs:verify",
    "validate": "llmreg.cli.validate:validate",
    "import": "llmreg.cli.import_:import_",
    "methods": "llmreg.cli.methods:methods",
    "site": "llmreg.cli.site:site",
    "mcp": "llmreg.cli.mcp:mcp",
    "export": "llmreg.cli.export:export",
    "audit": "llmreg.cli.audit_results:audit",
    "evaluate": "llmreg.cli.evaluate:evaluate",
    "new": "llmreg.cli.new:new",
}
"""Where each command is, in the order in which help lists them."""

app = App(
    name="llmreg",
    cls=program(_COMMANDS),
    no_args_is_help=True,
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
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error, as LLMREG_DEBUG=1 does.")
    ] = False,
) -> None:
    pass
