"""The gate: the license verdict that a run needs, reached before torch, plugins or the network are touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from llmreg.errors import LlmregError
from llmreg.licensing import DEFAULT_POLICY, Checker, Licensee, Verdict
from llmreg.schema import Use

if TYPE_CHECKING:
    from llmreg.catalog import Catalog


class StoppedByLicenseError(LlmregError):
    """Stop a run whose verdict is forbidden or unclear; the exit code tells which."""

    def __init__(self, verdict: Verdict, remedy: str | None = None) -> None:
        """Name the decisive reason and what can be done about it: `remedy`, by default what a run can do."""
        self.verdict = verdict
        self.exit_code = verdict.exit_code
        reason = verdict.reasons[0]
        place = " ".join(filter(None, [reason.license or "no license", reason.clause]))
        remedy = remedy or (
            "a use that the terms allow can be named with --use; the rehearsal (--rehearse) touches no licensed files"
            if verdict.verdict == "forbidden"
            else "after your own review, --accept-unclear goes on and writes that into the record"
        )
        act = (
            f"; {_ACTS.get(reason.relations[0], 'using')} {reason.path[1]} is part of making it"
            if reason.relations
            else ""
        )
        super().__init__(
            f"{verdict.id} is {verdict.verdict} for {verdict.use} use: {place}, by {' -> '.join(reason.path)}: "
            f"{reason.text}{act}; {remedy}"
        )


_ACTS = {"trained-on": "training on", "distilled": "drawing outputs from"}


def gate(
    catalog: Catalog,
    entry_id: str,
    use: Use,
    *,
    policy: str = DEFAULT_POLICY,
    accept_unclear: bool = False,
    licensee: Licensee | None = None,
) -> Verdict:
    """Give the verdict if a full run may go on; raise `StoppedByLicenseError` if not.

    Making the entry means using its base, training on its data and making a derivative, for the use asked for. So the
    terms of the data bind here in full: whoever trains on rows for a purpose needs leave to use them for it, however
    disputed it is whether the weights inherit the terms.
    """
    verdict = Checker(catalog, licensee, acting=True).check(entry_id, use, policy)
    if verdict.verdict == "forbidden" or (verdict.verdict == "unclear" and not accept_unclear):
        raise StoppedByLicenseError(verdict)
    return verdict


def all_verdicts(
    catalog: Catalog, entry_id: str, policy: str = DEFAULT_POLICY, licensee: Licensee | None = None
) -> dict[str, str]:
    """Give the verdict for each use, as records and cards carry them."""
    checker = Checker(catalog, licensee)
    return {use: checker.check(entry_id, use, policy).verdict for use in get_args(Use)}
