"""The pages of policies: what each question is, and how each policy answers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmreg.schema import Policy, Switches

if TYPE_CHECKING:
    from llmreg.site.catalogue import Catalogue
    from llmreg.site.view import Words

QUESTIONS = {
    "attribution_data": "Data that asks for credit: does the model owe it?",
    "share_alike_data": "Data whose adaptations stay under its license: does the model?",
    "non_commercial_data": "Data for non-commercial use: is the model bound to that?",
    "no_derivatives_data": "Data that bars derivatives: is a model one?",
    "restricted_data": "Data with any other restriction: does it reach the model?",
    "service_terms": "Outputs of a service that somebody else drew: do its terms bind who never agreed to them?",
    "unlicensed_finetuning_data": "Fine-tuning data without a license: what of the model?",
    "unlicensed_pretraining_data": "Pre-training data without a license, or crawled pages: what of the model?",
    "unlicensed_contents": "A dataset that collects works without a license: may it be used?",
    "unlicensed_tuning_contents": "A model that was fine-tuned on such a dataset, or on crawled pages: may it be used?",
    "restricted_outputs": "Outputs of an open model whose license restricts them, drawn by somebody else",
    "outputs_in_dataset": "A dataset that holds such outputs: may it be used for all but training?",
    "silent_outputs": "Outputs of a model whose license does not speak of outputs",
    "unstated_lineage": "A card or a tracker's row that names no base and no data: what of the model?",
    "disputed_license": "Two licenses stated for one thing at one time: does the narrower one count?",
    "adapter_is_derivative": "Does an adapter file carry the terms of its base?",
    "delta_is_derivative": "Does a file of weight differences?",
    "shared_tokenizer": "The tokenizer of another model: do that model's terms come with it?",
}
EFFECTS = {
    "binds": "the term holds in full",
    "contested": "where the term forbids, the verdict is unclear",
    "condition": "where the term does not allow, the verdict is allowed with conditions",
    "noted": "the term is shown and changes nothing",
    "ignored": "the term is left out",
}


@dataclass(frozen=True)
class Policies:
    """All policies side by side."""

    policies: tuple[Words, ...]
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]
    """For each switch its name, its question and every policy's answer."""
    effects: tuple[tuple[str, str], ...]


def policy_page(site: Catalogue) -> Policies:
    """Give every policy's answers to the open questions."""
    found = [site.catalog.get_as(Policy, policy) for policy in site.policies]
    rows = [
        (name, QUESTIONS[name], tuple(getattr(policy.switches, name) for policy in found))
        for name in Switches.model_fields
    ]
    return Policies(tuple(site.link(policy.id, policy.name) for policy in found), tuple(rows), tuple(EFFECTS.items()))
