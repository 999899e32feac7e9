"""A CycloneDX file taken apart: every component and service in it, what refers to what, and small readers of fields."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, cast, get_args

from llmreg.catalog.names import normal
from llmreg.importers.record import Kind
from llmreg.importers.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = dict[str, Any]

_KINDS: dict[str, Kind] = {
    "machine-learning-model": "model",
    "data": "dataset",
    "dataset": "dataset",
    "service": "service",
}
"""Types of components of which the catalog has a kind; a service is in a list of its own."""
_CODE = ("application", "framework", "library", "container", "platform", "operating-system", "device", "device-driver",
         "firmware", "cryptographic-asset")  # fmt: skip
"""Types of components from which no model inherits anything."""
_MEMBERS = ("ancestors", "descendants", "variants")


class Bom:
    """The parts of one file, those inside other parts too, found again by the names that the file has for them."""

    def __init__(self, value: Value) -> None:
        """Find the component that the file is about, every other one with those inside it, and the services."""
        self.parts: list[Value] = []
        self.inside: defaultdict[int, list[Value]] = defaultdict(list)
        """What stands inside a component, by its identity."""
        self.made_of: defaultdict[int, list[Value]] = defaultdict(list)
        """What names a component among its descendants, by the identity of that."""
        self.depends: dict[str, list[str]] = {}
        self._by_ref: dict[str, Value] = {}
        self._by_name: dict[tuple[Kind, str], Value] = {}
        self.formulation = _formulation(value)
        """What the file says of how something in it was made, in words; nothing where it tells of code alone."""
        for part in self._all(value):
            self.parts.append(part)
            self._by_ref.setdefault(words(part.get("bom-ref")), part)
            if kind := kind_of(part):
                self._by_name.setdefault((kind, normal(name_of(part) or "")), part)
        for part in list(self.parts):
            self._add_pedigree(part)
        for each in dicts(value.get("dependencies")):
            self.depends.setdefault(words(each.get("ref")), []).extend(
                filter(None, map(words, list_of(each.get("dependsOn"))))
            )

    def by_ref(self, reference: str) -> Value | None:
        """Give what the file calls so; nothing for a name that does not resolve."""
        return self._by_ref.get(reference) if reference else None

    def needed(self, reference: str) -> list[str]:
        """Give what the file says that a component depends on, through parts such as files that are no entries too."""
        found: list[str] = []
        ahead, met = list(self.depends.get(reference, ())), {reference}
        while ahead:
            each = ahead.pop(0)
            part = self.by_ref(each)
            if each not in met:
                met.add(each)
                found.append(each)
                if part is not None and not kind_of(part):
                    ahead += self.depends.get(each, ())
        return found

    def known(self, part: Value) -> Value:
        """Give the component that another place of the file describes again, else the description itself."""
        kind, name = kind_of(part), name_of(part)
        same = self.by_ref(words(part.get("bom-ref"))) or (
            self._by_name.get((kind, normal(name))) if kind and name else None
        )
        return same or part

    def _all(self, value: Value) -> Iterator[Value]:
        yield from self._nested([dict_of(value.get("metadata")).get("component")])
        yield from self._nested(value.get("components"))
        yield from self._nested([{**service, "type": "service"} for service in dicts(value.get("services"))])

    def _nested(self, values: Any) -> Iterator[Value]:
        ahead = dicts(values)
        while ahead:
            part = ahead.pop(0)
            if properties_of(part)["llmreg:part-of"]:
                continue  # llmreg's own word for a part of an entry, whose license the entry's properties hold
            yield part
            inner = [
                *dicts(part.get("components")),
                *({**each, "type": "service"} for each in dicts(part.get("services"))),
            ]
            self.inside[id(part)] += inner
            ahead = [*inner, *ahead]
            for item in [*dicts(part.get("data")), *datasets_of(part)]:
                self._by_ref.setdefault(words(item.get("bom-ref")), item)

    def _add_pedigree(self, part: Value) -> None:
        """Take in what only a pedigree describes, as far as more than its name is told there."""
        pedigree = dict_of(part.get("pedigree"))
        for member in _MEMBERS:
            for other in parts_of(pedigree.get(member)):
                same = self.known(other)
                self._by_ref.setdefault(words(other.get("bom-ref")), same)
                told = any(other.get(field) for field in ("licenses", "pedigree", "modelCard", "components", "data"))
                if same is other and (told or member == "descendants") and not properties_of(other)["llmreg:ref"]:
                    self.parts.append(other)
                    if kind := kind_of(other):
                        self._by_name.setdefault((kind, normal(name_of(other) or "")), other)
                    self._add_pedigree(other)
                if member == "descendants":
                    self.made_of[id(same)].append(part)


def _formulation(value: Value) -> str:
    """Return the names in a file's formulation; one that names none, as of workflows, may hide a base or data, too."""
    made = dicts(value.get("formulation"))
    parts = [part for each in made for part in dicts(each.get("components"))]
    more = any(set(each) - {"bom-ref", "components", "properties"} for each in made)
    if all(words(part.get("type")) in _CODE and not kind_of(part) for part in parts) and not more:
        return ""
    return ", ".join(filter(None, map(name_of, parts))) or "workflows"


def kind_of(part: Value) -> Kind | None:
    """Give the catalog's kind of a component: what llmreg wrote, its type, or that of its package on the Hub."""
    own = properties_of(part)["llmreg:kind"]
    if own and own[0] in get_args(Kind):
        return cast("Kind", own[0])
    written = words(part.get("type"))
    sorts = {words(item.get("type")) for item in dicts(part.get("data"))} - {""}
    if written == "data" and sorts and "dataset" not in sorts:
        return None
    purl = words(part.get("purl"))
    on_hub: Kind | None = None
    if purl.startswith("pkg:huggingface/"):
        on_hub = "dataset" if purl.startswith("pkg:huggingface/datasets/") else "model"
    return _KINDS.get(written) or on_hub


def name_of(part: Value) -> str | None:
    """Give the name with its group before it."""
    name, group = words(part.get("name")), words(part.get("group"))
    return (f"{group}/{name}" if group and name and "/" not in name else name) or None


def datasets_of(part: Value) -> list[Value]:
    """Give the datasets of a model card; a bare word is a name."""
    named = dict_of(dict_of(part.get("modelCard")).get("modelParameters")).get("datasets")
    return [each if isinstance(each, dict) else {"name": each} for each in list_of(named) if each]


def tags_of(part: Value) -> list[str]:
    """Give the tags of a component, its own and those that a generator wrote into properties."""
    tags = [word for each in list_of(part.get("tags")) if (word := words(each))]
    flat = [tag.strip(" []'\"") for value in properties_of(part)["tags"] for tag in value.split(",")]
    return [*tags, *filter(None, flat)]


def parts_of(value: Any) -> list[Value]:
    """Give the components of a list; a bare word in place of one is its name."""
    return [{"name": one} if isinstance(one, str) else one for one in list_of(value) if isinstance(one, str | dict)]


def properties_of(part: Value) -> defaultdict[str, list[str]]:
    """Give the values of each property that is text."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in dicts(part.get("properties")):
        if isinstance(one.get("name"), str) and isinstance(one.get("value"), str):
            found[one["name"]].append(one["value"])
    return found


def dict_of(value: Any) -> Value:
    """Give a mapping as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """Give a list as it is, nothing for nothing, and anything else as the only one."""
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def dicts(value: Any) -> list[Value]:
    """Give the mappings of a list, or the one that stands in its place."""
    return [one for one in list_of(value) if isinstance(one, dict)]
