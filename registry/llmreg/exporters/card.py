"""Hugging Face cards: metadata as the Hub's own classes write it, and below in words what the catalog knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmreg.catalog.addresses import license_page, source_page
from llmreg.catalog.expressions import license_ids
from llmreg.catalog.tiers import evidence_for
from llmreg.escaping import markdown as text
from llmreg.escaping import markdown_code, one_line
from llmreg.exporters.citation import bibtex
from llmreg.exporters.dossier import NOTHING, dossier, said_by
from llmreg.licensing import DEFAULT_POLICY, DISCLAIMER
from llmreg.licensing.check import components_of
from llmreg.licensing.words import WHEN, sentence
from llmreg.lineage import edges_of
from llmreg.schema import Dataset, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from llmreg.catalog import Catalog
    from llmreg.exporters.dossier import Dossier
    from llmreg.licensing import Reason
    from llmreg.schema import AnyRecipe, Edge, License, LicenseClaim, Result, Step

_HUB_RELATIONS = ("finetune", "adapter", "merge", "quantized")
"""The relations to a base model that the Hub knows; they mean here what they mean there."""
_LONGEST_NAME = 100


def card(catalog: Catalog, entry_id: str, *, policy: str = DEFAULT_POLICY) -> str:
    """Write the card of a model or a dataset as Markdown with YAML metadata that the Hub's parser reads.

    `license` in the metadata is what binds copies under the policy, without permissive licenses of ancestors where
    the entry has one of its own; what is stated, and all that binds, stands in the text.
    Raises `UnknownIdError` for a wrong id and `LlmregError` for an entry of another kind.
    """
    file = dossier(catalog, policy)
    why = "cards are written for models and datasets; `llmreg export cyclonedx` and `spdx` take every kind"
    file.asset(entry_id)
    kinds: tuple[type[Model | Dataset], ...] = (Model, Dataset)
    entry = catalog.among(kinds, entry_id, why)
    return front_matter(_metadata(file, entry)) + "\n".join(_body(file, entry))


def front_matter(data: Any) -> str:
    """Write the metadata of a card between its marks, as the Hub's parser reads it back."""
    return f"---\n{data.to_yaml()}\n---\n\n"


def base_models(catalog: Catalog, edges: Iterable[Edge]) -> dict[str, Any]:
    """Give the fields `base_model` and `base_model_relation`: one id of the Hub or a list.

    The relation is left out where the bases have several: the Hub knows one for all. A base without an id there is
    named in the card's text alone (see `without_hub_id`).
    """
    bases = [edge for edge in edges if edge.relation in _HUB_RELATIONS]
    ids = hub_names(catalog, (edge.of for edge in bases))
    relations = {edge.relation for edge in bases if ids}
    fields: dict[str, Any] = {"base_model": ids if len(ids) > 1 else ids[0]} if ids else {}
    return fields | ({"base_model_relation": relations.pop()} if len(relations) == 1 else {})


def hub_names(catalog: Catalog, ids: Iterable[str]) -> list[str]:
    """Give the ids on the Hub of those entries that have one there, each once."""
    named = (getattr(catalog[entry_id], "hub_id", None) for entry_id in ids)
    return list(dict.fromkeys(name for name in named if name))


def without_hub_id(catalog: Catalog, edges: Iterable[Edge]) -> Iterator[str]:
    """Say which bases and data the metadata leaves out, because nothing on the Hub is known to be them."""
    told = {edge.of for edge in edges if edge.relation in (*_HUB_RELATIONS, "trained-on")}
    left = sorted(each for each in told if not getattr(catalog[each], "hub_id", None))
    if left:
        named = ", ".join(text(catalog[each].name) for each in left)
        yield from [f"The metadata leaves out what has no known id on the Hub, or was not named there: {named}.", ""]


def license_fields(
    licenses: Sequence[License], stated_at: str | None = None, claims: Sequence[LicenseClaim] = ()
) -> dict[str, str]:
    """Give `license`, and for what the Hub lists no id of, `license_name` and `license_link` too.

    No license stated gives no field. Several licenses are `other` with all their names, and the link leads to the
    first that the Hub has no id for, or where its terms have no page, to the one where they are `stated_at`. Terms that
    no entry holds are named as the author does in `claims`, with the author's link.
    """
    if not licenses or all(license_.category == "none" for license_ in licenses):
        return {}
    if len(licenses) == 1 and (known := _hub_id(licenses[0])):
        return {"license": known}
    unlisted = next((license_ for license_ in licenses if not _hub_id(license_)), licenses[0])
    said = {each.id: said for each in licenses if (said := _said(each, claims))}
    link = said.get(unlisted.id, (None, None))[1] or license_page(unlisted) or stated_at
    names = (_in_letters(said[each.id][0] or each.id) if each.id in said else _license_name(each) for each in licenses)
    named = {"license": "other", "license_name": "-and-".join(names)}
    return named | ({"license_link": link} if link else {})


def _said(license_: License, claims: Iterable[LicenseClaim]) -> tuple[str | None, str | None] | None:
    """Give the words and the link of the claim that has this word in place of a license."""
    return next(
        filter(None, (said_by(license_, claim) for claim in claims if license_.id in license_ids(claim.id))), None
    )


def _hub_id(license_: License) -> str | None:
    return _alias(license_, "hf:")


def _license_name(license_: License) -> str:
    """Give the name that cards use for a license, in the letters that the Hub takes."""
    return _in_letters(_alias(license_, "hf-name:") or _hub_id(license_) or license_.id)


def _in_letters(name: str) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-")[:_LONGEST_NAME] or "unnamed"


def _alias(license_: License, prefix: str) -> str | None:
    return next((alias.removeprefix(prefix) for alias in license_.aliases if alias.startswith(prefix)), None)


def _licenses_to_name(file: Dossier, entry_id: str) -> list[License]:
    """Give what binds copies: the entry's own licenses, and from its lineage those that are not merely permissive."""
    paths = file.concluded(entry_id).paths
    own = [file.license(name) for name, path in paths.items() if len(path) == 1]
    others = [file.license(name) for name, path in paths.items() if len(path) > 1]
    return [*own, *(license_ for license_ in others if not own or license_.category != "permissive")]


def _metadata(file: Dossier, entry: Model | Dataset) -> Any:
    from huggingface_hub import DatasetCardData, ModelCardData

    today = [one for one in file.stated(entry.id) if one.holds_on(file.day)]
    page = next(filter(None, (source_page(one.source) for one in today)), None)
    own = [one.claim for one in today if one.component in components_of(entry)]
    shared: dict[str, Any] = license_fields(_licenses_to_name(file, entry.id), page, own)
    if isinstance(entry, Dataset):
        shared |= {"language": list(entry.languages) or None, "tags": ["llmreg"]}
        return DatasetCardData(**shared, pretty_name=one_line(entry.name))
    edges = edges_of(file.catalog, entry.id)
    trained = hub_names(file.catalog, (edge.of for edge in edges if edge.relation == "trained-on"))
    shared |= base_models(file.catalog, edges) | {"datasets": trained or None}
    shared |= {"library_name": _library(entry), "tags": ["llmreg"]}
    if entry.recipe:
        shared["tags"].append(one_line(entry.recipe.method))
    if entry.results:
        results = [_eval_result(file, entry, result) for result in entry.results]
        shared |= {"model_name": one_line(entry.name), "eval_results": results}
    return ModelCardData(**shared)


def _library(entry: Model) -> str | None:
    """Give the library that loads the files, as far as the catalog knows: peft for LoRA, else what its config names."""
    is_adapter = entry.component == "adapter" or "adapter" in entry.licenses
    if is_adapter and entry.recipe and entry.recipe.method in ("lora", "qlora"):
        return "peft"
    return "transformers" if entry.hub and entry.architecture else None


def _eval_result(file: Dossier, entry: Model, result: Result) -> Any:
    from huggingface_hub import EvalResult

    source = entry.sources[result.source]
    name = file.catalog[result.benchmark].name if result.benchmark in file.catalog else result.benchmark
    return EvalResult(
        task_type="text-generation",
        dataset_type=result.benchmark,
        dataset_name=one_line(name),
        metric_type=one_line(result.metric),
        metric_value=result.value,
        metric_name=f"{one_line(result.metric)} ({result.unit}; {one_line(str(source))})",
    )


def _body(file: Dossier, entry: Model | Dataset) -> Iterator[str]:
    yield from [f"# {text(entry.name)}", ""]
    if entry.description:
        yield from [text(entry.description), ""]
    by = f" by {text(', '.join(entry.developers))}" if entry.developers else ""
    released = f", released {entry.released}" if entry.released else ""
    yield f"A {entry.kind}{by}{released}. Written from `{entry.id}` in the llmreg catalog of {file.day}."
    yield f"Evidence: {text(evidence_for(entry))}."
    yield ""
    yield from _made_from(file, entry)
    yield from _licenses(file, entry)
    yield from _verdicts(file, entry)
    if isinstance(entry, Model):
        yield from _recipe(entry.recipe) if entry.recipe else ()
        yield from _results(entry)
    yield from _unsettled(entry)
    yield from ["## Sources", ""]
    for key, source in sorted(entry.sources.items()):
        page = source_page(source)
        place = f"[{text(str(source))}](<{page}>)" if page else text(str(source))
        yield f"- `{key}`: {place}; read {source.seen}, {source.read}"
    yield from [
        "",
        "## Citation",
        "",
        "```bibtex",
        bibtex(file.catalog, entry.id).rstrip().replace("```", ""),
        "```",
        "",
    ]


def _made_from(file: Dossier, entry: Model | Dataset) -> Iterator[str]:
    links = file.links(entry.id)
    if not links:
        return
    rows = [
        (link.relation, link.parent, link.stage, link.how, link.evidence, file.catalog[link.parent].name)
        for link in links
    ]
    yield from ["## What it is made of", ""]
    yield from table(
        ("relation", "of", "stage", "how", "evidence"),
        ((relation, f"{name} ({of})", stage, how, evidence) for relation, of, stage, how, evidence, name in rows),
    )
    if isinstance(entry, Model):
        yield from without_hub_id(file.catalog, edges_of(file.catalog, entry.id))
    more = len(file.lineage(entry.id)) - 1 - len({link.parent for link in links})
    if more:
        yield from [f"{more} more stand behind these.", ""]


def _licenses(file: Dossier, entry: Model | Dataset) -> Iterator[str]:
    yield from ["## Licenses", ""]
    stated = file.stated(entry.id)
    if stated:
        rows = (
            (one.component, one.claim.id, one.claim.since, one.claim.until, one.claim.note, str(one.source))
            for one in stated
        )
        yield from table(("stated for", "license", "since", "until", "note", "source"), rows)
    else:
        yield from ["No license is recorded.", ""]
    found = file.concluded(entry.id)
    lines = []
    for license_id, path in found.paths.items():
        license_ = file.license(license_id)
        if license_.category not in NOTHING:
            through = f", through {' → '.join(path[1:])}" if path[1:] else ""
            lines.append(f"- {text(license_.name)} (`{license_id}`){through}")
    lines += [f"- of `{missing}` no license is known" for missing in found.missing]
    if lines:
        yield from ["What binds whoever passes copies on:", "", *lines, ""]


def _verdicts(file: Dossier, entry: Model | Dataset) -> Iterator[str]:
    verdicts = file.verdicts(entry.id)
    if not verdicts:
        return
    yield from ["## What one may do with it", ""]
    mixed = any(one.tier != "curated" for one in verdicts.values())
    rows = (
        (use, one.verdict, _because(one.reasons), *([one.evidence] if mixed else [])) for use, one in verdicts.items()
    )
    yield from table(("use", "verdict", "because", *(["evidence"] if mixed else [])), rows)
    for use, verdict in verdicts.items():
        if verdict.obligations and not verdict.stops:
            yield from [f"{WHEN[use]}, you must:", ""]
            yield from (f"- {text(duty.text)} ({duty.license})" for duty in verdict.obligations)
            yield ""
    yield from [f"Policy {file.policy}, catalog of {file.day}; {DISCLAIMER}.", ""]


def _because(reasons: Sequence[Reason]) -> str:
    return f"{sentence(reasons[0])}: {reasons[0].text}" if reasons else ""


def _recipe(recipe: AnyRecipe) -> Iterator[str]:
    hardware = recipe.hardware.model_dump(exclude_none=True, exclude={"source"}) if recipe.hardware else {}
    needed = [(f"hardware {name}", value) for name, value in hardware.items()]
    yield from ["## Recipe", ""]
    for index, (prefix, step) in enumerate(recipe.steps.items(), start=1):
        stage = f"Stage {markdown_code(prefix.rstrip('.'))}: method" if prefix else "Method"
        aim = f", objective {markdown_code(str(step.objective['name']))}" if step.objective else ""
        yield from [f"{stage} {markdown_code(step.method)}{aim}.", ""]
        of_all = needed if index == len(recipe.steps) else []
        yield from table(("setting", "value"), [*_settings(step), *of_all])
    if recipe.unknown:
        yield from [f"Nobody published: {text(', '.join(recipe.unknown))}.", ""]
    yield from notes(recipe.notes)


def _settings(step: Step) -> Iterator[tuple[str, Any]]:
    """Give what one stage sets, by the part that it is of."""
    data = step.data.model_dump(exclude_none=True)
    for name, taken in data.pop("datasets", {}).items():
        data[name] = ", ".join(f"{field} {value}" for field, value in taken.items() if value is not None)
    parts = {
        "": step.settings,
        "objective ": {name: value for name, value in step.objective.items() if name != "name"},
        "training ": step.training.model_dump(exclude_none=True),
        "data ": data,
    }
    yield from ((f"{part}{name}", value) for part, values in parts.items() for name, value in values.items())


def _results(entry: Model) -> Iterator[str]:
    if not entry.results:
        return
    yield from ["## Published results", ""]
    rows = (
        (one.benchmark, one.metric, one.value, one.unit, one.note, str(entry.sources[one.source]))
        for one in entry.results
    )
    yield from table(("benchmark", "metric", "value", "unit", "note", "source"), rows)


def _unsettled(entry: Model | Dataset) -> Iterator[str]:
    """Tell what nobody published, on what sources differ, and the notes."""
    if entry.unknown or entry.disagreements or entry.notes:
        yield from ["## Open questions and notes", ""]
    if entry.unknown:
        yield from [f"Nobody published: {text(', '.join(entry.unknown))}.", ""]
    for one in entry.disagreements:
        yield from [f"Sources differ on {text(one.about)}:", ""]
        yield from notes([f"{said.value} ({entry.sources[said.source]})" for said in one.says])
    yield from notes(entry.notes)


def notes(items: Iterable[str]) -> Iterator[str]:
    """Write a list; a blank line follows it."""
    lines = [f"- {text(item)}" for item in items]
    yield from [*lines, ""] if lines else []


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Write a table without the columns that are empty throughout; a blank line follows it."""
    cells = [[_cell(value) for value in row] for row in rows]
    used = [index for index in range(len(head)) if any(row[index] for row in cells)]
    yield f"| {' | '.join(head[index] for index in used)} |"
    yield f"|{'---|' * len(used)}"
    for row in cells:
        yield f"| {' | '.join(row[index] for index in used)} |"
    yield ""


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else text(str(value))
