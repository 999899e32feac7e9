"""Who asks: their figures, territory and purpose, the data they made themselves, and the grants they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from llmreg.licensing.territories import is_inside, read_territory
from llmreg.schema.base import Strict
from llmreg.schema.terms import DutyName, Purpose
from llmreg.uses import Use

if TYPE_CHECKING:
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.schema.terms import Bound


def _figures(value: Any) -> Any:
    """Read one figure for all times, or a mapping from the day on which each was taken."""
    if isinstance(value, Mapping):
        return sorted((_day(day), figure) for day, figure in value.items())
    return value if isinstance(value, list | tuple) else [(date.min, value)]


def _day(value: Any) -> date:
    """Read YYYY-MM-DD or YYYY-MM, which is its first day."""
    text = str(value)
    return date.fromisoformat(text if len(text) > 7 else f"{text}-01")


Day = Annotated[date, BeforeValidator(_day)]
Figures = Annotated[tuple[tuple[date, Annotated[int, Field(ge=0)]], ...], BeforeValidator(_figures)]
"""Days with the figure that holds from then until the next."""


class Grant(Strict):
    """Leave that a licensor gave to this licensee, beyond what the license gives to all."""

    license: str
    """The id of the license whose terms it lifts."""
    by: Annotated[str, Field(alias="from")]
    """Who granted it."""
    evidence: str
    """Where the grant can be read: a contract's number, a file, an address."""
    lifts: Annotated[tuple[Use | DutyName, ...], Field(min_length=1)]
    """The uses it opens and the duties it waives."""
    only: tuple[str, ...] = ()
    """The entries it is given for; all under the license where none is named."""
    since: Day | None = None
    until: Day | None = None
    """The first day on which it no longer holds."""

    def covers(self, license_id: str, what: str, entry_id: str, day: date) -> bool:
        """Tell whether it lifts this term or duty of the license at this entry on this day."""
        return (
            license_id == self.license
            and what in self.lifts
            and (not self.only or entry_id in self.only)
            and (self.since is None or day >= self.since)
            and (self.until is None or day < self.until)
        )

    def __str__(self) -> str:
        """Say whose grant it is, how long it holds and where it can be read."""
        until = f" until {self.until}" if self.until else ""
        return f"a grant from {self.by}{until} ({self.evidence})"


class Licensee(Strict):
    """Who asks, and when: what is None or empty was not said."""

    as_of: Day
    territory: Annotated[str, AfterValidator(read_territory)] | None = None
    """ISO 3166-1 alpha-2 code, or EU."""
    purpose: Purpose | None = None
    monthly_users: Figures = ()
    """Monthly active users, those of affiliates counted."""
    annual_revenue: Figures = ()
    """In US dollars, as all revenue."""
    monthly_revenue: Figures = ()
    attributable_revenue: Figures = ()
    """A year's revenue earned with the work in question."""
    generated: tuple[str, ...] = ()
    """Ids of datasets that the licensee drew from a service under its terms."""
    grants: tuple[Grant, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _dashes_are_underscores(cls, value: Any) -> Any:
        return {str(key).replace("-", "_"): item for key, item in value.items()} if isinstance(value, dict) else value

    def beyond(self, bound: Bound, *, multimodal: bool) -> bool | None:
        """Tell whether the licensee is beyond a bound, with a model that is or is not multimodal; None if not said."""
        if bound.multimodal and not multimodal:
            return False
        if bound.metric == "territory":
            return None if self.territory is None else is_inside(self.territory, bound.territories)
        if bound.metric == "purpose":
            return None if self.purpose is None else self.purpose in bound.purposes
        if bound.metric == "date":
            return self.as_of >= _first_day(bound.measured_on or "")
        figure = self.figure(
            bound.metric.replace("-", "_"), _first_day(bound.measured_on) if bound.measured_on else None
        )
        return None if figure is None or bound.above is None else figure > bound.above

    def figure(self, name: str, day: date | None) -> int | None:
        """Give the figure that held on the day, or on the day that is judged for; None if none was said."""
        held = [figure for since, figure in getattr(self, name) if since <= (day or self.as_of)]
        return held[-1] if held else None

    def grant_for(self, license_id: str, what: str, entry_id: str) -> Grant | None:
        """Give the first grant that lifts the use or duty of this license at this entry."""
        covering = (grant for grant in self.grants if grant.covers(license_id, what, entry_id, self.as_of))
        return next(covering, None)


def _first_day(partial: str) -> date:
    year, month, day = [*map(int, partial.split("-")), 1, 1][:3]
    return date(year, month, day)


def read_licensee(path: Path, catalog: Catalog, **said: Any) -> Licensee:
    """Read a licensee's YAML file; what is `said` besides, as on a command line, goes before it.

    Raises `CatalogError` with every fault of the file and its line.
    """
    from llmreg.catalog.load import validated
    from llmreg.catalog.yaml import read
    from llmreg.errors import CatalogError, Problem

    document = read(path)
    stated = isinstance(document.value, dict) and {"as_of", "as-of"} & document.value.keys()
    licensee = validated(document, Licensee, said if stated else {"as_of": catalog.manifest.date, **said})
    problems = [
        Problem(path, document.line(("grants", index, "license")), f"grants.{index}.license", fault)
        for index, grant in enumerate(licensee.grants)
        for fault in _grant_faults(grant, catalog)
    ]
    if problems:
        raise CatalogError(problems)
    return licensee


def _grant_faults(grant: Grant, catalog: Catalog) -> Iterator[str]:
    from llmreg.errors import did_you_mean
    from llmreg.schema import License

    known = catalog.ids(License)
    if grant.license not in known:
        yield f"no license has the id {grant.license!r}{did_you_mean(grant.license, known)}"
    elif catalog.get_as(License, grant.license).category in ("none", "label") and not grant.only:
        yield f"{grant.license!r} has no licensor; name under `only` the entries that this grant is for"
    for entry_id in grant.only:
        if entry_id not in catalog:
            yield f"no entry has the id {entry_id!r}{did_you_mean(entry_id, catalog)}"
