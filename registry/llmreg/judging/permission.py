"""Whether the judge's terms allow what is done with its judgments, reached before it is asked anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.licensing import DEFAULT_POLICY, EXIT_CODES, Checker, Licensee
from llmreg.reproduce.gate import StoppedByLicenseError
from llmreg.schema import Model, Service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.catalog import Catalog
    from llmreg.licensing import Verdict
    from llmreg.schema import Use


class UncheckedJudgeError(LlmregError):
    """Stop where the catalog does not know the judge, so that its terms are unclear."""

    exit_code = EXIT_CODES["unclear"]


def permit(
    catalog: Catalog,
    judge: str,
    entry_id: str | None,
    uses: Iterable[Use],
    *,
    policy: str = DEFAULT_POLICY,
    licensee: Licensee | None = None,
    accept_unclear: bool = False,
) -> tuple[list[Verdict], dict[str, Any]]:
    """Give the verdicts for each use of the judge's outputs, and what each rating records of them.

    Raises `StoppedByLicenseError` where one forbids it or, unless that was accepted, is unclear, and
    `UncheckedJudgeError` for a judge without an entry, whose terms nobody looked at.
    """
    if entry_id is None:
        if not accept_unclear:
            raise UncheckedJudgeError(
                f"the catalog has no entry {judge!r}, so whether its terms allow this is unclear; name the entry of "
                "the model or service with --judge-entry, or after your own review go on with --accept-unclear, which "
                "each rating then says"
            )
        return [], {"entry": None, "accepted": True}
    catalog.among((Model, Service), entry_id, "only a model or a service judges; name it with --judge-entry")
    checker = Checker(catalog, licensee)
    verdicts = [checker.check(entry_id, use, policy) for use in uses]
    for verdict in sorted(verdicts, key=lambda each: -each.exit_code):
        if verdict.verdict == "forbidden" or (verdict.verdict == "unclear" and not accept_unclear):
            raise StoppedByLicenseError(verdict, _remedy(verdict))
    record: dict[str, Any] = {"entry": entry_id, **{verdict.use: verdict.verdict for verdict in verdicts}}
    record |= {"policy": policy, "catalog": catalog.manifest.date.isoformat()}
    unclear = any(verdict.verdict == "unclear" for verdict in verdicts)
    return verdicts, {**record, "accepted": True} if unclear else record


def _remedy(verdict: Verdict) -> str:
    if verdict.verdict == "unclear":
        return "after your own review, --accept-unclear goes on and writes that into each rating"
    if verdict.use == "train-on-outputs":
        return "take another judge, or leave out --for-training and train on nothing that it said"
    return "take another judge, or name a use that its terms allow with --use"
