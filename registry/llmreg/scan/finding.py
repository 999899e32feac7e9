"""A finding: a mention with the entry that it means and the verdict on it.

Mention --Resolver--> entry --Checker--> verdict, decisive reason, duties
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.catalog.tiers import tier_of
from llmreg.errors import UsageError
from llmreg.licensing import Checker
from llmreg.licensing.words import sentence
from llmreg.schema import Dataset, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmreg.catalog import Catalog
    from llmreg.catalog.tiers import Tier
    from llmreg.licensing import Answer, Licensee, Verdict
    from llmreg.scan.mention import Mention
    from llmreg.uses import Use

UNKNOWN = "no entry has this id, so nothing is known of its license or of what it was made from"


@dataclass(frozen=True)
class Finding:
    """One use of a model or data set, with what may be said of it."""

    id: str
    """As the file has it."""
    kind: str
    path: str
    line: int
    column: int
    how: str
    entry: str | None
    """The id of the entry that it means; None where no entry is known."""
    tier: Tier | None
    """The evidence behind the entry."""
    verdict: Answer
    reason: str
    duties: tuple[str, ...]
    fingerprint: str
    """The same for the same name in the same file, on whichever line; the second of a file differs from the first."""

    def to_json(self) -> dict[str, Any]:
        """Return the finding as `llmreg scan --format json` prints it."""
        return {**vars(self), "duties": [*self.duties]}


class Judge:
    """Says of mentions which entries they mean and what may be done with those, each entry judged once."""

    def __init__(self, catalog: Catalog, use: Use, policy: str, licensee: Licensee | None = None) -> None:
        """Judge for one use, under one policy, for one licensee."""
        self.catalog, self.use, self.policy = catalog, use, policy
        self._checker = Checker(catalog, licensee)
        self._entries: dict[tuple[str, str, str], str | None] = {}
        self._verdicts: dict[str, Verdict] = {}

    def findings(self, mentions: Iterable[Mention]) -> Iterator[Finding]:
        """Yield a finding for each mention; what is only perhaps a name counts where an entry has it."""
        seen: Counter[tuple[str, str]] = Counter()
        for mention in mentions:
            entry = self.entry_of(mention)
            if entry or mention.strict:
                seen[mention.path, mention.id] += 1
                yield self._finding(mention, entry, seen[mention.path, mention.id])

    def entry_of(self, mention: Mention) -> str | None:
        """Return the id of the entry that a mention means, or None where no entry is known."""
        key = (mention.id, mention.kind, mention.host)
        if key not in self._entries:
            self._entries[key] = self._named(mention)
        return self._entries[key]

    def _named(self, mention: Mention) -> str | None:
        names = [mention.id]
        if mention.host == "ollama":  # Ollama's own names are known as aliases; no tag means the latest
            names = [f"ollama:{mention.id}", f"ollama:{mention.id.removesuffix(':latest')}"]
        first = Model if mention.kind == "model" else Dataset
        for name in names:
            for kind in (first, Dataset if first is Model else Model):
                if found := self._of_kind(name, kind):
                    return found
        return None

    def _of_kind(self, name: str, kind: type[Model | Dataset]) -> str | None:
        try:
            found = self.catalog.named(name, kind)
        except UsageError:  # several entries go by it; the one that the Hub itself calls so is meant
            bearers = [each for each in self.catalog.bearers(name, kind) if not self.catalog[each].imported]
            return bearers[0] if len(bearers) == 1 else None
        return found if found in self.catalog and issubclass(self.catalog.kind_of(found), kind) else None

    def _finding(self, mention: Mention, entry: str | None, number: int) -> Finding:
        print_ = hashlib.sha256(f"{mention.path}\n{mention.id}\n{number}".encode()).hexdigest()[:32]
        place = (mention.id, mention.kind, mention.path, mention.line, mention.column, mention.how)
        if entry is None:
            return Finding(*place, None, None, "unclear", UNKNOWN, (), print_)
        verdict = self.verdict_on(entry)
        duties = tuple(dict.fromkeys(duty.text for duty in verdict.obligations))
        reason = sentence(verdict.reasons[0]) if verdict.reasons else "nothing stands against it"
        return Finding(*place, entry, tier_of(self.catalog[entry]), verdict.verdict, reason, duties, print_)

    def verdict_on(self, entry: str) -> Verdict:
        """Return the verdict on an entry."""
        if entry not in self._verdicts:
            self._verdicts[entry] = self._checker.check(entry, self.use, self.policy)
        return self._verdicts[entry]
