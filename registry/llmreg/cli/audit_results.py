"""`llmreg audit`, with `results` beside it: published figures worked out again from the ratings they came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmreg.cli.audit import audit as audit_catalog
from llmreg.cli.evaluate import AnswersOption
from llmreg.cli.groups import App, Group, needs
from llmreg.cli.options import CatalogOption, JsonOption, open_catalog, print_json

if TYPE_CHECKING:
    from llmreg.audit.results import Checked, ResultsAudit

_MARKS = {"agrees": "✓ agrees", "differs": "✗ differs", "no ratings": "- no ratings"}


class _AuditGroup(Group):
    """Commands of which `catalog` is meant where no other is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the word `catalog` before what names no command."""
        return super().parse_args(ctx, args if args and args[0] in self.commands else ["catalog", *args])


audit = App(name="audit", cls=_AuditGroup, help="Show on what evidence the catalog rests, and check published figures.")
audit.command("catalog", epilog="llmreg audit results works published figures out again from ratings.")(audit_catalog)


@audit.command()
@needs("ratings", "answers")
def results(
    ratings: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Ratings; each folder below is a set of its own. May be repeated."),
    ] = None,
    answers: AnswersOption = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Work out published figures again from the ratings they came from, and tell which do not come out."""
    from llmreg.audit.results import audit_results
    from llmreg.ratings import read_answers

    found = audit_results(open_catalog(catalog), ratings or (), read_answers(answers or ()))
    print_json(found.to_json()) if json else _print(found)


def _print(found: ResultsAudit) -> None:
    from llmreg.cli.evaluate_tables import print_lines, print_notes, print_table

    if odd := [report for report in found.read if report.notes]:
        print_lines(["What is odd about the files of ratings:"])
        for report in odd:
            print_notes(report)
        print_lines([""])
    print_lines(found.unused)
    at_hand = [each for each in found.figures if each.recomputed is not None]
    if at_hand:
        print_table(["entry", "metric", "published", "recomputed", ""], map(_row, at_hand))
    lines = [
        f"{each.entry}, {each.metric}: {each.explanation} ({each.source})"
        for each in at_hand
        if each.status == "differs"
    ]
    for metric in dict.fromkeys(each.metric for each in found.unclaimed):
        given = ", ".join(f"{each.system} {each.recomputed:.1f}" for each in found.unclaimed if each.metric == metric)
        lines.append(f"{metric}: rated, and no such figure in the catalog: {given}")
    lines += sorted(
        {f"{each.metric}: {each.explanation}" for each in at_hand if each.status == "agrees" and each.explanation}
    )
    missing = len(found.figures) - len(at_hand)
    if missing:
        more = "more published figures" if at_hand else "published figures"
        lines.append(
            f"{missing:,} {more} can be worked out again from ratings that are not at hand; --ratings names some"
        )
    print_lines(lines)


def _row(checked: Checked) -> list[str]:
    recomputed = f"{checked.recomputed:.1f}" if checked.recomputed is not None else "-"
    return [checked.entry, checked.metric, f"{checked.published:g}", recomputed, _MARKS[checked.status]]
