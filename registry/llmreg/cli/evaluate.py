"""`llmreg evaluate`: what ratings of systems' answers say, and how certainly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmreg.cli.evaluate_blind import blind
from llmreg.cli.evaluate_judge import judge
from llmreg.cli.evaluate_model import model
from llmreg.cli.evaluate_tables import print_agreement, print_elo, print_relative
from llmreg.cli.groups import App
from llmreg.cli.options import JsonOption, parse_pairs, print_json
from llmreg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.ratings import Ratings

evaluate = App(
    name="evaluate",
    no_args_is_help=True,
    help="Score models, have answers judged, and turn ratings into figures with intervals.",
)

Files = Annotated[list[Path], typer.Argument(metavar="FILES", help="Files of ratings, or folders of them.")]
AnswersOption = Annotated[
    list[Path] | None,
    typer.Option("--answers", metavar="FILE", help="Which system gave which answer, by id; may be repeated."),
]
NameOption = Annotated[
    list[str] | None, typer.Option("--name", metavar="SYSTEM=NAME", help="Call a system otherwise; may be repeated.")
]
SeedOption = Annotated[int, typer.Option(min=0, metavar="N", help="Seed of everything that is drawn.")]
DrawsOption = Annotated[int, typer.Option(min=1, metavar="N", help="Draws of the items from which intervals come.")]
PlotOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw a leaderboard: .svg or .png.")]


@evaluate.callback()
def _evaluate() -> None:
    pass


@evaluate.command()
def elo(
    files: Files,
    answers: AnswersOption = None,
    name: NameOption = None,
    matches: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Matches drawn for each order; all of them without it.")
    ] = None,
    orders: Annotated[int, typer.Option(min=1, metavar="N", help="Random orders of the matches.")] = 10_000,
    draws: DrawsOption = 1000,
    seed: SeedOption = 0,
    plot: PlotOption = None,
    matrix: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw who beats whom: .svg or .png.")] = None,
    json: JsonOption = False,
) -> None:
    """Rank systems by pairwise ratings: Elo over random orders, and Bradley-Terry with intervals and position bias."""
    from llmreg.ratings import bradley_terry
    from llmreg.ratings import elo as play
    from llmreg.ratings.boards import elo_board, elo_matrix

    _check_pictures(plot, matrix)
    ratings = _read(files, answers, name).pairwise
    played = play(ratings, orders=orders, matches=matches, seed=seed)
    fitted = bradley_terry(ratings, draws=draws, seed=seed)
    if plot:
        _write_picture(plot, elo_board(ratings, played, fitted))
    if matrix:
        _write_picture(matrix, elo_matrix(ratings, fitted))
    if json:
        print_json({"elo": played.to_json(), "bradley_terry": fitted.to_json(), "read": ratings.report.to_json()})
    else:
        print_elo(ratings, played, fitted)


@evaluate.command()
def relative(
    files: Files,
    reference: Annotated[
        str | None, typer.Option(metavar="SYSTEM", help="Whose score is 100%; the one that all were rated beside.")
    ] = None,
    answers: AnswersOption = None,
    name: NameOption = None,
    draws: DrawsOption = 1000,
    seed: SeedOption = 0,
    plot: PlotOption = None,
    json: JsonOption = False,
) -> None:
    """Compare systems by scores, as shares of a reference's: pooled over both orders, and each order apart."""
    from llmreg.ratings import reference_of
    from llmreg.ratings import relative as compare
    from llmreg.ratings.boards import relative_board

    _check_pictures(plot)
    ratings = _read(files, answers, name).scored
    beside = reference or reference_of(ratings)
    found = compare(ratings, beside, draws=draws, seed=seed)
    if plot:
        _write_picture(plot, relative_board(found, beside, draws))
    if json:
        rows = [each.to_json() for each in found]
        print_json(
            {"reference": beside, "systems": rows, "draws": draws, "seed": seed, "read": ratings.report.to_json()}
        )
    else:
        print_relative(ratings, found, beside, draws)


@evaluate.command()
def agreement(
    files: Files,
    answers: AnswersOption = None,
    name: NameOption = None,
    draws: DrawsOption = 1000,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Tell how judges agree: on the order of systems, on single answers, and with themselves in the other order."""
    from llmreg.ratings import agreement as compare

    ratings = _read(files, answers, name)
    found = compare(ratings, draws=draws, seed=seed)
    print_json({**found.to_json(), "read": ratings.report.to_json()}) if json else print_agreement(ratings, found)


evaluate.command()(judge)
evaluate.command()(blind)
evaluate.command()(model)


def _read(files: Iterable[Path], answers: Iterable[Path] | None, names: Iterable[str] | None) -> Ratings:
    from llmreg.ratings import read, read_answers

    return read(files, read_answers(answers or ())).renamed(parse_pairs(names or (), "--name"))


def _check_pictures(*files: Path | None) -> None:
    """Refuse a picture in a form that is not drawn, before anything is worked out."""
    named = [file for file in files if file]
    if len({file.absolute() for file in named}) < len(named):
        raise UsageError(f"{named[0]}: two pictures cannot go into one file; name a file for each")
    for file in named:
        if file.suffix.lower() not in (".svg", ".png"):
            raise UsageError(f"{file}: pictures are .svg or .png")


def _write_picture(file: Path, svg: str) -> None:
    from llmreg.drawing.png import to_png
    from llmreg.files import write_bytes

    write_bytes(file, svg.encode() if file.suffix.lower() == ".svg" else to_png(svg))
