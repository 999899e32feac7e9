"""The catalog as Python users have it: entries by id, and every question one can ask of them as a method."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from llmreg.catalog import Catalog as Entries
from llmreg.catalog.namesakes import refuse_namesake
from llmreg.catalog.roots import layers
from llmreg.errors import UsageError, did_you_mean
from llmreg.licensing import DEFAULT_POLICY, Checker, Licensee, Verdict, read_licensee
from llmreg.licensing.verdict import Verdicts
from llmreg.uses import Use

if TYPE_CHECKING:
    from collections.abc import Collection

    from llmreg.api.graph import Lineage
    from llmreg.api.runs import Runs
    from llmreg.audit import Audit, Comparison, Impact
    from llmreg.lineage import Direction
    from llmreg.making.plan import MakingPlan
    from llmreg.reproduce.plan import Plan
    from llmreg.tables import ComparisonTable

Who = Licensee | Path | str | None
"""Who asks: a `Licensee`, or the path of a YAML file about them; None for somebody of whom nothing is known."""
Day = date | str | None
"""A `date`, `YYYY-MM-DD` or `YYYY-MM`, which is its first day; None for the day of the catalog."""


class Catalog(Entries):
    """Entries by id, and what can be asked of them.

    Wherever a method takes an id, it takes a name of the entry too. Every error is an `llmreg.LlmregError` that names
    the thing, the place and the remedy: `UnknownIdError` for a wrong id, `UsageError` for what does not exist.
    """

    def lineage(self, *ids: str, direction: Direction = "up", depth: int | None = None) -> Lineage:
        """Give the lineage as a networkx `MultiDiGraph` whose edges run from a child to its parent.

        With ids only what lies within `depth` edges of them (however far for None): `up` what they are made of, `down`
        what is made of them, or `both`. Nodes carry `kind`, `name` and `tier`; edges `relation`, `evidence` and, where
        stated, `stage` and `how`. In a notebook the graph draws itself.
        """
        from llmreg.api.graph import Lineage
        from llmreg.lineage import lineage, lineage_around

        _one_of("direction", direction, ("up", "down", "both"))
        named = tuple(map(self.named, ids))
        return Lineage.of(lineage_around(self, named, direction, depth) if named else lineage(self), named)

    def check(
        self, entry_id: str, use: Use, *, policy: str = DEFAULT_POLICY, licensee: Who = None, as_of: Day = None
    ) -> Verdict:
        """Say whether an entry may be used like this on this day, why, and what the user owes.

        Raises `LlmregError` for an entry that carries no license to check: a license itself, a policy, a template; and
        `UsageError` for software that models are called after, unless it is written as `software:ID`.
        """
        _one_of("use", use, get_args(Use))
        return self._checker(licensee, as_of).check(self._subject(entry_id), use, policy)

    def verdicts(
        self, entry_id: str, *, policy: str = DEFAULT_POLICY, licensee: Who = None, as_of: Day = None
    ) -> Verdicts:
        """Give the verdict for each use: `verdicts("guanaco-33b")["commercial"].verdict`."""
        checker, named = self._checker(licensee, as_of), self._subject(entry_id)
        return Verdicts(tuple(checker.check(named, use, policy) for use in get_args(Use)))

    def compare(
        self,
        *ids: str,
        policy: str = DEFAULT_POLICY,
        licensee: Who = None,
        as_of: Day = None,
        only: Collection[str] = (),
    ) -> ComparisonTable:
        """Put entries side by side; `only` names rows, or groups of rows such as `size`, `license` and `verdict`."""
        from llmreg.tables import compare

        who = self._checker(licensee, as_of).licensee
        return compare(self, map(self.named, ids), policy=policy, licensee=who, only=only)

    def diff(self, a: str, b: str, *, policy: str = DEFAULT_POLICY) -> Comparison:
        """Say in which fields, parents, results and verdicts two entries differ, and in which they are alike."""
        from llmreg.audit import compare

        return compare(self, self.named(a), self.named(b), policy=policy)

    def plan(self, entry_id: str, *, use: Use = "research", **settings: Any) -> Plan | MakingPlan:
        """Plan making an entry again: of a model a `Plan`, of a dataset a `MakingPlan`.

        A `Plan` has the resolved settings, parameters counted, bytes of memory by part and published cost, and needs
        the extra `train`; a `MakingPlan` has the steps, and what they read and cost. Neither needs weights or data. Of
        the file of a model, such as its adapter, it is the plan of the model. `settings` change the recipe:
        `learning_rate=1e-4`, or `**{"training.epochs": 2}`. Raises `LlmregError` for an entry without a recipe or with
        a method no plugin offers.
        """
        from llmreg import plugins
        from llmreg.making.subject import subject

        _one_of("use", use, get_args(Use))
        made_again = subject(self, self.named(entry_id), lambda _: None)
        if made_again.kind == "dataset":
            from llmreg.making.plan import make_plan as plan_dataset

            return plan_dataset(self, plugins.load(), made_again.id, {key: _text(settings[key]) for key in settings})
        from llmreg.reproduce.plan import make_plan

        return make_plan(self, plugins.load(), made_again.id, use, settings)

    def runs(self, folder: Path | str | None = None) -> Runs:
        """Give the runs recorded on this machine by their names, oldest first; by default those under `LLMREG_HOME`."""
        from llmreg.api.runs import Runs

        return Runs.below(Path(folder) if folder else None)

    def impact(
        self, entry_id: str, *, withdrawn: bool = False, relicensed: str | None = None, policy: str = DEFAULT_POLICY
    ) -> Impact:
        """Say what hangs on an entry or a license, and what changes if it is withdrawn or stands under another."""
        from llmreg.audit import impact

        return impact(self, self.named(entry_id), withdrawn=withdrawn, license_id=relicensed, policy=policy)

    def audit(self, *ids: str, kinds: Collection[str] = (), as_of: Day = None) -> Audit:
        """Find where claims are at odds and what is missing: of these entries, of these kinds, or everywhere."""
        from llmreg.audit import audit

        day = self._checker(None, as_of).licensee.as_of
        return audit(self, day, kinds=kinds, ids=[self.named(each) for each in ids])

    def _subject(self, name: str) -> str:
        """Give the id that a name means; raise `UsageError` for software that models are called after."""
        entry_id = self.named(name)
        refuse_namesake(self, name, entry_id)
        return entry_id

    def _checker(self, licensee: Who, as_of: Day) -> Checker:
        """Give the checker for this licensee on this day, the same for the same, with what it has read so far."""
        who = self._who(licensee, {} if as_of is None else {"as_of": _day(as_of)})
        checkers: dict[Licensee, Checker] = self.memo.setdefault("checkers", {})
        return checkers.setdefault(who, Checker(self, who))

    def _who(self, licensee: Who, said: dict[str, date]) -> Licensee:
        if isinstance(licensee, Licensee):
            return licensee.model_copy(update=said)
        if licensee:
            return read_licensee(Path(licensee), self, **said)
        return Licensee(**{"as_of": self.manifest.date, **said})

    def __repr__(self) -> str:
        """Name the catalog, its date and how many entries it has."""
        return f"<Catalog {self.manifest.name!r} of {self.manifest.date}: {len(self):,} entries>"


def _day(as_of: date | str) -> date:
    if isinstance(as_of, date):
        return as_of
    try:
        return date.fromisoformat(as_of if len(as_of) > len("2026-11") else f"{as_of}-01")
    except ValueError:
        raise UsageError(f"as_of takes a date, YYYY-MM-DD or YYYY-MM, not {as_of!r}") from None


def _text(value: Any) -> str:
    """Give a setting as it is written on the command line."""
    return value if isinstance(value, str) else json.dumps(value)


def _one_of(what: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise UsageError(f"no {what} {given!r}{did_you_mean(str(given), known)}; choose one of {', '.join(known)}")


def load_catalog(*extra: Path | str) -> Catalog:
    """Load the built-in catalog with the folders of `LLMREG_CATALOG` and then `extra` laid over it.

    Raises `CatalogError` with every fault of a folder; a file is read when its entry is first asked for.
    """
    return Catalog(*layers(*extra))
