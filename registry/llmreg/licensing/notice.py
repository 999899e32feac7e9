"""The NOTICE file of an entry: whose works are in it, under which licenses, and what goes with every copy."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

from llmreg.catalog.addresses import license_page
from llmreg.catalog.tiers import evidence_for, tier_of
from llmreg.escaping import one_line
from llmreg.licensing.check import DEFAULT_POLICY, Checker
from llmreg.licensing.policy import Rules
from llmreg.licensing.verdict import DISCLAIMER
from llmreg.schema import Asset, License, Policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.catalog import Catalog
    from llmreg.licensing.licensee import Licensee
    from llmreg.licensing.policy import Finding


def notice(
    catalog: Catalog, entry_id: str, *, policy: str = DEFAULT_POLICY, licensee: Licensee | None = None
) -> dict[str, Any]:
    """Gather what must go with copies of the entry, and the works that it was made from besides.

    Gives `id`, `name`, `binding` and `others`, each a list of works with `id`, `name`, `by`, `where`, `path`,
    `relations`, `tier`, `evidence` and `licenses`; each license with `id`, `name`, `spdx`, `link`, `notice`
    and the `duties` that copies trigger.
    """
    checker = Checker(catalog, licensee)
    rules = Rules(catalog.get_as(Policy, policy).switches, generated=checker.licensee.generated)
    verdict = checker.check(entry_id, "redistribution", policy)
    judged = checker.judged(entry_id, "redistribution", rules)
    binding = _works(catalog, (finding for finding, effect in judged if effect == "binds"))
    bound = {work["id"] for work in binding}
    others = _works(catalog, (finding for finding, _ in judged if finding.visit.id not in bound))
    return {
        "id": entry_id,
        "name": one_line(catalog[entry_id].name),
        "policy": policy,
        "catalog_date": verdict.catalog_date.isoformat(),
        "redistribution": verdict.verdict,
        "tier": verdict.tier,
        "evidence": verdict.evidence,
        "binding": binding,
        "others": others,
    }


def notice_text(gathered: dict[str, Any]) -> str:
    """Write what `notice` gathered as the text of a NOTICE file."""
    head = f"NOTICE for {gathered['name']} ({gathered['id']})"
    about = (
        f"Written from the llmreg catalog of {gathered['catalog_date']} under the {gathered['policy']} policy, "
        f"by which redistribution is {gathered['redistribution']}; evidence: {gathered['evidence']}; {DISCLAIMER}."
    )
    lines = [head, "=" * len(head), "", fill(about, 100), ""]
    for work in gathered["binding"]:
        lines += [*_block(work), ""]
    if gathered["others"]:
        lines += ["Also made from", "--------------", ""]
        for work in gathered["others"]:
            names = " and ".join(license_["name"] for license_ in work["licenses"]) or "no license stated"
            by = f", by {work['by']}" if work["by"] else ""
            rests = f" Evidence: {work['evidence']}." if work["tier"] != "curated" else ""
            told = f"- {work['name']}{by}: {names}. {work['where']}".rstrip() + rests
            lines.append(fill(told, 100, subsequent_indent="  "))
        lines.append("")
    return "\n".join(lines)


def _block(work: dict[str, Any]) -> list[str]:
    lines = [work["name"], "-" * len(work["name"])]
    lines += [f"By {work['by']}."] if work["by"] else []
    lines += [work["where"]] if work["where"] else []
    if work["relations"]:
        steps = zip(work["relations"], work["path"][1:], strict=True)
        lines.append(f"Comes in by: {work['path'][0]}{''.join(f' -({how})-> {parent}' for how, parent in steps)}")
    lines += [fill(f"Evidence: {work['evidence']}.", 100)] if work["tier"] != "curated" else []
    for license_ in work["licenses"]:
        spdx = f" ({license_['spdx']})" if license_["spdx"] else ""
        lines.append(f"License: {license_['name']}{spdx}")
        lines += [license_["link"]] if license_["link"] else []
        lines += [license_["notice"]] if license_["notice"] else []
        for duty in license_["duties"]:
            clause = f" ({duty['clause']})" if duty["clause"] else ""
            lines.append(fill(f"- {duty['text']}{clause}", 100, subsequent_indent="  "))
    return lines


def _works(catalog: Catalog, findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Give one work for each ancestor, nearest first, with its licenses."""
    works: dict[str, dict[str, Any]] = {}
    for finding in findings:
        visit = finding.visit
        work = works.setdefault(visit.id, _work(catalog, visit.id, visit.path, visit.relations))
        if finding.license and finding.license.id not in [license_["id"] for license_ in work["licenses"]]:
            work["licenses"].append(_license(finding.license))
    return list(works.values())


def _work(catalog: Catalog, entry_id: str, path: tuple[str, ...], relations: tuple[str, ...]) -> dict[str, Any]:
    entry = catalog[entry_id]
    where = ""
    if isinstance(entry, Asset):
        places = (entry.homepage, f"https://huggingface.co/{entry.hub_id}" if entry.hub_id else None)
        where = next((place for place in places if place), "")
    by = ", ".join(getattr(entry, "developers", ()))
    return {
        "id": entry_id,
        "name": one_line(entry.name),
        "by": one_line(by),
        "where": where,
        "path": list(path),
        "relations": list(relations),
        "tier": tier_of(entry),
        "evidence": evidence_for(entry),
        "licenses": [],
    }


def _license(license_: License) -> dict[str, Any]:
    duties = [
        {"duty": duty.duty, "text": duty.text, "clause": duty.clause}
        for duty in license_.duties
        if "redistribution" in duty.when
    ]
    return {
        "id": license_.id,
        "name": license_.name,
        "spdx": license_.spdx,
        "link": license_page(license_),
        "notice": license_.notice,
        "duties": duties,
    }
