"""The checks of an audit: each is one function that gives findings of one kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from llmreg.audit import disagreements, gaps, licenses, making, references, stale
from llmreg.audit.finding import Finding
from llmreg.audit.survey import Survey


@dataclass(frozen=True)
class Check:
    """One kind of finding: what it is called, what it means for whoever reads it, and how it is found."""

    title: str
    meaning: str
    find: Callable[[Survey], Iterator[Finding]]


def _disagreements(survey: Survey) -> Iterator[Finding]:
    yield from disagreements.written_down(survey)
    yield from disagreements.between_entries(survey)


CHECKS: dict[str, Check] = {
    "contradicted-license": Check(
        "Stated licenses that contradict the lineage",
        "The license opens uses that the license of what it was made from does not; the verdict follows the lineage.",
        licenses.contradicted,
    ),
    "no-base": Check(
        "Fine-tunes without a base model",
        "Something says that the model was tuned, and no edge says from what; its base's license is missing too.",
        making.no_base,
    ),
    "method-as-asset": Check(
        "Methods listed as assets",
        "A way to train has no weights, rows or license that could come along; what was trained with it lacks an edge.",
        making.methods_as_assets,
    ),
    "disagreement": Check(
        "Claims on which sources disagree",
        "Each side is given with its source; a verdict reads the licenses and edges that the entry itself states.",
        _disagreements,
    ),
    "dangling": Check("Names that lead nowhere", "An entry names what no entry describes.", references.dangling),
    "no-license": Check("Licenses that nobody knows", "No use is allowed while no license is known.", gaps.no_license),
    "ended-license": Check(
        "Licenses that ended", "What was stated holds no longer, and nothing is stated since.", stale.ended
    ),
    "stale": Check("Claims to read again", "Their sources were read too long ago.", stale.stale),
    "isolated": Check(
        "Entries without any edge", "Nothing is known of what they were made from or for.", references.isolated
    ),
    "stub": Check("Mere names", "Others name them; nothing else is known.", references.stubs),
    "unknown": Check("What is known to be unknown", "Nobody published it, or nobody could read it out.", gaps.unknowns),
}
"""The kinds of findings, in the order in which they are told."""
