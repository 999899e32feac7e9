"""CycloneDX 1.6 and 1.7: entries, everything they were made from, and under which licenses, as a bill of materials."""

from __future__ import annotations

import json
import uuid
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from llmreg.catalog.addresses import address, source_page
from llmreg.catalog.tiers import evidence_for, tier_of
from llmreg.exporters.conclusion import conclusion, refs_of, stated_terms
from llmreg.exporters.dossier import dossier
from llmreg.exporters.modelcard import component_data, model_card
from llmreg.exporters.places import hub_page, package_url, ref
from llmreg.licensing import DEFAULT_POLICY, DISCLAIMER
from llmreg.licensing.check import components_of
from llmreg.licensing.words import sentence
from llmreg.schema import WEIGHT_RELATIONS, Benchmark, Dataset, Model, Service

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cyclonedx.model import ExternalReference, Property
    from cyclonedx.model.component import Component, ComponentType, Pedigree
    from cyclonedx.model.component_evidence import ComponentEvidence
    from cyclonedx.model.license import LicenseExpression

    from llmreg.catalog import Catalog
    from llmreg.exporters.dossier import Dossier, Stated
    from llmreg.schema import Asset, Source

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "llmreg:cyclonedx")
_SELECTION = "llmreg:selection"
Version = Literal["1.6", "1.7"]
"""A version of CycloneDX that is written."""
VERSIONS: tuple[Version, ...] = get_args(Version)
_DERIVED = (
    *WEIGHT_RELATIONS, "distilled", "trained-on", "derived-from", "mixture-of", "generated-by",
)  # fmt: skip
"""Relations whose parent is an ancestor in the sense of a pedigree: something of it went into the child."""


def cyclonedx(
    catalog: Catalog,
    entry_id: str | Sequence[str],
    *,
    policy: str = DEFAULT_POLICY,
    version: Version = "1.6",
    contact: str | None = None,
) -> dict[str, Any]:
    """Return the bill of materials of one entry, or of several at once, as the JSON object of CycloneDX.

    `contact` says who hands the bill on, as `Name <address>`. The same catalog gives the same file: the serial number
    is a UUID of the content, the time is the catalog's date. Files share their parts: copy before you change one.
    Raises `UnknownIdError` for a wrong id or policy and `LlmregError` for an entry that is no part of a lineage.
    """
    file = dossier(catalog, policy)
    subjects = [entry_id] if isinstance(entry_id, str) else list(dict.fromkeys(entry_id))
    for each in subjects:
        file.asset(each)
    everything = sorted({other for each in subjects for other in file.lineage(each)})
    alone = subjects[0] if len(subjects) == 1 else None
    others = [each for each in everything if each != alone]
    services = [each for each in others if isinstance(catalog[each], Service)]
    together = [] if alone else [{"ref": _SELECTION, "dependsOn": sorted(map(ref, subjects))}]
    parts = {
        "metadata": _metadata(file, subjects, version) | _authors(contact),
        "components": [_part(file, each, version) for each in others if each not in services],
        "services": [_part(file, each, version) for each in services],
        "dependencies": [*together, *(_dependency(file, each) for each in everything)],
        "compositions": [{"aggregate": "unknown", "dependencies": sorted(map(ref, everything))}],
        "annotations": [note for each in subjects for note in _annotations(file, each)],
    }
    return bill({name: part for name, part in parts.items() if part}, version)


def bill(content: dict[str, Any], version: Version = "1.6") -> dict[str, Any]:
    """Return a bill with this content; its serial number is a UUID of it."""
    serial = uuid.uuid5(_NAMESPACE, json.dumps(content, sort_keys=True))
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        **content,
    }


def _metadata(file: Dossier, subjects: list[str], version: Version) -> dict[str, Any]:
    manifest = file.catalog.manifest
    about = {"catalog": manifest.name, "catalog-date": file.day, "policy": file.policy, "disclaimer": DISCLAIMER}
    for each in subjects:
        of = "" if len(subjects) == 1 else f"{each}:"
        about |= {f"{of}verdict:{use}": verdict.verdict for use, verdict in file.verdicts(each).items()}
        about |= {f"{of}tier:{use}": verdict.tier for use, verdict in file.verdicts(each).items()}
    return {
        "timestamp": f"{file.day}T00:00:00Z",
        "lifecycles": [{"phase": "post-build"}],
        "tools": {"components": [tool()]},
        "component": _part(file, subjects[0], version, subject=True) if len(subjects) == 1 else _selection(subjects),
        "licenses": [{"expression": manifest.license}],
        "properties": [{"name": f"llmreg:{name}", "value": value} for name, value in about.items()],
    }


def _selection(subjects: list[str]) -> dict[str, Any]:
    """Return what stands for several entries that were asked for together."""
    return {"type": "application", "bom-ref": _SELECTION, "name": ", ".join(subjects)}


def _authors(contact: str | None) -> dict[str, Any]:
    if not contact:
        return {}
    name, mail = parseaddr(contact) if "@" in contact else (contact, "")
    said = {"name": name, "email": mail}
    return {"authors": [{key: value for key, value in said.items() if value}]}


def tool() -> dict[str, str]:
    """Name llmreg as what made a bill."""
    from llmreg import __version__

    return {"type": "application", "name": "llmreg", "version": __version__}


def component(file: Dossier, entry_id: str) -> dict[str, Any]:
    """Give an entry's component, with its one concluded license; copy it before you change it."""
    return _part(file, entry_id, "1.6", subject=True)


def _part(file: Dossier, entry_id: str, version: Version, *, subject: bool = False) -> dict[str, Any]:
    """Give an entry's component, or the service that it is; made once for all files it stands in."""
    entry = file.asset(entry_id)
    as_service = isinstance(entry, Service) and not subject
    key = (f"cyclonedx {version} service" if as_service else f"cyclonedx {version}", entry_id)
    if key not in file.parts:
        file.parts[key] = _service(file, entry, version) if as_service else _component(file, entry, version)
    part: dict[str, Any] = file.parts[key]
    return part


def _component(file: Dossier, entry: Asset, version: Version) -> dict[str, Any]:
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component
    from cyclonedx.model.contact import OrganizationalContact, OrganizationalEntity

    makers = entry.developers
    component = Component(
        type=_type(entry),
        bom_ref=ref(entry.id),
        name=entry.name,
        version=entry.revision,
        description=entry.description,
        manufacturer=OrganizationalEntity(name=makers[0]) if len(makers) == 1 else None,
        authors=[OrganizationalContact(name=name) for name in makers] if len(makers) > 1 else None,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=entry.sha256)]
        if isinstance(entry, Dataset) and entry.sha256
        else None,
        licenses=_licenses(file, entry.id),
        purl=package_url(entry),
        external_references=_references(file, entry),
        pedigree=_pedigree(file, entry),
        components=list(_apart(file, entry)),
        evidence=_evidence(file, entry),
        properties=list(_properties(file, entry)),
    )
    rendered = _json(component, version)
    if isinstance(entry, Model):
        return rendered | {"modelCard": model_card(file, entry)}
    return rendered | ({"data": component_data(entry)} if isinstance(entry, Dataset | Benchmark) else {})


def _service(file: Dossier, entry: Asset, version: Version) -> dict[str, Any]:
    from cyclonedx.model.contact import OrganizationalEntity
    from cyclonedx.model.service import Service as CycloneService

    provider = ", ".join(entry.developers)
    return _json(
        CycloneService(
            bom_ref=ref(entry.id),
            name=entry.name,
            description=entry.description,
            provider=OrganizationalEntity(name=provider) if provider else None,
            licenses=_licenses(file, entry.id),
            external_references=_references(file, entry),
            properties=list(_properties(file, entry)),
        ),
        version,
    )


def _json(value: Any, version: Version) -> dict[str, Any]:
    """Render one of the library's objects for a version."""
    from cyclonedx.schema import schema

    view = {"1.6": schema.SchemaVersion1Dot6, "1.7": schema.SchemaVersion1Dot7}[version]
    return cast("dict[str, Any]", json.loads(value.as_json(view_=view)))


def _apart(file: Dossier, entry: Asset) -> Iterator[Component]:
    """Return what lies with the entry under a license of its own, such as its code: no license of the weights."""
    from cyclonedx.model.component import Component, ComponentType

    for name, stated in _stated_now(file, entry).items():
        if name and (licenses := _declared(file, stated)):
            yield Component(
                type=ComponentType.APPLICATION if name == "code" else _type(entry),
                bom_ref=f"{ref(entry.id)}#{name}",
                name=f"{entry.name}: {name}",
                licenses=licenses,
                properties=[_property("part-of", entry.id)],
            )


def _evidence(file: Dossier, entry: Asset) -> ComponentEvidence | None:
    """Return what is stated of the entry's own license, from which another is concluded."""
    from cyclonedx.model.component_evidence import ComponentEvidence

    licenses = _declared(file, _stated_now(file, entry).get("", []))
    return ComponentEvidence(licenses=licenses) if licenses else None


def _stated_now(file: Dossier, entry: Asset) -> dict[str, list[Stated]]:
    """Return what is stated on the catalog's day: of the entry itself under no name, of its other parts by name."""
    own, found = components_of(entry), dict[str, list[Any]]()
    for one in file.stated(entry.id):
        if one.holds_on(file.day):
            found.setdefault("" if one.component in own else one.component, []).append(one)
    return found


def _declared(file: Dossier, stated: list[Stated]) -> list[LicenseExpression]:
    from cyclonedx.model.license import LicenseAcknowledgement, LicenseExpression

    written, _ = stated_terms(file, [one.claim for one in stated])
    return [LicenseExpression(written, acknowledgement=LicenseAcknowledgement.DECLARED)] if written else []


def _type(entry: Asset) -> ComponentType:
    from cyclonedx.model.component import ComponentType

    if isinstance(entry, Model):
        return ComponentType.MACHINE_LEARNING_MODEL
    return ComponentType.DATA if isinstance(entry, Dataset | Benchmark) else ComponentType.APPLICATION


def _pedigree(file: Dossier, entry: Asset) -> Pedigree | None:
    """Give one ancestor for each edge by which something of a parent went into the entry.

    A pedigree holds components, not references: each says by `llmreg:ref` which component of the file it is.
    """
    from cyclonedx.model.component import Component, Pedigree

    ancestors = []
    for link in file.links(entry.id):
        if link.relation in _DERIVED:
            parent = file.asset(link.parent)
            stated = {"ref": ref(link.parent), "relation": link.relation, "stage": link.stage, "how": link.how}
            properties = [_property(name, value) for name, value in stated.items() if value]
            ancestors.append(
                Component(type=_type(parent), name=parent.name, purl=package_url(parent), properties=properties)
            )
    return Pedigree(ancestors=ancestors) if ancestors else None


def _properties(file: Dossier, entry: Asset) -> Iterator[Property]:
    """Give every field of the entry: text as it is, all else as JSON; edges and licenses with their whole source."""
    yield _property("id", entry.id)
    yield _property("kind", entry.kind)
    yield _property("tier", tier_of(entry))
    yield _property("rests-on", evidence_for(entry))
    dump = entry.model_dump(mode="json", exclude_defaults=True, exclude={"id", "name", "made_from", "licenses"})
    for field, value in dump.items():
        if isinstance(value, dict) and field in ("evidence", "sources"):
            yield from (_property(f"{field}:{key}", item) for key, item in value.items())
        else:
            yield from (_property(field, item) for item in (value if isinstance(value, list) else [value]))
    for edge, source in file.edges(entry.id):
        yield _property("made_from", edge.model_dump(exclude_defaults=True) | {"source": _dumped(source)})
    for one in file.stated(entry.id):
        claim = one.claim.model_dump(exclude_defaults=True) | {"source": _dumped(one.source)}
        yield _property("licenses", {"component": one.component, **claim})
    yield from (_property("concluded-license", name) for name in file.concluded(entry.id).paths)
    for named in refs_of(file, entry.id):
        yield _property(
            "license-ref", {"ref": named.ref, "name": named.name, **({"link": named.link} if named.link else {})}
        )


def _dumped(source: Source) -> dict[str, Any]:
    return source.model_dump(mode="json", exclude_defaults=True)


def _property(name: str, value: Any) -> Property:
    from cyclonedx.model import Property

    return Property(
        name=f"llmreg:{name}", value=value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    )


def _references(file: Dossier, entry: Asset) -> list[ExternalReference]:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri

    kinds = ExternalReferenceType
    places: list[tuple[ExternalReferenceType, str | None, str | None]] = [
        (kinds.VCS, f"https://github.com/{entry.repository}" if entry.repository else None, None),
        (kinds.WEBSITE, address(entry.homepage) if entry.homepage else None, None),
        (kinds.DISTRIBUTION, hub_page(entry), None),
    ]
    for key, source in entry.sources.items():
        places.append((kinds.EVIDENCE, source_page(source), f"{key}: {source}; {source.read}, seen {source.seen}"))
    places += [(kinds.LICENSE, one.link, f"{one.ref}: {one.name}") for one in refs_of(file, entry.id)]
    return [ExternalReference(type=kind, url=XsUri(url), comment=comment) for kind, url, comment in places if url]


def _licenses(file: Dossier, entry_id: str) -> list[LicenseExpression]:
    """Give the one conclusion; what is stated for each component, its code among them, stands in the properties.

    Version 1.6 takes one expression or a list of licenses, of which many readers take the first that SPDX lists.
    """
    from cyclonedx.model.license import LicenseAcknowledgement, LicenseExpression

    written = conclusion(file, entry_id)
    return [LicenseExpression(written, acknowledgement=LicenseAcknowledgement.CONCLUDED)] if written else []


def _dependency(file: Dossier, entry_id: str) -> dict[str, Any]:
    """Give what an entry needs or was made from; what it was only judged on is no dependency."""
    parents = {ref(link.parent) for link in file.links(entry_id) if link.relation != "evaluated-on"}
    return {"ref": ref(entry_id), "dependsOn": sorted(parents)}


def _annotations(file: Dossier, entry_id: str) -> Iterator[dict[str, Any]]:
    """Say for each use whether it is allowed, why, and what one then owes."""
    for use, verdict in file.verdicts(entry_id).items():
        reasons = [f"- {one.verdict}: {sentence(one)}: {one.text}" for one in verdict.reasons]
        duties = [f"- must: {duty.text} ({duty.license})" for duty in verdict.obligations]
        asked = f"{use}: {verdict.verdict} under the {file.policy} policy, catalog of {file.day}; {DISCLAIMER}"
        rests = f"- evidence: {verdict.evidence}"
        yield {
            "bom-ref": f"{ref(entry_id)}#verdict-{use}",
            "subjects": [ref(entry_id)],
            "annotator": {"component": tool()},
            "timestamp": f"{file.day}T00:00:00Z",
            "text": "\n".join([asked, *reasons, rests, *duties]),
        }
