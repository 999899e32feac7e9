"""`llmreg evaluate blind`: let a person compare systems' answers without knowing whose they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmreg.cli.evaluate_judge import AnswerFiles, QuestionsOption, say, told_pairs
from llmreg.cli.options import echo


def blind(
    answers: AnswerFiles,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="Where the votes go; what it holds is not asked again."),
    ],
    questions: QuestionsOption = None,
    rater: Annotated[str, typer.Option(metavar="NAME", help="Who votes; several raters are several judges.")] = "rater",
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of the order of pairs and sides.")] = 0,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Port on this machine; by default a free one.")
    ] = 0,
) -> None:
    """Serve a page on this machine on which a person says which answer is better; stop with Ctrl-C.

    Each vote is on the disk before the page goes on, and the same command goes on where the last one stopped.
    """
    from llmreg.judging.answers import read_pairs
    from llmreg.judging.ballot import Ballot
    from llmreg.judging.blind import BlindServer
    from llmreg.judging.journal import Journal

    pairs = read_pairs(answers, questions)
    told_pairs(pairs)
    if pairs.naming:
        say(f"{pairs.naming:,} answers hold the name of a system in their text, which is shown as it is")
    with Journal(output) as journal:
        if journal.mended:
            say(f"{output} ended in a part of a line, as after a kill; mended")
        ballot = Ballot(pairs.found, rater, seed, journal)
        with BlindServer(ballot, port) as server:
            echo(f"open {server.url}")
            say(f"{ballot.done:,} of {ballot.total:,} pairs are judged by {rater}; Ctrl-C stops")
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                say(f"{ballot.done:,} of {ballot.total:,} pairs are judged by {rater}, in {output}")
