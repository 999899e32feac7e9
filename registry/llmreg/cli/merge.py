"""`llmreg merge`: make one whole model of an adapter and the base it was trained on."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmreg.cli.options import (
    CatalogOption,
    JsonOption,
    console,
    echo,
    meant,
    open_catalog,
    print_json,
    quiet_libraries,
)

if TYPE_CHECKING:
    from llmreg.reproduce.drift import Drift
    from llmreg.reproduce.merge import Merge

SHOWN = 5


def merge(
    source: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, the name of a run, or a folder with an adapter.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Write the whole model to DIR.")],
    base: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The base's weights, where the run's are not at their place.")
    ] = None,
    entry: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="The entry whose recipe made the adapter, where no run.json says so.", callback=meant
        ),
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(metavar="DTYPE", help="float32, bfloat16 or float16; by default as the adapter was trained on."),
    ] = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Merge an adapter into the base it was trained on, and measure what that loses.

    A base held in 4 or 8 bits is unpacked first, so that the update lands on the weights it was trained beside. Exit
    code: 0 merged, 1 error, 5 written, but its logits are not those of the adapted model.
    """
    quiet_libraries()
    from llmreg.errors import UsageError
    from llmreg.reproduce.merge import DTYPES
    from llmreg.reproduce.merge import merge as make
    from llmreg.reproduce.record import home

    if dtype not in (None, *DTYPES):
        raise UsageError(f"--dtype is one of {', '.join(DTYPES)}, not {dtype!r}")
    named = home() / "runs" / source
    folder = named if not source.exists() and named.is_dir() else source
    done = make(
        open_catalog(catalog),
        folder,
        output,
        base=base,
        entry=entry,
        dtype=dtype,
        say=lambda text: echo(f"- {text}", err=True),
    )
    if json:
        print_json({"folder": str(output), "passed": done.passed, **done.model_dump(mode="json")})
    else:
        _show(done, output)
    raise typer.Exit(0 if done.passed else 5)


def _show(done: Merge, output: Path) -> None:
    from rich.markup import escape
    from rich.table import Table

    out = console()
    what = f"{done.method} adapter" + (f" of {done.entry}" if done.entry else "")
    out.print(escape(f"merged the {what} into {done.base}, in {done.dtype}"), soft_wrap=True)
    compared = "the one of the run" if done.base_checked else "not compared: no record has its hash"
    out.print(f"base SHA-256 {done.base_sha256}, {compared}", soft_wrap=True)
    quantized = done.drift_on_originals is not None
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("weight", overflow="fold")
    for title in ("update", *(["quantization / update"] if quantized else []), "rounding / update"):
        table.add_column(title, justify="right")
    changed = [layer for layer in done.layers if layer.update]
    worst = sorted(changed, key=lambda layer: _share(layer.quantization + layer.rounding, layer.update))[::-1]
    for layer in (*worst[:SHOWN], done.whole):
        shares = [layer.quantization] if quantized else []
        cells = [f"{_share(error, layer.update):.3g}" for error in (*shares, layer.rounding)]
        name = f"all {len(done.layers)} weights" if layer.name == "all" else layer.name
        table.add_row(escape(name), f"{layer.update:.3g}", *cells)
    out.print(table)
    if len(worst) > SHOWN:
        out.print(f"the {SHOWN} weights that lose most are shown; merge.json has all")
    mark = "held" if done.passed else "[bold red]FAILED[/]"
    out.print(f"{mark}  its logits {_drift(done.drift)}; tolerance {done.tolerance:g}", soft_wrap=True)
    if done.drift_on_originals:
        out.print(f"merged into the original weights, they would {_drift(done.drift_on_originals)}", soft_wrap=True)
    if done.template_sha256:
        where = "the tokenizer's chat template" if done.chat_template else "prompt_template.json"
        out.print(f"template {done.template_sha256[:12]} travels as {where}")
    out.print(escape(f"whole model in {output}"), soft_wrap=True)


def _drift(drift: Drift) -> str:
    return f"differ by {drift.difference:.3g} of their standard deviation, {drift.divergence:.3g} nats a token"


def _share(error: float, update: float) -> float:
    """Give an error as a share of the update; infinite where an update of nothing has one."""
    if not update:
        return inf if error else 0.0
    return error / update
