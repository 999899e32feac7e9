"""`llmreg apply` and `llmreg delta`: put the file of a model together with its base, and make such a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmreg.cli.options import (
    CatalogOption,
    Id,
    JsonOption,
    PolicyOption,
    UseOption,
    console,
    echo,
    open_catalog,
    parse_pairs,
    print_json,
    quiet_libraries,
)
from llmreg.cli.plan import SetOption

BaseOption = Annotated[Path, typer.Option(metavar="DIR", help="The weights of the base.")]
OutOption = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Write to DIR, which is new or empty.")]


def apply(
    entry_id: Id,
    base: BaseOption,
    delta: Annotated[Path, typer.Option(metavar="DIR", help="The downloaded delta, wdiff or xor file.")],
    output: OutOption,
    set_: SetOption = None,
    use: UseOption = "research",
    policy: PolicyOption = "standard",
    accept_unclear: Annotated[
        bool, typer.Option("--accept-unclear", help="Go on with an unclear verdict; it is recorded.")
    ] = False,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Make a model from its delta, wdiff or xor file and the base: the license and the base are checked first.

    A wrong base is refused before a byte is written, and every file comes out or none. Exit code: 0 made, 1 error, 3
    the verdict is unclear, 4 it is forbidden.
    """
    quiet_libraries()
    from llmreg.deltas.apply import apply as put_together
    from llmreg.deltas.apply import file_entry
    from llmreg.deltas.permission import permit
    from llmreg.licensing.notice import notice, notice_text
    from llmreg.reproduce.recipe import set_value

    entries = open_catalog(catalog)
    entry = file_entry(entries, entry_id)
    verdict = permit(entries, str(entry.file_of), use, policy, accept_unclear=accept_unclear)  # type: ignore[arg-type]
    echo(f"- license: {verdict} for {use} use", err=True)
    done = put_together(
        entry,
        base,
        delta,
        output,
        changes={key: set_value(key, text) for key, text in parse_pairs(set_ or (), "--set").items()},
        verdict=verdict,
        notice=notice_text(notice(entries, str(entry.file_of), policy=policy)),
        say=lambda text: echo(f"- {text}", err=True),
    )
    if json:
        print_json({"folder": str(output), **done.model_dump(mode="json")})
        return
    from rich.markup import escape

    out = console()
    out.print(escape(f"{entry.file_of} from {entry.id} by {done.codec}: {len(done.files)} files"), soft_wrap=True)
    out.print(escape(f"base checked by: {done.base_checked}"), soft_wrap=True)
    out.print(escape(f"result compared with: {done.result_checked}"), soft_wrap=True)
    out.print(escape(f"whole model in {output}"), soft_wrap=True)


def delta(
    whole: Annotated[Path, typer.Argument(metavar="MODEL", help="A folder with the whole model.")],
    base: BaseOption,
    output: OutOption,
    codec: Annotated[str, typer.Option(metavar="CODEC", help="How to tell the difference: delta or xor.")] = "delta",
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Write a model as its difference to a base, so that it can be given to those who have the base."""
    quiet_libraries()
    from llmreg import plugins
    from llmreg.deltas.apply import make
    from llmreg.reproduce.recipe import set_value

    settings = {key: set_value(key, text) for key, text in parse_pairs(set_ or (), "--set").items()}
    told = make(plugins.load().codec(codec, settings), base, whole, output, lambda text: echo(f"- {text}", err=True))
    if json:
        print_json({"folder": str(output), **told.model_dump(mode="json")})
        return
    from rich.markup import escape

    console().print(escape(f"{len(told.files)} files of a {told.codec} in {output}"), soft_wrap=True)
    console().print(escape(f"it goes with the base of fingerprint {told.base}"), soft_wrap=True)
