"""Verdicts: what a check answers, with its reasons, duties, conflicts, notes and unknowns."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from llmreg.catalog.tiers import CURATED
from llmreg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from rich.console import RenderableType

    from llmreg.catalog.accounts import Difference
    from llmreg.catalog.tiers import Tier
    from llmreg.schema import Use

Answer = Literal["allowed", "allowed-with-conditions", "unclear", "forbidden"]
ANSWERS: tuple[Answer, ...] = ("allowed", "allowed-with-conditions", "unclear", "forbidden")
"""From best to worst."""
EXIT_CODES: dict[Answer, int] = {"allowed": 0, "allowed-with-conditions": 0, "unclear": 3, "forbidden": 4}
Condition = Literal["duties", "restricted"]
"""What `allowed-with-conditions` asks: only acts such as a notice, or also limits on who, where or what for."""
ConflictKind = Literal[
    "share-alike", "copyleft", "names", "outputs", "added-restrictions", "relicensed", "stated-license"
]  # fmt: skip
DISCLAIMER = "not legal advice; fair use and copyrightability are out of scope"


@dataclass(frozen=True)
class Reason:
    """One term that bears on the verdict, and how it reaches the entry that was asked about."""

    verdict: Answer
    license: str | None
    """The license entry's id; None where a license is missing."""
    clause: str | None
    path: tuple[str, ...]
    """Ids from the entry that was asked about to the one whose license speaks."""
    relations: tuple[str, ...]
    """The relation of each step of `path`."""
    source: str | None
    """Where the term was read."""
    seen: date | None
    """When it was read there."""
    text: str
    component: str | None = None
    """The component of the last entry on the path that the license is stated for."""
    disputed: bool = False
    """Another license, which allows more, is stated for the same component."""
    grant: str | None = None
    """The licensee's grant that lifts the term."""
    about: Literal["license", "lineage"] = "license"
    """`lineage`: no term of a license, but that nobody says what the last entry on the path was made from."""
    tier: Tier = "curated"
    """Of the weakest statement that it takes: what one entry on the path was made from, or the license of the last."""
    evidence: str = CURATED
    """On what that statement rests, in words."""


@dataclass(frozen=True)
class Obligation:
    """Something the user must do for this use."""

    duty: str
    text: str
    license: str
    clause: str | None
    path: tuple[str, ...]


@dataclass(frozen=True)
class Conflict:
    """Terms in one lineage that cannot all be kept, whatever the use."""

    kind: ConflictKind
    text: str
    licenses: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]
    """For each of `licenses` the way to the entry that it comes from."""


@dataclass(frozen=True)
class Verdict:
    """The answer to one question: may this entry be used like this, under this policy, on this day."""

    id: str
    use: Use
    policy: str
    as_of: date
    verdict: Answer
    reasons: tuple[Reason, ...]
    """Worst first, then the shortest path."""
    obligations: tuple[Obligation, ...]
    conflicts: tuple[Conflict, ...]
    """Reported apart: they do not change the verdict."""
    notes: tuple[Reason, ...]
    """Terms that bear on the entry and do not change the verdict under this policy."""
    unknowns: tuple[str, ...]
    catalog_date: date
    tier: Tier = "curated"
    """Of what decided: the first reason, or where the use is allowed all that was judged, as all of it has to hold."""
    evidence: str = CURATED
    """On what that rests, in words."""
    differences: tuple[Difference, ...] = ()
    """What others say of the entry, and what decided does not; they do not change the verdict."""
    condition: Condition | None = None
    """Only with `allowed-with-conditions`."""

    @property
    def exit_code(self) -> int:
        """Give the exit code by which the command line tells the verdict."""
        return EXIT_CODES[self.verdict]

    @property
    def stops(self) -> bool:
        """Tell whether a full reproduction may not go on without further words."""
        return self.exit_code != 0

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg check --json` prints."""
        data = asdict(self)
        data["as_of"] = self.as_of.isoformat()
        data["catalog_date"] = self.catalog_date.isoformat()
        said = (said for difference in data["differences"] for said in difference["says"])
        for dated in (*data["reasons"], *data["notes"], *said):
            dated["seen"] = dated["seen"].isoformat() if dated["seen"] else None
        return {**data, "disclaimer": DISCLAIMER}

    def __rich__(self) -> RenderableType:
        """Show it as `llmreg check` does."""
        from llmreg.licensing.render import in_full

        return in_full(self)

    def _repr_html_(self) -> str:
        from llmreg.licensing.render import in_full_html

        return in_full_html(self)


@dataclass(frozen=True)
class Verdicts:
    """The verdicts of one entry for each use, under one policy, on one day: `verdicts["commercial"]`."""

    found: tuple[Verdict, ...]

    def __getitem__(self, use: Use) -> Verdict:
        """Give the verdict for one use; raise `UsageError` for a use that was not asked for."""
        by_use = {verdict.use: verdict for verdict in self.found}
        if use not in by_use:
            raise UsageError(f"no verdict for the use {use!r}; there are {', '.join(by_use)}")
        return by_use[use]

    def __iter__(self) -> Iterator[Verdict]:
        """Give the verdicts in the usual order of uses."""
        return iter(self.found)

    def __len__(self) -> int:
        """Count the uses."""
        return len(self.found)

    @property
    def worst(self) -> Answer:
        """Give the worst of the answers."""
        return worst([verdict.verdict for verdict in self.found])

    def to_json(self) -> list[dict[str, Any]]:
        """Give what `llmreg check --use all --json` prints."""
        return [verdict.to_json() for verdict in self.found]

    def __rich__(self) -> RenderableType:
        """Show a row for each use with the decisive reason."""
        from llmreg.licensing.render import by_use

        return by_use(self.found)

    def _repr_html_(self) -> str:
        from llmreg.licensing.render import by_use_html

        return by_use_html(self.found)


def worst(answers: list[Answer]) -> Answer:
    """Give the worst of several answers; `allowed` for none."""
    return max(answers, key=ANSWERS.index, default="allowed")
