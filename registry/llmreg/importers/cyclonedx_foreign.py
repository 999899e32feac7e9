"""Other generators' components: what they declare, in whichever place it stands; what does not come in is reported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmreg.importers.cyclonedx_file import (
    Bom,
    Value,
    datasets_of,
    dict_of,
    dicts,
    kind_of,
    list_of,
    name_of,
    parts_of,
    properties_of,
    tags_of,
)
from llmreg.importers.hub_stated import Named, stated, tagged
from llmreg.importers.modality import modality
from llmreg.importers.record import Fault, Kind, Link, Place, Record, Stated
from llmreg.importers.stages import stage_of_data
from llmreg.importers.words import github, hub_links, hub_name, link, texts, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.importers.record import FaultKind, Item
    from llmreg.schema.base import Component, Relation, Stage

_COVERS: dict[str, Component] = {"model": "weights", "dataset": "data", "service": "outputs", "software": "code"}
"""The component of an entry that the license of a whole is stated for."""
_NO_LICENSE = {"noassertion": "unknown", "none": "no-licence"}
_UNSAID = "the file does not say how"
_BASE = re.compile(
    r"(^|[:._ -])((base|parent|source|original|upstream)[-_: ]?models?([-_ ]?(id|name|path|url|name[-_]?or[-_]?path))?"
    r"|(adapted|derived|fine[-_ ]?tuned|merged|quantized)[-_ ]?from([-_ ]?models?)?)$",
    re.IGNORECASE,
)
_DATA = re.compile(r"(^|[:._ -])((training[-_ ]?)?datasets?|training[-_ ]?data)$", re.IGNORECASE)
"""Names of properties into which generators flatten the base model and the data."""
_HOW: tuple[tuple[Relation, re.Pattern[str]], ...] = (
    ("adapter", re.compile(r"\b(adapters?|q?lora|peft)\b", re.IGNORECASE)),
    ("merge", re.compile(r"\bmerged?\b", re.IGNORECASE)),
    ("quantized", re.compile(r"\bquanti[sz]", re.IGNORECASE)),
)
"""Words of a pedigree's notes for the way in which a model came from its ancestors."""
_SAYS_BASE = re.compile(
    r"\b(base|parent|source|original|upstream)[-_ ]?models?\b|\b(based|built)[- ]on\b"
    r"|\b(adapted|derived|fine[- ]?tun(ed|ing)|merged|quanti[sz]ed)[- ](from|of|version of)\b",
    re.IGNORECASE,
)
"""Words of a note or a comment that tell of a base."""
_LIBRARY = re.compile(r"pkg:(?!huggingface/)")
_SHOWN = 200


def foreign(place: Place, part: Value, kind: Kind, bom: Bom) -> Iterator[Item]:
    """Give another generator's component as a record, and a fault for all that it says and no entry can."""
    row = _Row(place, part, kind, bom)
    pages = _own_pages(part)
    name, whole = words(part.get("name")), name_of(part)
    links = row.links()
    has_adapter = any(each.relation == "adapter" for each in links)
    licenses = row.licenses("adapter" if has_adapter else _COVERS[kind])
    yield Record(
        kind=kind,
        name=name,
        place=place,
        aliases=(whole,) if whole and whole != name else (),
        description=words(part.get("description")) or None,
        developers=tuple(_makers(part)),
        hub=(_hub(part, kind) or hub_name(name)) if kind in ("model", "dataset") else None,
        repository=github(pages),
        homepage=link(_page(part, "website")),
        fields={"modality": kinds} if kind == "model" and (kinds := _modality(part)) else {},
        licenses=tuple(licenses),
        links=tuple(links),
        notes=tuple(dict.fromkeys(row.notes)),
    )
    yield from (Fault(place, what, f"{name}: {said}") for what, said in dict.fromkeys(row.faults))


class _Row:
    """One component on its way to a record: what it says, and what of that is odd."""

    def __init__(self, place: Place, part: Value, kind: Kind, bom: Bom) -> None:
        self.place, self.part, self.kind, self.bom = place, part, kind, bom
        self.faults: list[tuple[FaultKind, str]] = []
        self.notes: list[str] = []

    def links(self) -> list[Link]:
        """Give each parent once, as the place that says most of it has it."""
        bases = _each_once(
            [
                *self._ancestors("model"),
                *self._told_bases(),
                *self._flat_bases(),
                *self._inside("model"),
                *self._needed("model"),
            ]
        )
        data = _each_once(
            [*self._ancestors("dataset"), *self._data(), *self._inside("dataset"), *self._needed("dataset")]
        )
        if self.kind == "model":
            names = (words(self.part.get("name")), *tags_of(self.part))
            stage = stage_of_data(*filter(None, names), has_base=bool(bases))
            trained = (Link("trained-on", one.name, one.hub, stage=stage, how=one.how) for one in data)
            return [*bases, *trained, *self._open("finetune")]
        if self.kind == "dataset":
            services = _each_once([*self._ancestors("service"), *self._needed("service")])
            return [*data, *bases, *services, *self._open("derived-from")]
        return []

    def _link(self, of: Value, how: str, relation: Relation | None = None) -> Link | None:
        """Give the edge to a component; nothing where its kind is none that this one is made from."""
        of = self.bom.known(of)
        kind = kind_of(of) or self.kind
        hub = _hub(of, kind) or hub_name(name_of(of))
        name = name_of(of) or hub or _described(of)
        if not words(of.get("name")) and not hub:
            self._odd("odd-value", f"{how}: what it is made from has no name")
        relations: dict[tuple[str, str], Relation] = {
            ("model", "model"): relation or "finetune", ("model", "dataset"): "trained-on",
            ("dataset", "dataset"): relation if relation == "mixture-of" else "derived-from",
            ("dataset", "model"): "generated-by", ("dataset", "service"): "generated-by",
        }  # fmt: skip
        found = relations.get((self.kind, kind))
        if not found:
            self._odd("no-relation", f"{how}: from a {self.kind} no relation leads to {name} ({kind})")
            return None
        # the stage is told when all bases are known
        return Link(found, name, hub, stage="pretrain" if found == "trained-on" else None, how=how, kind=kind)

    def _ancestors(self, kind: Kind) -> Iterator[Link]:
        """Give what a pedigree names, or what names this component among its descendants, of one kind."""
        pedigree = dict_of(self.part.get("pedigree"))
        told = words(pedigree.get("notes"))
        relation = next((relation for relation, pattern in _HOW if pattern.search(told)), None)
        for ancestor in parts_of(pedigree.get("ancestors")):
            if self._kind_of_parent(ancestor) == kind:
                yield from _given(self._link({**ancestor, "type": _TYPE[kind]}, told or _UNSAID, relation))
        for parent in self.bom.made_of[id(self.part)]:
            if kind_of(parent) == kind:
                yield from _given(self._link(parent, "the file names it among the descendants"))

    def _open(self, relation: Relation) -> Iterator[Link]:
        """Give a parent of which nothing is known where the file leaves open what the component was made from."""
        variants = parts_of(dict_of(self.part.get("pedigree")).get("variants"))
        if variants:
            said = f"pedigree.variants: {', '.join(filter(None, map(name_of, variants))) or 'without names'}"
            self._note("no-relation", f"{said}; which was made from which, the file does not say")
            yield Link(relation, said[:_SHOWN], how="which variant was made from which, the file does not say")
        if self.bom.formulation:
            said = f"formulation: {self.bom.formulation}"
            self.notes.append(f"{said}; what was made from it, the file does not say")
            yield Link(relation, said[:_SHOWN], how="the file tells how something in it was made, and not from what")

    def _told_bases(self) -> Iterator[Link]:
        """Give the bases that tags, notes and comments tell of, in whatever words."""
        if self.kind != "model":
            return
        for one, told in tagged(tags_of(self.part), "base_model:", "model"):
            yield self._named("tags", one, told)
        for reference in dicts(self.part.get("externalReferences")):
            if _SAYS_BASE.search(words(reference.get("comment"))):
                for one in stated(words(reference.get("url")), "model"):
                    yield self._named("externalReferences", one)
        pedigree = dict_of(self.part.get("pedigree"))
        told_of = words(pedigree.get("notes"))
        if told_of and not list_of(pedigree.get("ancestors")) and _SAYS_BASE.search(told_of):
            yield self._named("pedigree.notes", Named(told_of[:_SHOWN], None))

    def _named(self, place: str, one: Named, relation: Relation | None = None) -> Link:
        if not one.hub_id:
            self._odd("odd-value", f"{place}: {one.words!r} is no name on the Hub")
        how = "; ".join(filter(None, [_UNSAID, one.how]))
        return Link(relation or "finetune", one.hub_id or one.words, one.hub_id, how=how, kind="model")

    def _kind_of_parent(self, ancestor: Value) -> Kind | None:
        """Say what an ancestor is; one of a type that the catalog has no kind of is what its child is, but for code."""
        kind = kind_of(self.bom.known(ancestor))
        if kind or not (words(ancestor.get("name")) or words(ancestor.get("purl"))):
            return kind
        if _LIBRARY.match(words(ancestor.get("purl"))):
            self._note("no-relation", f"pedigree.ancestors: {name_of(ancestor)} is no model and no data")
            return None
        said = words(ancestor.get("type")) or "no type"
        self._odd("odd-value", f"pedigree.ancestors: {name_of(ancestor)} has {said}; it is read as a {self.kind}")
        return self.kind

    def _flat_bases(self) -> Iterator[Link]:
        """Give the base models that a generator wrote into a property, in whatever form."""
        if self.kind == "model":
            yield from self._flat(_BASE, "model", "finetune")

    def _flat(self, names: re.Pattern[str], kind: Kind, relation: Relation) -> Iterator[Link]:
        for key, values in (
            *properties_of(self.part).items(),
            *properties_of(dict_of(self.part.get("modelCard"))).items(),
        ):
            for value in values if names.search(key) and not key.startswith("llmreg:") else ():
                for one in stated(re.sub(r"[\[\]'\"]", "", value), "model" if kind == "model" else "dataset"):
                    if not one.hub_id:
                        self._odd("odd-value", f"{key}: {one.words!r} is no name on the Hub")
                    how = "; ".join(filter(None, [_UNSAID, one.how]))
                    stage: Stage | None = "pretrain" if relation == "trained-on" else None
                    yield Link(relation, one.hub_id or one.words, one.hub_id, stage=stage, how=how, kind=kind)

    def _data(self) -> Iterator[Link]:
        """Give the datasets of a model card and of the component's own data, named in place or by reference."""
        for dataset in datasets_of(self.part) if self.kind == "model" else ():
            found, reference = dataset, words(dataset.get("ref"))
            if reference and not self.bom.by_ref(reference):
                self._odd("odd-value", f"modelCard datasets: nothing in the file has the bom-ref {reference!r}")
                found = {"name": reference}
            elif reference:
                found = self.bom.by_ref(reference) or {}
            if (sort := words(found.get("type")) or "dataset") not in ("dataset", "data"):
                self._note("odd-value", f"modelCard datasets: {name_of(found)} is {sort} and no dataset")
            else:
                yield from _given(self._link({**found, "type": "data"}, "named as data of the model card"))
        items = dicts(self.part.get("data"))
        for item in items if self.kind == "model" or len(items) > 1 else ():
            if words(item.get("type")) in ("", "dataset") and name_of(item) != name_of(self.part):
                yield from _given(self._link({**item, "type": "data"}, "named as data of the component", "mixture-of"))
        if self.kind == "model":
            yield from self._flat(_DATA, "dataset", "trained-on")

    def _inside(self, kind: Kind) -> Iterator[Link]:
        """Give what stands inside the component."""
        for inner in self.bom.inside[id(self.part)]:
            if kind_of(inner) == kind and (kind, self.kind) in (
                ("model", "model"),
                ("dataset", "model"),
                ("dataset", "dataset"),
            ):
                yield from _given(
                    self._link(
                        inner, "it stands inside the component", "component" if kind == "model" else "mixture-of"
                    )
                )

    def _needed(self, kind: Kind) -> Iterator[Link]:
        """Give what the file says that the component depends on, and not how."""
        own = words(self.part.get("bom-ref"))
        for reference in self.bom.needed(own) if own else ():
            parent = self.bom.by_ref(reference) or _by_purl(reference)
            if parent is None:
                if kind == "model" and not _LIBRARY.match(reference):
                    self._odd("odd-value", f"dependencies: nothing in the file has the bom-ref {reference!r}")
                    if self.kind == "model":
                        yield Link(
                            "finetune", reference, how="the file names it as a dependency and says no more of it"
                        )
            elif parent is not self.part and kind_of(parent) == kind:
                yield from _given(self._link(parent, "the file says that it depends on it, and not how"))

    def licenses(self, component: Component) -> Iterator[Stated]:
        """Give what is declared as one statement; what a generator concluded or found is its own reading, and noted."""
        declared: list[str] = []
        pages: list[str] = []
        for choice in list_of(self.part.get("licenses")):
            name, page, how = self._license(choice)
            if how == "concluded":
                self._note("odd-value", f"licenses: concluded by who wrote the file, not stated: {name or page}")
            elif name or page:
                declared.append(_NO_LICENSE.get(name.lower(), name) or page)
                pages += [page] if page else []
        for found in list_of(dict_of(self.part.get("evidence")).get("licenses")):
            name, page, _ = self._license(found)
            self._note("odd-value", f"evidence.licenses: found by who wrote the file, not stated: {name or page}")
        if not list_of(self.part.get("licenses")) and (alone := _page(self.part, "license")):
            declared, pages = [alone], [alone]
        if declared:
            note = f"further links: {', '.join(pages[1:])}" if pages[1:] else None
            yield Stated(component, tuple(declared), note, pages[0] if pages else None)

    def _license(self, choice: Any) -> tuple[str, str, str]:
        """Give a license's name or expression, its page, and whether it was declared or concluded."""
        outer = choice if isinstance(choice, dict) else {"expression": choice}
        named = dict_of(outer.get("license")) or ({"name": outer.get("license")} if outer.get("license") else {})
        how = words(outer.get("acknowledgement")) or words(named.get("acknowledgement"))
        name = words(outer.get("expression")) or words(named.get("id")) or words(named.get("name"))
        details = [one for each in (named, *dicts(outer.get("expressionDetails"))) for one in [each.get("text")] if one]
        page = words(named.get("url")) or next(
            filter(None, (words(one.get("url")) for one in dicts(outer.get("expressionDetails")))), ""
        )
        for text in details:
            began = _beginning(text)
            name = name or (began and f"a license text that begins: {began}")
            self._note(
                "odd-value", f"licenses: the text of {name or page} stands in the file, and its terms are not read"
            )
        if not (name or page):
            self._odd("odd-shape", f"licenses: {str(choice)[:_SHOWN]} names no license")
            name = "a license that the file does not name"
        return name, page, how

    def _odd(self, kind: FaultKind, said: str) -> None:
        self.faults.append((kind, said))

    def _note(self, kind: FaultKind, said: str) -> None:
        """Report something, and keep it with the entry."""
        self._odd(kind, said)
        self.notes.append(said)


_TYPE: dict[str, str] = {"model": "machine-learning-model", "dataset": "data", "service": "service"}


def _given(found: Link | None) -> Iterator[Link]:
    if found:
        yield found


def _each_once(links: list[Link]) -> list[Link]:
    once: dict[str, Link] = {}
    for each in links:
        once.setdefault((each.hub or each.words).casefold(), each)
    return list(once.values())


def _described(part: Value) -> str:
    """Say what is known of a thing without a name."""
    contents = dict_of(part.get("contents"))
    said = words(contents.get("url")) or words(part.get("purl")) or words(part.get("description"))
    return said[:_SHOWN] or f"unnamed ({words(part.get('bom-ref')) or 'the file says no more of it'})"


def _by_purl(reference: str) -> Value | None:
    """Read a reference that is itself a package URL of the Hub, of which the file has no component."""
    if not reference.startswith("pkg:huggingface/"):
        return None
    part = {"purl": reference}
    kind = kind_of(part)
    hub = _hub(part, kind or "model")
    return {**part, "name": hub} if hub else None


def _beginning(text: Any) -> str:
    """Give the first line of a license's text, unless it is encoded."""
    held = dict_of(text)
    content = text if isinstance(text, str) else "" if words(held.get("encoding")) else held.get("content")
    lines = content.splitlines() if isinstance(content, str) else []
    return next((words(line)[:_SHOWN] for line in lines if words(line)), "")


def _modality(part: Value) -> list[str]:
    parameters = dict_of(dict_of(part.get("modelCard")).get("modelParameters"))
    formats = [words(one.get("format")) for name in ("inputs", "outputs") for one in dicts(parameters.get(name))]
    tags = [*formats, *tags_of(part)]
    return modality([words(parameters.get("task"))], tags, words(parameters.get("architectureFamily")).lower())


def _makers(part: Value) -> Iterator[str]:
    who = [part.get("manufacturer"), part.get("provider"), *dicts(part.get("authors"))]
    names = [words(dict_of(one).get("name")) for one in who] + texts(part.get("author"))
    yield from dict.fromkeys(filter(None, names or [words(part.get("publisher"))]))


def _hub(part: Value, kind: str) -> str | None:
    """Give the id on the Hub: of the package URL, else of a page that the component refers to."""
    purl = words(part.get("purl")).partition("?")[0].partition("#")[0]
    found = re.fullmatch(r"pkg:huggingface/(datasets/)?([^@]+)(@.*)?", purl.replace("%2F", "/"))
    if found and kind == ("dataset" if found[1] else "model"):
        return hub_name(found[2])
    contents = dict_of(part.get("contents")) or dict_of(next(iter(dicts(part.get("data"))), {}).get("contents"))
    pages = [*_own_pages(part), words(contents.get("url"))]
    return next((hub for page in pages for what, hub in hub_links(page) if what == kind), None)


def _own_pages(part: Value) -> list[str]:
    """Give the pages to which a component refers, those of its base aside."""
    references = dicts(part.get("externalReferences"))
    return [words(one.get("url")) for one in references if not _SAYS_BASE.search(words(one.get("comment")))]


def _page(part: Value, kind: str) -> str | None:
    references = dicts(part.get("externalReferences"))
    return next((words(one.get("url")) for one in references if one.get("type") == kind), None)
