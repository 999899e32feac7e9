"""What an importer gives: records as a tracker wrote them, before any name is resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from llmreg.schema import RELATION_ENDS

if TYPE_CHECKING:
    from llmreg.importers.checkout import Checkout
    from llmreg.schema import Source
    from llmreg.schema.base import Component, Relation, Stage

Kind = Literal["model", "dataset", "service", "software", "benchmark"]

Reason = Literal[
    "form",  # an empty form or an example, no record
    "no-name",  # it names nothing
    "same-row",  # it says again what another row says
    "other-kind",  # it is about something of which the catalog has no kind of entry
    "wrong-shape",  # its cells or fields are not those of its table, or it cannot be read
    "refused",  # it states what no entry may state
]  # fmt: skip
"""Why a row does not come in."""

FaultKind = Literal[
    "duplicate-name",  # two records of one kind have the same name
    "like-name",  # two names differ, and their ids would not
    "ambiguous-name",  # a parent's name is that of several records; the edge leads to the first
    "name-and-hub-differ",  # the name and the Hub id written beside it mean different entries
    "hub-alone",  # about an entry of the catalog by its Hub id alone, under another name; see whether it is
    "self-loop",  # something made from itself; the edge becomes a note
    "weight-cycle",  # weights would flow in a circle; the edge that closes it becomes a note
    "cycle",  # things made from each other otherwise; kept
    "anachronism",  # a child released before its parent; kept
    "odd-value",  # a value that does not read as what its field holds; it becomes a note
    "key-twice",  # a key is written twice; the last counts, and for bases and data every one
    "tags-differ",  # a card's tags name other parents than its fields; all are kept
    "odd-shape",  # a value in another shape than its neighbors'; read as far as it goes
    "missing-file",  # the tracker refers to a file that the checkout lacks
    "no-relation",  # the tracker ties it to something from which no relation leads to it; the tie becomes a note
    "method-as-asset",  # a way of training stands where a model or dataset should
]  # fmt: skip
"""What is wrong with a row that comes in all the same."""


class Place(NamedTuple):
    """Where a row stands: a file of the checkout, and the key, line or row number in it."""

    path: str
    locator: str | None = None

    def __str__(self) -> str:
        """Give the place in one line."""
        return f"{self.path} {self.locator}" if self.locator else self.path


@dataclass(frozen=True)
class Stated:
    """A license as the tracker writes it, for one component; blank words are no statement."""

    component: Component
    words: str | tuple[str, ...]
    """Several hold together: they become one claim, joined by AND."""
    note: str | None = None
    link: str | None = None
    """Where the tracker says that the text of the license stands."""


@dataclass(frozen=True)
class Link:
    """A parent as the tracker writes it; a name, a Hub id or both."""

    relation: Relation
    name: str | None = None
    hub: str | None = None
    stage: Stage | None = None
    how: str | None = None
    kind: Kind | None = None
    """The kind of thing the parent is, where the relation leaves it open and the tracker does not."""
    evidence: Source | None = None
    """What the tracker names as its own source of this edge."""
    otherwise: tuple[Link, ...] = ()
    """What the same words mean if the parent is of another kind, for trackers whose edges have no type: the first
    reading holds whose parent is in the catalog or a record of the tracker, and this link if none does."""

    def __post_init__(self) -> None:
        """Refuse a parent without a name, and a stage that does not belong there: faults of an importer."""
        if not (self.name or self.hub):
            raise ValueError("a link needs a name or a Hub id")
        if (self.relation == "trained-on") != (self.stage is not None):
            raise ValueError("`stage` is needed for the relation `trained-on` and belongs to no other")

    @property
    def words(self) -> str:
        """Give the parent's name as written."""
        return self.name or self.hub or ""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One thing that a row is about. Each row has a place of its own; if it gives several records, they share it."""

    kind: Kind
    name: str
    place: Place
    key: str | None = None
    """What its id is made from, where that is not the name."""
    rows: tuple[Place, ...] = ()
    """The rows that it gathers, where one thing has several; `place` then says what they share."""
    aliases: tuple[str, ...] = ()
    description: str | None = None
    developers: tuple[str, ...] = ()
    released: str | None = None
    hub: str | None = None
    repository: str | None = None
    homepage: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Fields that only this kind of entry has: `modality`, `parameters`, `languages`, `rows` ..."""
    licenses: tuple[Stated, ...] = ()
    links: tuple[Link, ...] = ()
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    url: str | None = None
    """The page the row is about, for trackers whose rows are pages of their own."""

    @property
    def places(self) -> tuple[Place, ...]:
        """Give the rows that it is made of."""
        return self.rows or (self.place,)

    def __post_init__(self) -> None:
        """Refuse a relation that this kind has not: a fault of an importer."""
        for one in (one for link in self.links for one in (link, *link.otherwise)):
            if self.kind not in RELATION_ENDS[one.relation][0]:
                raise ValueError(f"a {self.kind} has no relation {one.relation!r}")


@dataclass(frozen=True)
class Skipped:
    """A row that does not come in."""

    place: Place
    reason: Reason
    detail: str = ""
    unread: bool = False
    """Whether it cannot be read, so that nobody knows what it says."""

    @property
    def may_be_an_entry(self) -> bool:
        """Tell whether a row that stands there better would come in, so that what came of it before has to stay."""
        return self.unread or self.reason in ("wrong-shape", "refused")


@dataclass(frozen=True)
class Fault:
    """Something wrong with a row that comes in."""

    place: Place
    kind: FaultKind
    detail: str


Item = Record | Skipped | Fault


@dataclass(frozen=True, kw_only=True)
class Importer:
    """How one tracker is read, and what is said of it in every entry that it gives."""

    title: str
    repository: str | None = None
    """`owner/name` of the tracker's git repository, where it is one."""
    license: str | None = None
    """The license of the tracker's data."""
    attribution: str | None = None
    """How the tracker asks to be credited."""
    read: Callable[[Checkout], Iterator[Item]]
    """Give every row of a checkout in a fixed order, each as a record or as skipped, and the faults on the way."""
    with_columns: Callable[[Mapping[str, str]], Importer] | None = None
    """Give the importer for a table whose columns have other names; raise `UsageError` for one it does not read."""
