"""`llmreg export gguf`: one file of a whole model for llama.cpp."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from llmreg.cli.options import JsonOption, console, print_json, quiet_libraries


def gguf(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A whole model: what `llmreg merge` wrote, or a run of full training.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE.")],
    type_: Annotated[
        Literal["f32", "f16", "bf16", "q8_0"],
        typer.Option("--type", metavar="TYPE", help="How matrices are held: f32, f16, bf16 or q8_0."),
    ] = "f16",
    without_tokenizer: Annotated[
        bool, typer.Option("--without-tokenizer", help="Write the weights alone, where the tokenizer does not fit.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write a whole model of the llama family as GGUF, with llama.cpp's own library.

    Needs the extra `gguf`. Other architectures and tokenizers are refused, with the way out.
    """
    quiet_libraries()
    from llmreg.errors import UsageError
    from llmreg.reproduce.gguf import write_gguf
    from llmreg.reproduce.record import home

    named = home() / "runs" / folder
    whole = named if not folder.exists() and named.is_dir() else folder
    if (whole / "artifact").is_dir():
        whole = whole / "artifact"
    if output.is_dir() or not output.parent.is_dir():
        raise UsageError(f"{output} is no place for a file; name one in a folder that exists, such as model.gguf")
    done = write_gguf(whole, output, kind=type_, tokenizer=not without_tokenizer)
    if json:
        print_json({**vars(done), "path": str(done.path)})
        return
    from rich.markup import escape

    out = console()
    formats = ", ".join(f"{count} in {name}" for name, count in sorted(done.by_format.items()))
    out.print(f"wrote {escape(str(done.path))}: {done.tensors} tensors, {formats}", soft_wrap=True)
    template = ", with its chat template" if done.chat_template else ", without a chat template"
    out.print(f"tokenizer {'inside' + template if done.tokenizer else 'left out: the file cannot read text by itself'}")
    out.print(f"context {done.context:,} tokens")
