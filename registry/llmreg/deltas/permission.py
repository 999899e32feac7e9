"""Whether a model may be put together for a use: its own terms and those of its base, before a file is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.licensing import check
from llmreg.reproduce.gate import StoppedByLicenseError

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.schema import Use


def permit(catalog: Catalog, model_id: str, use: Use, policy: str, *, accept_unclear: bool) -> str:
    """Return the verdict; raise `StoppedByLicenseError` where it is forbidden or, unless accepted, unclear."""
    verdict = check(catalog, model_id, use, policy=policy)
    if verdict.verdict == "forbidden" or (verdict.verdict == "unclear" and not accept_unclear):
        remedy = (
            "name a use that the terms allow with --use"
            if verdict.verdict == "forbidden"
            else "after your own review, --accept-unclear goes on and writes that into the record"
        )
        raise StoppedByLicenseError(verdict, remedy)
    return verdict.verdict
