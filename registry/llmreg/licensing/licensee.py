"""Who asks: their figures, territory and purpose, the data they made themselves, and the grants they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from llmreg.licensing.territories import is_inside, read_territory
from llmreg.schema.base import Strict
from llmreg.schema.terms import DutyName, Purpose
from llmreg.uses import Business, Use

if TYPE_CHECKING:
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.schema.terms import Bound


def _figures(value: Any) -> Any:
    """Read one figure for all times, or a mapping from the day on which each was taken."""
    if isinstance(value, Mapping):
        return sorted((_day(day), _figure(figure)) for day, figure in value.items())
    return value if isinstance(value, tuple) else [(date.min, _figure(value))]


def _figure(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.replace("_", "").isdigit()):
        raise ValueError(
            "takes a whole number such as 800000000, or days with such numbers, as in {2023-07-18: 800000000}, "
            f"not {'nothing' if value is None else repr(value)}"
        )
    return int(text)


def _day(value: Any) -> date:
    """Read YYYY-MM-DD or YYYY-MM, which is its first day."""
    text = str(value)
    try:
        return date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError:
        raise ValueError(f"takes a day as YYYY-MM-DD or YYYY-MM, not {text!r}") from None


def _lifted(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError(
            f"is empty; name what the grant lifts: uses ({_choices(Use)}) or duties ({_choices(DutyName)})"
        )
    return value


def _choices(words: Any) -> str:
    return ", ".join(get_args(words))


Day = Annotated[date, BeforeValidator(_day)]
Figures = Annotated[tuple[tuple[date, int], ...], BeforeValidator(_figures)]
"""Days with the figure that holds from then until the next."""


class Grant(Strict):
    """Leave that a licensor gave to this licensee, beyond what the license gives to all."""

    license: str
    """The id of the license whose terms it lifts."""
    by: Annotated[str, Field(alias="from")]
    """Who granted it."""
    evidence: str
    """Where the grant can be read: a contract's number, a file, an address."""
    lifts: Annotated[tuple[Literal[Use, DutyName], ...], AfterValidator(_lifted)]
    """The uses it opens and the duties it waives."""
    only: tuple[str, ...] = ()
    """The entries it is given for; all under the license where none is named."""
    since: Day | None = None
    until: Day | None = None
    """The first day on which it no longer holds."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Grant:
        if self.since and self.until and self.until <= self.since:
            raise ValueError(f"ends on {self.until} and begins on {self.since}; so it never holds")
        return self

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
    businesses: tuple[Business, ...] | None = None
    """Which of the businesses that licenses name the licensee or an affiliate runs; empty for none of them."""
    internal_use: bool | None = None
    """Whether nothing of the work, of its outputs or of its abilities reaches others."""
    generated: tuple[str, ...] = ()
    """Ids of datasets that the licensee drew from a service under its terms."""
    grants: tuple[Grant, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _dashes_are_underscores(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if twice := [key for key in value if "-" in key and key.replace("-", "_") in value]:
            raise ValueError(f"{twice[0]} and {twice[0].replace('-', '_')} are one field; leave one out")
        return {key.replace("-", "_"): item for key, item in value.items()}

    def beyond(self, bound: Bound, *, multimodal: bool | None) -> bool | None:
        """Tell whether the licensee is beyond a bound, with a model that is or may be multimodal; None if not said.

        Where they are and something else is open that the bound asks for, `doubts` names it.
        """
        return False if self._is_spared(bound, multimodal) else self._measured(bound)

    def doubts(self, bound: Bound, *, multimodal: bool | None) -> list[str]:
        """Say what is not known of all that must hold besides the figure for the bound to concern the licensee."""
        open_ = []
        if bound.multimodal and multimodal is None:
            open_.append("whether this model takes or gives more than text is not recorded")
        if bound.businesses and self.businesses is None:
            open_.append(f"whether you offer {' or '.join(map(named, bound.businesses))} was not said")
        if bound.purposes and self.purpose is None:
            open_.append(f"whether your purpose is {' or '.join(bound.purposes)} was not said")
        return open_

    def _is_spared(self, bound: Bound, multimodal: bool | None) -> bool:
        return (
            (bound.multimodal and multimodal is False)
            or (bound.spares_internal_use and self.internal_use is True)
            or (bool(bound.purposes) and self.purpose is not None and self.purpose not in bound.purposes)
            or (bool(bound.businesses) and self.businesses is not None and not {*self.businesses} & {*bound.businesses})
        )

    def _measured(self, bound: Bound) -> bool | None:
        """Compare what the bound measures with what was said; what it asks for besides is met or open by now."""
        if bound.metric == "territory":
            return None if self.territory is None else is_inside(self.territory, bound.territories)
        if bound.metric in ("purpose", "business"):
            return None if (self.purpose if bound.metric == "purpose" else self.businesses) is None else True
        if bound.metric == "date":
            return self.as_of >= _first_day(bound.measured_on or "")
        if bound.above is None:
            return None
        day = _first_day(bound.measured_on) if bound.measured_on else None
        figure = self.figure(bound.metric.replace("-", "_"), day)
        return self._inferred(bound.metric, bound.above, day) if figure is None else figure > bound.above

    def _inferred(self, metric: str, above: int, day: date | None) -> bool | None:
        """Compare a revenue that was not said by one that was: a year's holds its months and what one work earns."""
        year, month = self.figure("annual_revenue", day), self.figure("monthly_revenue", day)
        if metric == "annual-revenue":
            return True if month is not None and month > above else None
        if year is None or metric not in ("monthly-revenue", "attributable-revenue"):
            return None
        if year <= above:
            return False
        return True if metric == "monthly-revenue" and year > 12 * above else None

    def figure(self, name: str, day: date | None) -> int | None:
        """Give the figure that held on the day, or on the day that is judged for; None if none was said."""
        held = [figure for since, figure in getattr(self, name) if since <= (day or self.as_of)]
        return held[-1] if held else None

    def grant_for(self, license_id: str, what: str, entry_id: str) -> Grant | None:
        """Give the first grant that lifts the use or duty of this license at this entry."""
        covering = (grant for grant in self.grants if grant.covers(license_id, what, entry_id, self.as_of))
        return next(covering, None)


def named(business: Business) -> str:
    """Return how a sentence names a business."""
    return {"model-as-a-service": "a model as a service", "ai-work-assistant": "an AI work assistant"}[business]


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
    if not isinstance(document.value, dict):
        message = "says nothing of who asks; write fields such as `territory: DE`, one on each line"
        raise CatalogError([Problem(path, 1, "", message)])
    spelled = {key.replace("-", "_"): key for key in document.value}
    dated = {} if "as_of" in spelled else {"as_of": catalog.manifest.date}
    instead = {spelled.get(name, name): value for name, value in {**dated, **said}.items()}
    licensee = validated(document, Licensee, instead)
    licensee = _with_ids(licensee, catalog)
    problems = [
        Problem(path, document.line(place), ".".join(map(str, place)), fault)
        for place, fault in _wrong_names(licensee, catalog)
    ]
    if problems:
        raise CatalogError(problems)
    return licensee


def _with_ids(licensee: Licensee, catalog: Catalog) -> Licensee:
    """Put ids in the place of the Hub ids, aliases and licenses' names that the file gives."""
    from llmreg.catalog.names import license_named
    from llmreg.errors import UnknownIdError
    from llmreg.schema import Dataset

    def license_id(name: str) -> str:
        with suppress(UnknownIdError):
            return license_named(catalog, name).id
        return name

    grants = tuple(
        grant.model_copy(update={"license": license_id(grant.license), "only": tuple(map(catalog.named, grant.only))})
        for grant in licensee.grants
    )
    generated = tuple(catalog.named(name, Dataset) for name in licensee.generated)
    return licensee.model_copy(update={"grants": grants, "generated": generated})


def _wrong_names(licensee: Licensee, catalog: Catalog) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Find what the file names and the catalog does not have: the place in the file, and what is wrong there."""
    from llmreg.catalog.nearest import nearest
    from llmreg.schema import Asset, Dataset, License

    for number, name in enumerate(licensee.generated):
        if name not in catalog or not issubclass(catalog.kind_of(name), Dataset):
            yield ("generated", number), f"no dataset has the id {name!r}{nearest(name, catalog.ids(Dataset))}"
    licenses = catalog.ids(License)
    for number, grant in enumerate(licensee.grants):
        if grant.license not in licenses:
            fault = f"no license has the id {grant.license!r}{nearest(grant.license, licenses)}"
            yield ("grants", number, "license"), fault
        elif catalog.get_as(License, grant.license).category in ("none", "label") and not grant.only:
            fault = f"{grant.license!r} has no licensor; name under `only` the entries that this grant is for"
            yield ("grants", number, "license"), fault
        for place, name in enumerate(grant.only):
            if name not in catalog:
                yield (
                    ("grants", number, "only", place),
                    f"no entry has the id {name!r}{nearest(name, catalog.file_ids(Asset))}",
                )
