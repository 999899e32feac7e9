"""Conditions: tell a use that only brings duties from one that is restricted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.licensing.terms import Term
    from llmreg.licensing.verdict import Condition, Obligation

_DUTY_GROUNDS = {"attribution", "naming", "share-alike"}
_DUTIES = {
    "attribution", "notice", "license-copy", "state-changes", "share-alike", "naming", "source-code", "disclosure",
    "documentation",
}  # fmt: skip


def condition_of(terms: Iterable[Term], obligations: Iterable[Obligation]) -> Condition:
    """Return `duties` where every deciding term and obligation only asks for an act; what is not known restricts."""
    acts = all(term.bound is None and term.ground in _DUTY_GROUNDS for term in terms)
    return "duties" if acts and all(duty.duty in _DUTIES for duty in obligations) else "restricted"
