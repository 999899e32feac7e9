"""The one license expression that bills of materials conclude: no reader of it sees more allowed than the verdicts say.

Many readers take one license of a component, so what is stated for another part of it, such as its code, stays out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from llmreg.catalog.addresses import license_page
from llmreg.catalog.expressions import parse
from llmreg.exporters.dossier import NOTHING, license_ref, said_by, states_terms
from llmreg.licensing import ANSWERS
from llmreg.licensing.check import answer_to, stated_licenses
from llmreg.licensing.terms import term_for
from llmreg.schema.values import is_link
from llmreg.uses import Use

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmreg.exporters.dossier import Dossier
    from llmreg.licensing import Answer
    from llmreg.licensing.policy import Finding
    from llmreg.schema import License, LicenseClaim

SEE_VERDICTS = "LicenseRef-llmreg-see-verdicts"
"""Stands where the licenses beside it allow more than the verdicts: for what is unsettled, or barred for the child."""
_SEE_VERDICTS_MEANS = "Not a license: terms that the licenses beside it do not show; the verdicts in this file say them"
_NONE_KNOWN = "unknown"
"""The license that stands for an entry of which none is recorded."""

Part = tuple[Any, "LicenseClaim | None"]
"""A license, or a choice of some, with the claim that states it."""


@dataclass(frozen=True)
class Ref:
    """A license that SPDX does not list, as an expression names it."""

    ref: str
    name: str
    link: str | None
    license: License | None
    """None for what is no license."""


def conclusion(file: Dossier, entry_id: str) -> str | None:
    """Give what binds whoever passes copies on as one SPDX expression; nothing where no license is known at all.

    Of a choice that a claim leaves, all of it stands there.
    """
    if ("conclusion", entry_id) not in file.parts:
        file.parts["conclusion", entry_id] = _written(file, entry_id)
    written: str | None = file.parts["conclusion", entry_id]
    return written


def _written(file: Dossier, entry_id: str) -> str | None:
    parts = _parts(file, entry_id)
    if not any(states_terms(file.license(name)) for tree, _ in parts for name in names_in(tree)):
        return None
    more = any(_more_open(file, entry_id, use, parts) for use in get_args(Use))
    written = [file.written(tree, claim, inner=more or len(parts) > 1) for tree, claim in parts]
    return " AND ".join(dict.fromkeys([*written, *([SEE_VERDICTS] if more else [])]))


def refs_of(file: Dossier, entry_id: str) -> list[Ref]:
    """Give what the conclusion names by a LicenseRef, each once."""
    written = conclusion(file, entry_id) or ""
    found = [ref for tree, claim in _parts(file, entry_id) for ref in refs_in(file, tree, claim)]
    if written.endswith(SEE_VERDICTS):
        found.append(Ref(SEE_VERDICTS, _SEE_VERDICTS_MEANS, None, None))
    return list({ref.ref: ref for ref in found if written}.values())


def refs_in(file: Dossier, tree: Any, claim: LicenseClaim | None) -> Iterator[Ref]:
    """Give what a claim, or a part of one, names by a LicenseRef; terms that no entry holds by their author's words."""
    for name in names_in(tree):
        license_ = file.license(name)
        ref = license_ref(license_, claim)
        if ref.startswith("LicenseRef-"):
            words, link = said_by(license_, claim) or (None, None)
            page = link if link and is_link(link) else None
            yield Ref(ref, words or license_.name, page or license_page(license_), license_)


def stated_terms(file: Dossier, claims: list[LicenseClaim]) -> tuple[str, list[Ref]]:
    """Return what claims say together as one expression, with its LicenseRefs; nothing where none of them says any.

    Next to a license, "none stated" and "not known" stay in it: what it says is not all that there is to know.
    """
    if all(says_nothing(file, claim) for claim in claims):
        return "", []
    trees = [(tree, claim) for claim in claims for tree in conjuncts(parse(claim.id))]
    written = dict.fromkeys(file.written(tree, claim, inner=len(trees) > 1) for tree, claim in trees)
    refs = {one.ref: one for tree, claim in trees for one in refs_in(file, tree, claim)}
    return " AND ".join(written), list(refs.values())


def says_nothing(file: Dossier, claim: LicenseClaim) -> bool:
    """Tell whether a claim is that there is no license, or that none is known."""
    if claim.id == "unknown":
        return not (claim.words or claim.link)
    return " " not in claim.id and file.license(claim.id).category == "none"


def names_in(tree: Any) -> list[str]:
    """Give the licenses that a part of an expression names, each once."""
    return list(dict.fromkeys(symbol.key for symbol in tree.get_symbols()))


def _parts(file: Dossier, entry_id: str) -> list[Part]:
    """Give what the conclusion joins: what binds copies, nearest first, then what else binds and stops some use."""
    found = [*_binding(file, entry_id, "redistribution", stops=False)]
    for use in get_args(Use):
        found += _binding(file, entry_id, use, stops=True)
    parts: dict[tuple[str, Any], Part] = {}
    for finding in found:
        for tree, claim in _stated_as(file, finding):
            parts.setdefault((str(tree), claim and (claim.words, claim.link)), (tree, claim))
    return list(parts.values())


def _binding(file: Dossier, entry_id: str, use: Use, *, stops: bool) -> Iterator[Finding]:
    for finding, effect in file.judged(entry_id, use):
        if effect == "binds" and (not stops or answer_to(finding, effect) in ("unclear", "forbidden")):
            yield finding


def _stated_as(file: Dossier, finding: Finding) -> Iterator[Part]:
    """Give the license of a finding as it is stated: alone, or among those that one may choose from."""
    if not finding.license:
        yield parse(_NONE_KNOWN), None
        return
    for component, claim, _ in stated_licenses(file.catalog, file.catalog[finding.visit.id], file.day):
        if component == finding.component:
            for tree in conjuncts(parse(claim.id)):
                if any(file.license(name).id == finding.license.id for name in names_in(tree)):
                    yield tree, claim


def conjuncts(tree: Any) -> Iterator[Any]:
    """Give the parts of an expression that hold together."""
    if type(tree).__name__ == "AND":
        for part in tree.args:
            yield from conjuncts(part)
    else:
        yield tree


def _more_open(file: Dossier, entry_id: str, use: Use, parts: list[Part]) -> bool:
    """Tell whether the licenses by themselves allow a use that the verdict stops."""
    verdict = _worst(filter(None, (answer_to(finding, effect) for finding, effect in file.judged(entry_id, use))))
    shown = max((_severity(file, tree, claim, use) for tree, claim in parts), default=0)
    return verdict >= ANSWERS.index("unclear") and shown < verdict


def _worst(answers: Iterable[Answer]) -> int:
    return max(map(ANSWERS.index, answers), default=0)


def _severity(file: Dossier, tree: Any, claim: LicenseClaim | None, use: Use) -> int:
    """Say how closed a license is by itself; of an id that SPDX lists and no entry holds a reader may know better."""
    if not getattr(tree, "args", ()):
        license_ = file.license(tree.key)
        if license_.category in NOTHING and not license_ref(license_, claim).startswith("LicenseRef-"):
            return 0
        return term_for(license_, use, file.checker.licensee, multimodal=True).severity
    severities = [_severity(file, part, claim, use) for part in tree.args]
    return min(severities) if type(tree).__name__ == "OR" else max(severities)
