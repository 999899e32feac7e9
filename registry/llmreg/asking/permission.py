"""Whether a model's terms allow what is done with its replies, reached before it is asked anything."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Part:
    """In what part a model is asked, and by which options it is named."""

    noun: str
    verb: str
    option: str
    told: str
    """What says that an unclear verdict was accepted."""
    untrained: str
    """What can be done where nothing may be trained on its replies."""


JUDGE = Part(
    "judge",
    "judges",
    "--judge-entry",
    "each rating",
    "take another judge, or leave out --for-training and train on nothing that it said",
)
GENERATOR = Part(
    "generator", "generates rows", "--generator-entry", "the record", "take another generator, whose terms allow it"
)


class UncheckedJudgeError(LlmregError):
    """Stop where the catalog does not know the model that is asked, so that its terms are unclear."""

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
    part: Part = JUDGE,
) -> tuple[list[Verdict], dict[str, Any]]:
    """Give the verdicts for each use of the model's outputs, and what is recorded of them.

    Raises `StoppedByLicenseError` where one forbids it or, unless that was accepted, is unclear, and
    `UncheckedJudgeError` for a judge without an entry, whose terms nobody looked at.
    """
    if entry_id is None:
        if not accept_unclear:
            raise UncheckedJudgeError(
                f"the catalog has no entry {judge!r}, so whether its terms allow this is unclear; name the entry of "
                f"the model or service with {part.option}, or after your own review go on with --accept-unclear, which "
                f"{part.told} then says"
            )
        return [], {"entry": None, "accepted": True}
    catalog.among((Model, Service), entry_id, f"only a model or a service {part.verb}; name it with {part.option}")
    checker = Checker(catalog, licensee)
    verdicts = [checker.check(entry_id, use, policy) for use in uses]
    for verdict in sorted(verdicts, key=lambda each: -each.exit_code):
        if verdict.verdict == "forbidden" or (verdict.verdict == "unclear" and not accept_unclear):
            raise StoppedByLicenseError(verdict, _remedy(verdict, part))
    record: dict[str, Any] = {"entry": entry_id, **{verdict.use: verdict.verdict for verdict in verdicts}}
    record |= {"policy": policy, "catalog": catalog.manifest.date.isoformat()}
    unclear = any(verdict.verdict == "unclear" for verdict in verdicts)
    return verdicts, {**record, "accepted": True} if unclear else record


def _remedy(verdict: Verdict, part: Part) -> str:
    if verdict.verdict == "unclear":
        return f"after your own review, --accept-unclear goes on and writes that into {part.told}"
    if verdict.use == "train-on-outputs":
        return part.untrained
    return f"take another {part.noun}, or name a use that its terms allow with --use"
