"""Checks of how things were made: methods that stand as assets, and fine-tunes of which no base is named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.audit.finding import Finding, Side
from llmreg.catalog.methods import TUNING, folded
from llmreg.schema import WEIGHT_RELATIONS, Asset, Benchmark, Model, Software

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.audit.survey import Survey

_TUNED_STAGES = ("sft", "preference", "reward", "rl")
_TUNED_NAME = re.compile(
    r"\b(chat|instruct|it|sft|dpo|rlhf|q?lora|finetuned|fine-tuned)\b|-(chat|instruct)\b", re.IGNORECASE
)
_METHOD_WORDS = frozenset({"lora", "qlora", "rlhf", "dpo", "ppo", "sft"})
"""Names of methods that mean nothing else in a sentence."""
_TUNED_WORDS = re.compile(r"\b(fine-?\s?tuned|instruction-?\s?tuned)\b", re.IGNORECASE)


def methods_as_assets(survey: Survey) -> Iterator[Finding]:
    """Find methods that are listed as models, data or software."""
    for asset in survey.assets:
        if is_method(survey, asset):
            children = survey.named_by.get(asset.id, [])
            named = [f"{child} names it" for child in children[:3]]
            more = [f"{len(children) - 3} more do"] if len(children) > 3 else []
            text = f"{asset.name!r} is a way to train, not a {asset.kind}"
            sides = tuple(Side(asset.id, asset.name, source) for source in list(asset.sources.values())[:1])
            yield Finding("method-as-asset", asset.id, "; ".join([text, *named, *more]), sides)


def is_method(survey: Survey, asset: Asset) -> bool:
    """Tell whether an entry has a method's name and nothing that a method has not: weights, rows or code."""
    if isinstance(asset, Benchmark) or not {folded(name) for name in (asset.name, *asset.aliases)} & survey.methods:
        return False
    if isinstance(asset, Software):
        return not (asset.repository or "code" in asset.licenses)
    counted = getattr(asset, "parameters", None) or getattr(asset, "rows", None)
    return not (counted or any(edge.relation in WEIGHT_RELATIONS for edge in asset.edges()))


def no_base(survey: Survey) -> Iterator[Finding]:
    """Find models of which something says that they were tuned, and nothing from which weights."""
    for model in survey.assets:
        if isinstance(model, Model) and not model.stub and not _has_base(survey, model):
            signs = list(dict.fromkeys(_signs(survey, model)))
            if signs:
                text = f"has no base model, and was tuned: {'; '.join(signs)}"
                yield Finding("no-base", model.id, text, (*_made_from(model), *_known_bases(survey, model)))


def _has_base(survey: Survey, model: Model) -> bool:
    for edge in survey.edges(model.id):
        parent = survey.catalog[edge.of]
        if edge.relation in WEIGHT_RELATIONS and isinstance(parent, Asset) and not is_method(survey, parent):
            return True
    return False


def _signs(survey: Survey, model: Model) -> Iterator[str]:
    """Give the grounds on which a model is taken for a tuned one."""
    if model.recipe and model.recipe.method in TUNING:
        yield f"its recipe's method is {model.recipe.method}"
    parents = {edge.of: survey.catalog[edge.of].name for edge in survey.edges(model.id)}
    methods = [of for of, name in parents.items() if folded(name) in survey.methods]
    yield from (f"it is made with {parents[of]}, a method" for of in methods)
    data = {edge.of: None for edge in survey.edges(model.id) if edge.stage in _TUNED_STAGES and edge.of not in methods}
    if data:
        yield f"it is tuned on {', '.join(data)}"
    if _TUNED_NAME.search(model.name):
        yield "its name says so"
    if model.description and (_TUNED_WORDS.search(model.description) or _names_method(model.description)):
        yield "its description says so"
    yield from (f"{side.entry}, which it is about, is made from another model" for side in _known_bases(survey, model))


def _names_method(text: str) -> bool:
    return any(folded(word) in _METHOD_WORDS for word in re.findall(r"[\w-]+", text))


def _made_from(model: Model) -> Iterator[Side]:
    for edge in model.edges():
        stage = f" ({edge.stage})" if edge.stage else ""
        yield Side(model.id, f"{edge.relation} {edge.of}{stage}", model.sources[edge.source])


def _known_bases(survey: Survey, model: Model) -> Iterator[Side]:
    """Give the bases that the catalog knows for what the record is about."""
    for other_id in filter(survey.catalog.__contains__, model.same_as):
        other = survey.catalog[other_id]
        for edge in other.edges():
            if edge.relation in WEIGHT_RELATIONS:
                yield Side(other_id, f"{edge.relation} {edge.of}", other.sources[edge.source])
