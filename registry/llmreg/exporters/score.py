"""How complete an entry's bill of materials is, by the seven clusters of the G7's minimum elements of an SBOM for AI.

The elements are those of "Software Bill of Materials for AI - Minimum Elements" (G7, 12 May 2026). What only a running
system has, such as its data flow, is no element of a model and is left out; docs/completeness.md lists both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmreg.exporters.conclusion import conclusion
from llmreg.exporters.dossier import dossier
from llmreg.lineage.families import root_of
from llmreg.schema import Dataset, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmreg.catalog import Catalog
    from llmreg.exporters.dossier import Dossier

Why = Literal["given", "not published", "not written"]
"""Whether an element is there; if not, whether the entry says that nobody published it, or nobody wrote it here."""
CLUSTERS = (
    "metadata", "system-level properties", "models", "data set properties", "key performance indicators",
    "infrastructure", "security properties",
)  # fmt: skip


@dataclass(frozen=True)
class Element:
    """One element of a cluster, and what became of it."""

    cluster: str
    name: str
    why: Why


@dataclass(frozen=True)
class Score:
    """The elements of one entry's bill."""

    id: str
    elements: tuple[Element, ...]

    @property
    def percent(self) -> float:
        """Return the share of elements that are given, of 100."""
        return 100 * sum(one.why == "given" for one in self.elements) / len(self.elements)

    def by_cluster(self) -> dict[str, tuple[int, int]]:
        """Return for each cluster how many of its elements are given, and how many there are."""
        found: dict[str, list[bool]] = {name: [] for name in CLUSTERS}
        for one in self.elements:
            found[one.cluster].append(one.why == "given")
        return {name: (sum(several), len(several)) for name, several in found.items()}

    def missing(self) -> list[Element]:
        """Return the elements that are not given."""
        return [one for one in self.elements if one.why != "given"]


def score(catalog: Catalog, entry_id: str, *, contact: str | None = None) -> Score:
    """Score the bill that `llmreg export cyclonedx` writes of a model; `contact` is what its `--contact` gets."""
    model = catalog.get_as(Model, entry_id)
    stated = [*model.unknown, *(model.recipe.unknown if model.recipe else ())]
    unpublished = {said.partition(":")[0].strip().lower() for said in stated}
    elements = []
    for cluster, name, given, words in _asked(dossier(catalog), model, contact):
        lacks: Why = "not published" if unpublished & {*words} else "not written"
        elements.append(Element(cluster, name, "given" if given else lacks))
    return Score(entry_id, tuple(elements))


_Asked = tuple[str, str, bool, tuple[str, ...]]
"""A cluster, an element of it, whether it is given, and the words by which an entry says that it is unpublished.

They are compared as a whole: "library versions" and "data order" say nothing of a version, or of what the data are.
"""


def _asked(file: Dossier, model: Model, contact: str | None) -> Iterator[_Asked]:
    edges = [edge for edge, _ in file.edges(model.id)]
    yield from _about_the_bill(contact)
    place = bool(model.hub_id or model.repository or model.homepage)
    for cluster in ("system-level properties", "models"):
        yield cluster, "name", True, ()
        yield cluster, "producer", bool(model.developers), ("developers",)
        yield cluster, "version", bool(model.revision), ("revision",)
        yield cluster, "timestamp", bool(model.released), ("released",)
    yield "system-level properties", "components", bool(edges), ()
    yield "system-level properties", "input and output properties", bool(model.modality), ("modality",)
    yield "models", "identifier", place, ()
    yield "models", "description", bool(model.description), ()
    yield "models", "hash", False, ()
    root = file.catalog[root_of(file.catalog, model.id)]
    shaped = model.architecture or (isinstance(root, Model) and root.architecture)
    yield "models", "properties", bool(shaped or model.parameters), ("architecture", "parameters")
    trained = any(edge.relation == "trained-on" for edge in edges)
    yield "models", "training properties", bool(model.recipe or trained), ("recipe", "settings", "training settings")
    yield "models", "license", conclusion(file, model.id) is not None, ()
    yield "models", "external references", bool(model.sources), ()
    yield from _about_data(file, model)
    yield "key performance indicators", "operational performance", bool(model.results), ("results",)
    yield "key performance indicators", "security metrics", False, ()
    code = model.recipe is not None or any(edge.relation == "uses-code" for edge in edges)
    yield "infrastructure", "software", code, ("library versions",)
    hardware = model.recipe is not None and model.recipe.hardware is not None
    yield "infrastructure", "hardware", hardware, ("hardware",)
    for name in ("security controls", "security compliance", "cybersecurity policy", "vulnerability references"):
        yield "security properties", name, False, ()


def _about_the_bill(contact: str | None) -> Iterator[_Asked]:
    """Return the elements of the bill itself, all of which the writer knows but for who signs it."""
    yield "metadata", "author", bool(contact), ()
    for name in ("version", "data format", "tool name", "tool version", "generation context", "timestamp"):
        yield "metadata", name, True, ()
    yield "metadata", "dependency relationship", True, ()
    yield "metadata", "author signature", False, ()


def _about_data(file: Dossier, model: Model) -> Iterator[_Asked]:
    """Return the elements of the data that the model itself was trained on; each is given where all of it has it."""
    names = dict.fromkeys(edge.of for edge, _ in file.edges(model.id) if edge.relation == "trained-on")
    data = [entry for entry in map(file.asset, names) if isinstance(entry, Dataset)]
    untold = ("training data", "tuning data", "instruction data", "instruction data and preference data")
    asked = {
        "name": [True for _ in data],
        "identifier": [bool(one.hub_id or one.repository or one.homepage) for one in data],
        "content": [bool(one.description or one.format) for one in data],
        "provenance": [bool(one.developers or one.made_from) for one in data],
        "dependencies": [bool(one.made_from) or bool(one.developers) for one in data],
        "license": [conclusion(file, one.id) is not None for one in data],
        "hash": [bool(one.sha256 or one.revision) for one in data],
        "sensitivity": [False for _ in data],
    }
    for name, several in asked.items():
        yield "data set properties", name, bool(several) and all(several), untold if not data else ()


def page(scores: Iterable[Score]) -> str:
    """Write the completeness of many bills as Markdown: the mean, the clusters, and what is missing most often."""
    several = list(scores)
    mean = sum(one.percent for one in several) / len(several)
    shares: defaultdict[str, list[float]] = defaultdict(list)
    lacks: Counter[tuple[str, str, Why]] = Counter()
    for one in several:
        for cluster, (given, asked) in one.by_cluster().items():
            shares[cluster].append(100 * given / asked)
        lacks.update((each.cluster, each.name, each.why) for each in one.missing())
    lines = [
        "# Completeness of bills of materials", "",
        f"{len(several)} models; mean {mean:.1f} of 100. Not legal advice.", "",
        "| cluster | mean of 100 |", "|---|---:|",
        *(f"| {name} | {sum(shares[name]) / len(shares[name]):.1f} |" for name in CLUSTERS), "",
        "| missing | cluster | why | models |", "|---|---|---|---:|",
        *(f"| {name} | {cluster} | {why} | {count} |" for (cluster, name, why), count in lacks.most_common()), "",
    ]  # fmt: skip
    return "\n".join(lines)


def told(one: Score) -> str:
    """Write the score of one bill as text: each cluster, and each element that is missing with the reason."""
    lines = [f"{one.id}: {one.percent:.1f} of 100 by the minimum elements of the G7; not legal advice"]
    for cluster, (given, asked) in one.by_cluster().items():
        lines.append(f"{cluster}: {given} of {asked}")
        lines += [f"  {each.name}: {each.why}" for each in one.missing() if each.cluster == cluster]
    return "\n".join(lines) + "\n"
