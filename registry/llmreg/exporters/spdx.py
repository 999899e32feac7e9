"""SPDX 3.0.1 with its AI, Dataset and licensing profiles: the same entries, edges and licenses as in CycloneDX."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from llmreg.catalog.addresses import address, source_page
from llmreg.catalog.tiers import evidence_for
from llmreg.exporters.conclusion import conclusion, refs_of, stated_terms
from llmreg.exporters.dossier import dossier, license_ref
from llmreg.exporters.places import download, package_url, ref
from llmreg.exporters.spdx_profiles import PROFILES, REQUIRED, lacks
from llmreg.licensing import DEFAULT_POLICY, DISCLAIMER
from llmreg.licensing.check import components_of
from llmreg.licensing.words import sentence
from llmreg.lineage import SAME_AS
from llmreg.schema import WEIGHT_RELATIONS, Benchmark, Dataset, Model, Service

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmreg.catalog import Catalog
    from llmreg.exporters.conclusion import Ref
    from llmreg.exporters.dossier import Dossier, Stated
    from llmreg.schema import Asset, LicenseClaim, Source

NO_ASSERTION = "NOASSERTION"
"""What stands where the AI and Dataset profiles want a text and the catalog has none."""
_CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_CREATION = "_:CreationInfo0"
_AGENT = "llmreg:agent/llmreg"
_CONTACT = "llmreg:agent/contact"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "llmreg:spdx")
_ANOTHER_TIME = "license stated for another time"
_TYPES = {
    **dict.fromkeys(WEIGHT_RELATIONS, "descendantOf"),
    "component": "contains",
    "derived-from": "descendantOf",
    "mixture-of": "contains",
    "trained-on": "trainedOn",
    "evaluated-on": "testedOn",
    "uses-code": "usesTool",
    "generated-by": "generates",
}
"""Relations in SPDX's words; `generates` runs from parent to child. What has no word there is `other`."""


def spdx(
    catalog: Catalog, entry_id: str | Sequence[str], *, policy: str = DEFAULT_POLICY, contact: str | None = None
) -> dict[str, Any]:
    """Return the document of one entry, or of several at once, as the JSON-LD object of SPDX 3.0.1.

    `contact` says who hands the document on, as `Name <address>`. The same catalog gives the same file; files share
    their parts, so copy before you change one.
    Raises `UnknownIdError` for a wrong id or policy and `LlmregError` for an entry that is no part of a lineage.
    """
    file = dossier(catalog, policy)
    roots = [file.asset(each) for each in dict.fromkeys([entry_id] if isinstance(entry_id, str) else entry_id)]
    elements: dict[str, dict[str, Any]] = {}
    for each in sorted({other for root in roots for other in file.lineage(root.id)}):
        elements |= _part(file, each)
    writer = _Writer(file)
    if contact:
        writer.contact(contact)
    for root in roots:
        writer.verdicts(root)
    writer.document(roots, elements)
    return {"@context": _CONTEXT, "@graph": [*_sorted(elements | writer.written()).values()]}


def _part(file: Dossier, entry_id: str) -> dict[str, dict[str, Any]]:
    """Give an entry's package with its edges and licenses, by their ids; made once for all files they stand in."""
    if ("spdx", entry_id) not in file.parts:
        writer = _Writer(file)
        writer.package(entry_id)
        writer.relations(entry_id)
        writer.licenses(entry_id)
        file.parts["spdx", entry_id] = writer.written()
    part: dict[str, dict[str, Any]] = file.parts["spdx", entry_id]
    return part


def _sorted(elements: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {key: elements[key] for key in sorted(elements)}


class _Writer:
    """Elements made by the bindings, by their ids. They name the elements of other entries by their ids alone."""

    def __init__(self, file: Dossier) -> None:
        from spdx_python_model import v3_0_1 as model

        self.file, self.model = file, model
        self.elements: dict[str, Any] = {}
        agent = model.SoftwareAgent(name="llmreg")
        self.created = model.CreationInfo(specVersion="3.0.1", created=_time(file.day), createdBy=[_AGENT])
        self.created.set_id(_CREATION)
        self._keep(agent, _AGENT)

    def written(self) -> dict[str, dict[str, Any]]:
        """Give the elements as JSON-LD, by their ids."""
        whole = self.model.SHACLObjectSet([*self.elements.values()])
        graph = self.model.JSONLDSerializer().serialize_data(whole, force_at_graph=True)["@graph"]
        return {element.get("spdxId") or element["@id"]: element for element in graph}

    def contact(self, written: str) -> None:
        """Name who hands the document on among its creators."""
        name, mail = parseaddr(written) if "@" in written else (written, "")
        agent = self.model.Agent(name=name or mail)
        if mail:
            kind = self.model.ExternalIdentifierType.email
            agent.externalIdentifier = [self.model.ExternalIdentifier(externalIdentifierType=kind, identifier=mail)]
        self.created.createdBy = [_AGENT, _CONTACT]
        self._keep(agent, _CONTACT)

    def _keep(self, element: Any, spdx_id: str) -> Any:
        element.set_id(spdx_id)
        element.creationInfo = self.created
        self.elements[spdx_id] = element
        return element

    def package(self, entry_id: str) -> None:
        """Make the package of an entry; a time that is unknown is left out, since no time says that."""
        model, entry = self.model, self.file.asset(entry_id)
        partial = entry.released and len(entry.released) < len("2023-05-23")
        makers = entry.developers or (NO_ASSERTION,)
        fields = {
            "name": entry.name,
            "description": entry.description,
            "comment": f"{f'released {entry.released}; ' if partial else ''}evidence: {evidence_for(entry)}",
            "releaseTime": _time(entry.released) if entry.released else None,
            "originatedBy": [self._organization(name) for name in makers],
            "suppliedBy": self._organization(", ".join(makers)),
            "software_primaryPurpose": getattr(model.software_SoftwarePurpose, _purpose(entry)),
            "software_packageVersion": entry.revision or NO_ASSERTION,
            "software_packageUrl": str(package_url(entry) or ""),
            "software_downloadLocation": download(entry) or NO_ASSERTION,
            "software_homePage": address(entry.homepage) if entry.homepage else None,
            "externalRef": [self._evidence(source, key) for key, source in sorted(entry.sources.items())],
        }
        package = _class_of(model, entry)(**_given(fields))
        if isinstance(entry, Dataset | Benchmark):
            package.dataset_datasetType = [model.dataset_DatasetType.noAssertion]
            package.dataset_hasSensitivePersonalInformation = model.PresenceType.noAssertion
            if isinstance(entry, Dataset) and entry.format:
                package.dataset_datasetType = [model.dataset_DatasetType.text]
        if isinstance(entry, Model):
            self._describe(package, entry)
        self._keep(package, ref(entry_id))

    def _describe(self, package: Any, entry: Model) -> None:
        """Add what the AI profile has words for."""
        model, recipe = self.model, entry.recipe
        package.ai_autonomyType = model.PresenceType.noAssertion
        package.ai_useSensitivePersonalInformation = model.PresenceType.noAssertion
        if entry.architecture:
            package.ai_typeOfModel = [str(entry.architecture["model_type"])]
        if entry.notes:
            package.ai_limitation = "\n".join(entry.notes)
        if recipe:
            methods = [f"{prefix}method: {step.method}" for prefix, step in recipe.steps.items()]
            package.ai_informationAboutTraining = "\n".join([*methods, *recipe.notes])
            package.ai_hyperparameter = [
                self._pair(f"{prefix}{name}", value)
                for prefix, step in recipe.steps.items()
                for name, value in {**step.settings, **step.training.model_dump(exclude_none=True)}.items()
            ]
        figures = ((f"{one.benchmark}: {one.metric} ({one.unit})", one.value) for one in entry.results)
        package.ai_metric = [self._pair(name, value) for name, value in figures]

    def _pair(self, key: str, value: Any) -> Any:
        return self.model.DictionaryEntry(key=key, value=value if isinstance(value, str) else json.dumps(value))

    def _organization(self, name: str) -> Any:
        spdx_id = f"llmreg:organization/{quote(name, safe='')}"
        return self.elements.get(spdx_id) or self._keep(self.model.Organization(name=name), spdx_id)

    def _evidence(self, source: Source, key: str | None = None) -> Any:
        """Give what was read as an external reference; it has no place where llmreg or an importer holds the file."""
        page = source_page(source)
        about = f"{key + ': ' if key else ''}{source}; {source.read}, seen {source.seen}"
        kind = self.model.ExternalRefType.documentation
        return self.model.ExternalRef(externalRefType=kind, locator=[page] if page else [], comment=about)

    def relations(self, entry_id: str) -> None:
        """Make a relationship of each edge, named by its relation, and one of all that the entry depends on.

        Many readers know of no other relationship than `dependsOn`.
        """
        needs = sorted({edge.of for edge, _ in self.file.edges(entry_id) if edge.relation != "evaluated-on"})
        if needs:
            self._relationship(f"{ref(entry_id)}#needs", "dependsOn", ref(entry_id), *map(ref, needs), name="made from")
        for edge, source in self.file.edges(entry_id):
            kind = _TYPES.get(edge.relation, "other")
            ends = (ref(entry_id), ref(edge.of))
            said = [f"stage: {edge.stage}" if edge.stage else "", edge.how or ""]
            self._relationship(
                f"{ref(entry_id)}#{edge.relation}/{edge.stage or ''}/{edge.of}/{_digest(edge.how or '')}",
                kind, *(ends[::-1] if kind == "generates" else ends),
                name=edge.relation, comment="; ".join(filter(None, said)), externalRef=[self._evidence(source)],
            )  # fmt: skip
        for other in self.file.asset(entry_id).same_as:
            self._relationship(f"{ref(entry_id)}#{SAME_AS}/{other}", "other", ref(entry_id), ref(other), name=SAME_AS)

    def _relationship(self, spdx_id: str, kind: str, start: str, *to: Any, **fields: Any) -> None:
        kind = getattr(self.model.RelationshipType, kind)
        self._keep(self.model.Relationship(from_=start, relationshipType=kind, to=[*to], **_given(fields)), spdx_id)

    def licenses(self, entry_id: str) -> None:
        """Say what is stated, what was stated at another time, and what binds copies.

        What is stated for another part, such as the code, is declared of that part: it is no license of the weights.
        """
        own = components_of(self.file.catalog[entry_id])
        declared: dict[str, list[Stated]] = {}
        for number, one in enumerate(self.file.stated(entry_id)):
            part = "" if one.component in own else one.component
            if one.holds_on(self.file.day):
                declared.setdefault(part, []).append(one)
            else:
                self._declare(f"{ref(entry_id)}#stated/{number}", "other", self._about(entry_id, part), [one])
        for part, stated in declared.items():
            name = f"{ref(entry_id)}#declared" + (f"/{part}" if part else "")
            self._declare(name, "hasDeclaredLicense", self._about(entry_id, part), stated)
        found = self.file.concluded(entry_id)
        ways = [f"{name}: {' <- '.join(reversed(path))}" for name, path in found.paths.items()]
        ways += [f"no license known of {missing}" for missing in found.missing]
        written = conclusion(self.file, entry_id)
        to = self._expression(written, refs_of(self.file, entry_id)) if written else self._nothing.NoAssertionLicense
        self._relationship(
            f"{ref(entry_id)}#concluded/{self.file.policy}", "hasConcludedLicense", ref(entry_id), to,
            name=f"{self.file.policy} policy", comment="what binds whoever passes copies on; " + "; ".join(ways),
        )  # fmt: skip

    def _declare(self, spdx_id: str, kind: str, about: str, stated: list[Stated]) -> None:
        """Relate a package to all that is stated for it as one license: readers take one, and it holds for all parts.

        The time is that in which all of it is stated.
        """
        since = max((one.claim.since for one in stated if one.claim.since), default=None)
        until = min((one.claim.until for one in stated if one.claim.until), default=None)
        notes = (
            f"stated for the {one.component}" + (f": {one.claim.note}" if one.claim.note else "") for one in stated
        )
        self._relationship(
            spdx_id, kind, about, self._stated([one.claim for one in stated]),
            name=_ANOTHER_TIME if kind == "other" else ", ".join(dict.fromkeys(one.component for one in stated)),
            comment="; ".join(dict.fromkeys(notes)),
            externalRef=[self._evidence(source) for source in dict.fromkeys(one.source for one in stated)],
            startTime=_time(since) if since else None, endTime=_time(until) if until else None,
        )  # fmt: skip

    def _about(self, entry_id: str, component: str) -> str:
        """Give the id of the entry's package, or of a part that has a license of its own, which is made."""
        if not component:
            return ref(entry_id)
        spdx_id = f"{ref(entry_id)}#{component}"
        if spdx_id not in self.elements:
            entry = self.file.asset(entry_id)
            part = self.model.software_Package(
                name=f"{entry.name}: {component}",
                suppliedBy=self._organization(", ".join(entry.developers or (NO_ASSERTION,))),
                software_packageVersion=NO_ASSERTION,
            )
            self._keep(part, spdx_id)
            self._relationship(f"{spdx_id}/part", "hasOptionalComponent", ref(entry_id), spdx_id, name=component)
        return spdx_id

    @property
    def _nothing(self) -> Any:
        return self.model.expandedlicensing_IndividualLicensingInfo

    def _stated(self, claims: list[LicenseClaim]) -> Any:
        """Return claims as one expression; none stated, and not known, are individuals of SPDX's own."""
        written, refs = stated_terms(self.file, claims)
        if written:
            return self._expression(written, refs)
        return (
            self._nothing.NoAssertionLicense
            if any(claim.id == "unknown" for claim in claims)
            else (self._nothing.NoneLicense)
        )

    def _expression(self, written: str, refs: Iterable[Ref]) -> Any:
        spdx_id = f"llmreg:expression/{quote(written, safe='')}"
        if spdx_id in self.elements:
            return self.elements[spdx_id]
        custom = {one.ref: self._custom(one) for one in refs}
        expression = self.model.simplelicensing_LicenseExpression(simplelicensing_licenseExpression=written)
        expression.simplelicensing_customIdToUri = [self._pair(name, one.get_id()) for name, one in custom.items()]
        return self._keep(expression, spdx_id)

    def _custom(self, one: Ref) -> Any:
        """Give a license that SPDX does not list; its text is not in the catalog, so the file says where to read it."""
        plain = one.license is not None and one.ref == license_ref(one.license)
        spdx_id = ref(one.license.id) if one.license and plain else f"llmreg:license/{one.ref}"
        if spdx_id in self.elements:
            return self.elements[spdx_id]
        where = f"; read it at {one.link}" if one.link else ""
        terms = one.license.uses if one.license else {}
        custom = self.model.expandedlicensing_CustomLicense(
            name=one.name,
            simplelicensing_licenseText=f"{NO_ASSERTION}: the text is not part of this file{where}",
            expandedlicensing_seeAlso=[address(one.link)] if one.link else [],
            comment="\n".join(f"{use}: {term.permission}: {term.text}" for use, term in terms.items()),
        )
        return self._keep(custom, spdx_id)

    def verdicts(self, entry: Asset) -> None:
        """Say for each use whether it is allowed, and why."""
        for use, verdict in self.file.verdicts(entry.id).items():
            asked = f"{use}: {verdict.verdict} under the {self.file.policy} policy; {DISCLAIMER}"
            reasons = [f"- {one.verdict}: {sentence(one)}: {one.text}" for one in verdict.reasons]
            duties = [f"- must: {duty.text} ({duty.license})" for duty in verdict.obligations]
            annotation = self.model.Annotation(
                annotationType=self.model.AnnotationType.other,
                subject=ref(entry.id),
                statement="\n".join([asked, *reasons, f"- evidence: {verdict.evidence}", *duties]),
            )
            self._keep(annotation, f"{ref(entry.id)}#verdict/{self.file.policy}/{use}")

    def document(self, roots: list[Asset], others: dict[str, dict[str, Any]]) -> None:
        """Make the bill and the document around it, with a UUID of all that is in them as the document's id.

        A profile is claimed only where every package has what it wants; what is missing, the comment says.
        """
        model, manifest = self.model, self.file.catalog.manifest
        license_id = f"llmreg:expression/{quote(manifest.license, safe='')}"
        self._keep(
            model.simplelicensing_LicenseExpression(simplelicensing_licenseExpression=manifest.license), license_id
        )
        packages = [element for element in others.values() if element["type"] in REQUIRED]
        missing = sorted({lack for package in packages for lack in lacks(package)})
        used = {PROFILES[package["type"]] for package in packages} - {lack.partition(" ")[0] for lack in missing}
        profiles = ["core", "software", "simpleLicensing", "expandedLicensing", *sorted(used)]
        conforms = [getattr(model.ProfileIdentifierType, name) for name in profiles]
        inside = sorted((others.keys() | self.elements.keys()) - {_CREATION})
        sbom_id = f"{'+'.join(ref(root.id) for root in roots)}#sbom/{self.file.policy}"
        names = ", ".join(root.name for root in roots)
        bill = model.software_Sbom(
            name=f"Bill of materials of {names}",
            software_sbomType=[model.software_SbomType.analyzed],
            rootElement=[ref(root.id) for root in roots],
            element=inside,
            profileConformance=conforms,
        )
        self._keep(bill, sbom_id)
        about = f"written from the {manifest.name} of {self.file.day}; spdxIds of packages are CycloneDX bom-refs"
        document = model.SpdxDocument(
            name=names,
            comment=f"{about}; not known, and so not given: {', '.join(missing)}" if missing else about,
            dataLicense=license_id,
            rootElement=[sbom_id],
            element=[*inside, sbom_id],
            profileConformance=conforms,
        )
        content = json.dumps([_sorted(others), _sorted(self.written())], sort_keys=True)
        self._keep(document, f"urn:uuid:{uuid.uuid5(_NAMESPACE, content)}")


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not known: the bindings take no None."""
    return {name: value for name, value in fields.items() if value}


def _class_of(model: Any, entry: Asset) -> Any:
    if isinstance(entry, Model | Service):
        return model.ai_AIPackage
    return model.dataset_DatasetPackage if isinstance(entry, Dataset | Benchmark) else model.software_Package


def _purpose(entry: Asset) -> str:
    if isinstance(entry, Model | Service):
        return "model"
    return "data" if isinstance(entry, Dataset | Benchmark) else "application"


def _time(day: str) -> datetime:
    """Give the first moment of a day of which the month or the day may be missing; a comment then says so."""
    year, month, date = [*map(int, day.split("-")), 1, 1][:3]
    return datetime(year, month, date, tzinfo=UTC)


def _digest(text: str) -> str:
    return uuid.uuid5(_NAMESPACE, text).hex[:8] if text else ""
