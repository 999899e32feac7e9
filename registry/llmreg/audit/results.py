"""Work published figures out again from the ratings they came from, and tell which were printed otherwise."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from llmreg.catalog import Catalog
from llmreg.errors import LlmregError, UsageError, counted
from llmreg.ratings import elo, read, reference_of, relative
from llmreg.schema import Asset, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from llmreg.ratings import Ratings, Relative, Report
    from llmreg.schema import Result, Source

_SEED = 0
_ORDERS = 10_000


@dataclass(frozen=True)
class Derivation:
    """How a metric's figures come out of ratings."""

    kind: Literal["relative", "elo"]
    judge: str
    tolerance: float
    """How far a recomputed figure may lie from a printed one, in the unit of the metric."""
    items: int
    """How many items the ratings must be of; of fewer they would give another figure."""
    part: Literal["pooled", "reference_first", "system_first"] = "pooled"
    systems: int | None = None
    """How many systems must have been rated, where a figure holds among them only."""
    matches: int | None = None
    """Matches drawn for each order of an Elo tournament; all of them without a number."""
    note: str = ""


_RELATIVE = "gpt4-score-relative-to-chatgpt"
_DRAWN = "matches in each order; the paper does not say how many it draws, and this number gives its figures"
DERIVATIONS: dict[str, Derivation] = {
    _RELATIVE: Derivation("relative", "gpt4", 0.1, 80),
    f"{_RELATIVE}-chatgpt-first": Derivation("relative", "gpt4", 0.1, 80, "reference_first"),
    f"{_RELATIVE}-chatgpt-second": Derivation("relative", "gpt4", 0.1, 80, "system_first"),
    "elo-vicuna-gpt4": Derivation("elo", "gpt4", 4, 80, systems=8, matches=500, note=f"500 {_DRAWN}"),
    "elo-oasst1-gpt4": Derivation("elo", "gpt4", 4, 953, systems=7, matches=1000, note=f"1,000 {_DRAWN}"),
}
"""The metrics whose figures can be worked out again (QLoRA, arXiv:2305.14314, section 5.2)."""

Status = Literal["agrees", "differs", "no ratings"]


@dataclass(frozen=True)
class Checked:
    """One published figure beside what its ratings give."""

    entry: str
    metric: str
    published: float
    unit: str
    source: Source
    recomputed: float | None
    """None where no ratings of it are at hand."""
    status: Status
    explanation: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the figure as `llmreg audit results --json` prints it."""
        return {
            **vars(self),
            "source": str(self.source),
            "read": self.source.read,
            "seen": self.source.seen.isoformat(),
        }


@dataclass(frozen=True)
class Unclaimed:
    """What the ratings give for a system of which the catalog states no such figure."""

    system: str
    metric: str
    recomputed: float


@dataclass(frozen=True)
class ResultsAudit:
    """All that was compared."""

    figures: tuple[Checked, ...]
    unclaimed: tuple[Unclaimed, ...]
    read: tuple[Report, ...]
    """What was read of each folder of ratings."""
    unused: tuple[str, ...]
    """Folders whose ratings belong to no metric that can be worked out again, with the reason."""

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg audit results --json` prints."""
        figures, unclaimed = ([each.to_json() for each in self.figures], [vars(each) for each in self.unclaimed])
        counts = {
            status: sum(each.status == status for each in self.figures)
            for status in ("agrees", "differs", "no ratings")
        }
        read_ = [report.to_json() for report in self.read]
        return {
            "counts": counts,
            "figures": figures,
            "unclaimed": unclaimed,
            "read": read_,
            "unused": list(self.unused),
        }


def audit_results(
    catalog: Catalog, folders: Iterable[Path] = (), answers: Mapping[str, str | frozenset[str]] | None = None
) -> ResultsAudit:
    """Compare every figure that `DERIVATIONS` covers with what the ratings below these folders give.

    Files that lie in one folder are one set of ratings. A system is the entry that has its name as id or alias.
    Raises what `llmreg.ratings.read` raises, and `UsageError` where two folders hold ratings for one metric.
    """
    values: dict[str, dict[str, float]] = {}
    reports, unused = [], []
    for files in _sets(folders):
        ratings = read(files, answers)
        reports.append(ratings.report)
        found, why = _values(ratings)
        if not found:
            unused.append(f"{files[0].parent}: {_held(ratings)}; {why}")
        for metric, recomputed in found.items():
            if metric in values:
                raise UsageError(f"{files[0].parent}: another folder holds ratings for {metric} too; name one of them")
            values[metric] = _by_entry(catalog, recomputed)
    figures = tuple(_checked(catalog, values))
    stated = {(each.entry, each.metric) for each in figures}
    unclaimed = tuple(
        Unclaimed(system, metric, value)
        for metric, recomputed in sorted(values.items())
        for system, value in sorted(recomputed.items(), key=lambda pair: -pair[1])
        if (system, metric) not in stated and DERIVATIONS[metric].part == "pooled"
    )
    return ResultsAudit(figures, unclaimed, tuple(reports), tuple(unused))


def _sets(folders: Iterable[Path]) -> Iterator[list[Path]]:
    """Give the files of each folder that holds some, apart from those of other folders."""
    for folder in folders:
        files = sorted(folder.rglob("*.jsonl")) if folder.is_dir() else [folder]
        if not files:
            raise UsageError(f"{folder}: the folder holds no .jsonl file")
        for parent in sorted({file.parent for file in files}):
            yield [file for file in files if file.parent == parent]


def _values(ratings: Ratings) -> tuple[dict[str, dict[str, float]], str]:
    """Work out every metric that these ratings can be the source of, or say why there is none."""
    found: dict[str, dict[str, float]] = {}
    why = "no metric is worked out from such ratings"
    for metric, how in DERIVATIONS.items():
        source = _source(ratings, how)
        if source and how.kind == "elo":
            played = elo(source, orders=_ORDERS, matches=min(how.matches or len(source), len(source)), seed=_SEED)
            found[metric] = {each.system: each.rating for each in played.standings}
        elif source:
            try:
                shares = relative(source, reference_of(source), draws=1)
            except LlmregError as error:
                why = str(error)
                continue
            found[metric] = {each.system: 100 * ratio for each in shares if (ratio := _ratio(each, how)) is not None}
    return found, why


def _source(ratings: Ratings, how: Derivation) -> Ratings | None:
    """Give the ratings from which a metric is worked out, if there are any."""
    judges = [judge for judge in ratings.judges if _folded(judge) == how.judge]
    try:
        found = (ratings.scored if how.kind == "relative" else ratings.pairwise).by(judges)
    except LlmregError:  # of another kind, or by other judges
        return None
    whole = len(found.items) == how.items and how.systems in (None, len(found.systems))
    return found if whole else None


def _ratio(found: Relative, how: Derivation) -> float | None:
    share = getattr(found, how.part)
    return share.ratio if share else None


def _held(ratings: Ratings) -> str:
    return f"{counted(len(ratings), 'rating')} by {', '.join(ratings.judges)} of {counted(len(ratings.items), 'item')}"


def _folded(name: str) -> str:
    return "".join(re.findall(r"[^\W_]+", name.casefold()))


def _by_entry(catalog: Catalog, recomputed: Mapping[str, float]) -> dict[str, float]:
    """Give figures by the ids of entries, and by their own names for systems that are no entry."""
    ids = {system: catalog.named(system, Asset) for system in recomputed}
    for entry_id, count in Counter(ids.values()).items():
        if count > 1:
            same = ", ".join(system for system in ids if ids[system] == entry_id)
            raise UsageError(f"{entry_id}: several systems that were rated are this entry: {same}")
    return {ids[system]: value for system, value in recomputed.items()}


def _checked(catalog: Catalog, values: Mapping[str, Mapping[str, float]]) -> Iterator[Checked]:
    for entry_id in catalog.file_ids(Model):
        entry = catalog.get_as(Model, entry_id)
        for result in entry.results:
            if result.metric in DERIVATIONS:
                recomputed = values.get(result.metric, {}).get(entry_id)
                status, explanation = _judged(result, entry_id, recomputed, values)
                source = entry.sources[result.source]
                yield Checked(
                    entry_id, result.metric, result.value, result.unit, source, recomputed, status, explanation
                )


def _judged(
    result: Result, entry_id: str, recomputed: float | None, values: Mapping[str, Mapping[str, float]]
) -> tuple[Status, str]:
    """Tell whether a figure agrees, and if not, whose figure it would be."""
    how = DERIVATIONS[result.metric]
    if recomputed is None:
        return "no ratings", ""
    if abs(recomputed - result.value) <= how.tolerance:
        return "agrees", how.note
    others = [
        system
        for system, value in values[result.metric].items()
        if system != entry_id and abs(value - result.value) <= how.tolerance
    ]
    orders = [
        metric
        for metric, figures in values.items()
        if metric != result.metric
        and DERIVATIONS[metric].kind == how.kind
        and abs(figures.get(entry_id, float("inf")) - result.value) <= how.tolerance
    ]
    whose = f"that of {', '.join(orders or others)}" if orders or others else "no system's"
    return "differs", f"by the ratings the printed figure is {whose}"
