"""`llmreg evaluate model`: score a model on rows, and compare with what was published."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmreg.cli.options import (
    CatalogOption,
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
    quiet_libraries,
    several,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.reproduce.evaluate import Evaluation


def model(
    place: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, the name of a run, or a folder with a whole model.")
    ],
    task: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="One of clickbait, exact-match, joke-explanation, multiple-choice, perplexity, text-to-sql.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Rows to score; with --lm-eval a folder of task files of your own."),
    ] = None,
    examples: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Worked examples to show first, rows like those of --data.")
    ] = None,
    few_shot: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Show the first N examples; all of them without it.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the task; may be repeated.")
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Ask through this template, or `none`; by default the one beside the weights."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Score the first N rows only.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, metavar="N", help="Rows that are scored at a time, at most.")] = 8,
    benchmark: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Compare with the figure published for this benchmark.", callback=meant),
    ] = None,
    entry: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The entry whose weights a folder holds: checks its license.", callback=meant),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What to call the system in what is written.")
    ] = None,
    lm_eval: Annotated[
        str | None,
        typer.Option("--lm-eval", metavar="TASKS", help="Run these tasks of lm-eval, where it is installed."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write each item as JSON lines to FILE.")
    ] = None,
    use: UseOption = "research",
    policy: PolicyOption = "standard",
    licensee: LicenseeOption = None,
    accept_unclear: Annotated[
        bool, typer.Option("--accept-unclear", help="Go on with an unclear verdict; it is recorded.")
    ] = False,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Score a run's model, or one in a folder: license check first, then the task, then what was published.

    Exit code: 0 scored, 1 error, 3 the verdict is unclear, 4 it is forbidden, 5 a published figure was missed.
    """
    quiet_libraries()
    from llmreg.files import write_text
    from llmreg.reproduce.evaluate import Wanted, evaluate
    from llmreg.reproduce.recipe import set_value

    entries = open_catalog(catalog)
    wanted = Wanted(
        task=task,
        data=data,
        settings={key: set_value(key, text) for key, text in parse_pairs(set_ or (), "--set").items()},
        lm_eval=tuple(several([lm_eval], "--lm-eval") if lm_eval is not None else ()),
        examples=examples,
        few_shot=few_shot,
        limit=limit,
        template=template,
        batch_size=batch_size,
        entry=entry,
        benchmark=benchmark,
        name=name,
        use=use,  # type: ignore[arg-type]
        policy=policy,
        licensee=licensee_of(entries, licensee),
        accept_unclear=accept_unclear,
    )
    found, items = evaluate(entries, place, wanted, lambda text: echo(f"- {text}", err=True))
    if output:
        write_text(output, _lines(items))
    if json:
        print_json({"passed": found.passed, **found.model_dump(mode="json")})
    else:
        _show(found, output)
    raise typer.Exit(0 if found.passed else 5)


def _lines(items: Iterable[dict[str, Any]]) -> str:
    return "".join(f"{json_.dumps(item, ensure_ascii=False)}\n" for item in items)


def _show(found: Evaluation, output: Path | None) -> None:
    from rich.markup import escape

    from llmreg.reproduce.render import comparisons

    out = console()
    rows = f", {found.data.rows:,} rows of {found.data.file}" if found.data else ""
    shots = f", {found.examples.rows:,} examples" if found.examples else ""
    asked = f"asked through {found.template}" if found.template else "as plain text"
    out.print(f"[bold]{escape(found.system)}[/]: {escape(found.task + rows + shots)}, {escape(asked)}")
    if found.license:
        said = found.license
        out.print(
            f"license: {said['verdict']} for {said['use']} use (policy {said['policy']}, catalog of {said['catalog']})"
        )
    if found.figures:
        out.print(_figures(found))
    for note in found.notes:
        out.print(escape(note), soft_wrap=True)
    for line in comparisons(found.comparisons):
        out.print(line)
    if output:
        out.print(f"items in {escape(str(output))}", soft_wrap=True)


def _figures(found: Evaluation) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("metric")
    for title in ("value", "standard error", "items"):
        table.add_column(title, justify="right")
    table.add_column("unit")
    for figure in found.figures:
        error = figure["standard_error"]
        shown = "-" if error is None else f"{error:.3g}"
        table.add_row(escape(figure["metric"]), f"{figure['value']:.6g}", shown, f"{figure['items']:,}", figure["unit"])
    return table
