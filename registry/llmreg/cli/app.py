"""The program `llmreg` with its commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

import llmreg
from llmreg.cli.audit_results import audit
from llmreg.cli.check import check
from llmreg.cli.compare import compare
from llmreg.cli.diff import diff
from llmreg.cli.evaluate import evaluate
from llmreg.cli.export import export
from llmreg.cli.graph import graph, path
from llmreg.cli.groups import App
from llmreg.cli.impact import impact
from llmreg.cli.import_ import import_
from llmreg.cli.list import list_, show
from llmreg.cli.mcp import mcp
from llmreg.cli.merge import merge
from llmreg.cli.methods import methods
from llmreg.cli.new import register as register_new
from llmreg.cli.plan import plan
from llmreg.cli.policies import policies
from llmreg.cli.push import push
from llmreg.cli.reproduce import rehearse, reproduce
from llmreg.cli.runs import runs, verify
from llmreg.cli.scan import scan
from llmreg.cli.search import search
from llmreg.cli.site import site
from llmreg.cli.tree import tree
from llmreg.cli.validate import validate

app = App(
    name="llmreg",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich help would take as long to import as everything else together
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


_COMMANDS: dict[str, Callable[..., None]] = {
    "search": search,
    "list": list_,
    "show": show,
    "graph": graph,
    "path": path,
    "tree": tree,
    "impact": impact,
    "compare": compare,
    "diff": diff,
    "check": check,
    "scan": scan,
    "policies": policies,
    "plan": plan,
    "reproduce": reproduce,
    "rehearse": rehearse,
    "merge": merge,
    "push": push,
    "runs": runs,
    "verify": verify,
    "validate": validate,
    "import": import_,
    "methods": methods,
    "site": site,
    "mcp": mcp,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)

app.add_typer(export)
app.add_typer(audit)
app.add_typer(evaluate)
register_new(app)
