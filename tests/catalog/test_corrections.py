"""Entries of the built-in catalog that were wrong once: what their sources say, as rows of tables."""

from __future__ import annotations

import pytest

from llmreg.licensing import check
from llmreg.lineage import lineage, paths

A, C, U, F = "allowed", "allowed-with-conditions", "unclear", "forbidden"


@pytest.mark.parametrize(
    ("entry_id", "component", "stated"),
    [
        ("nomic-gpt4all", "data", {"Apache-2.0", "stated-non-commercial"}),
        ("gpt4all-j-prompts", "data", {"Apache-2.0", "openai-tos"}),
        ("tulu-v1-mix", "data", {"ODC-By-1.0"}),
        ("tulu-v1-human-gpt-mix", "data", {"unknown"}),
        ("stanford-human-preferences", "data", {"reddit-api-terms"}),
        ("stanford-human-preferences", "contents", {"unknown"}),
        ("openai-summarize-tldr", "contents", {"unknown"}),
        ("redpajama-1t", "data", {"unknown"}),
        ("slimpajama", "data", {"Apache-2.0", "unknown"}),
        ("roots", "data", {"unknown"}),
        ("laion-400m-metadata", "data", {"CC-BY-4.0"}),
        ("laion-400m-metadata", "contents", set()),
        ("deepseek-v3-base", "weights", {"deepseek"}),
        ("deepseek-r1", "weights", {"MIT"}),
        ("mistral-7b-instruct-v0.1", "weights", {"Apache-2.0"}),
    ],
)
def test_a_license_is_stated_as_its_source_has_it(built_in, entry_id, component, stated):
    assert {claim.id for claim in built_in[entry_id].license_claims().get(component, ())} == stated


@pytest.mark.parametrize(
    ("entry_id", "field", "value"),
    [
        ("nomic-gpt4all", "rows", 437604),
        ("tulu-v1-mix", "rows", 489818),
        ("tulu-v1-human-gpt-mix", "hub_id", None),
        ("mistral-large-2407", "context_length", 131072),
        ("mistral-large-2407", "released", "2024-07-24"),
        ("mistral-7b-instruct-v0.1", "released", "2023-09-27"),
        ("deepseek-r1", "hub_id", "deepseek-ai/DeepSeek-R1"),
        ("command-r-v01", "hub_id", "CohereLabs/c4ai-command-r-v01"),
        ("chatglm-6b", "hub_id", "zai-org/chatglm-6b"),
        ("llama-3.1-8b", "hub_id", "meta-llama/Llama-3.1-8B"),
    ],
)
def test_a_field_is_what_its_source_says(built_in, entry_id, field, value):
    assert getattr(built_in[entry_id], field) == value


@pytest.mark.parametrize(
    ("child", "relation", "parent"),
    [
        ("deepseek-r1", "finetune", "deepseek-v3-base"),
        ("tulu-7b", "trained-on", "tulu-v1-human-gpt-mix"),
        ("tulu-v1-human-gpt-mix", "mixture-of", "tulu-v1-mix"),
        ("stanford-human-preferences", "derived-from", "reddit"),
        ("openai-summarize-tldr", "derived-from", "reddit"),
        ("llava-instruct-150k", "derived-from", "coco-captions"),
        ("instruction-wild", "generated-by", "openai-api"),
        ("minigpt-4-vicuna-13b", "component", "blip-2-q-former"),
        ("minigpt-4-vicuna-7b", "component", "blip-2-q-former"),
        ("blip-2", "component", "blip-2-q-former"),
        ("blip-2", "component", "flan-t5-xxl"),
        ("oasst-rlhf-2-llama-30b", "distilled", "oasst-rm-2-pythia-6.9b"),
    ],
)
def test_an_edge_that_was_missing_is_there(built_in, child, relation, parent):
    assert (relation, parent) in {(edge.relation, edge.of) for edge in built_in[child].edges()}


@pytest.mark.parametrize(
    ("child", "ancestor"),
    [
        ("minigpt-4-vicuna-13b", "flan-t5-xxl"),
        ("minigpt-4-vicuna-7b", "flan-t5-xxl"),
        ("instruction-wild", "text-davinci-003"),
        ("tulu-v1-mix", "sharegpt"),
    ],
)
def test_a_path_that_was_false_is_gone(built_in, child, ancestor):
    assert not paths(lineage(built_in), child, ancestor)


@pytest.mark.parametrize(
    ("entry_id", "about"),
    [
        ("nomic-gpt4all", "license of the data"),
        ("gpt4all-j-prompts", "license of the data"),
        ("stanford-human-preferences", "license of the data"),
        ("internlm2-7b", "license of the weights"),
        ("mistral-7b-v0.1", "context length"),
        ("mistral-large-2407", "context length"),
    ],
)
def test_a_disagreement_of_sources_is_recorded(built_in, entry_id, about):
    assert about in {each.about for each in built_in[entry_id].disagreements}


@pytest.mark.parametrize(
    "former", ["CohereForAI/c4ai-command-r-v01", "THUDM/chatglm-6b", "meta-llama/Meta-Llama-3.1-8B"]
)
def test_a_repository_that_moved_on_the_hub_is_found_under_both_names(built_in, former):
    found = built_in[built_in.named(former)]
    assert built_in.named(found.hub_id) == found.id


@pytest.mark.parametrize(
    ("entry_id", "use", "expected"),
    [  # permissive, standard, strict
        ("ultrafeedback", "research", (U, U, U)),
        ("ultrafeedback", "redistribution", (U, U, U)),
        ("ultrafeedback", "hosting", (U, U, U)),
        ("ultrafeedback", "commercial", (F, F, F)),
        ("zephyr-7b-beta", "commercial", (C, U, F)),
        ("zephyr-7b-beta", "research", (C, U, F)),
        ("ultrachat", "research", (A, A, A)),
        ("ultrachat", "hosting", (A, A, A)),
        ("alpaca-52k", "hosting", (C, C, C)),
        ("redpajama-1t", "redistribution", (U, U, F)),
        ("slimpajama", "redistribution", (U, U, F)),
        ("stanford-human-preferences", "redistribution", (U, U, U)),
        ("stablevicuna-13b-delta", "redistribution", (C, C, U)),
        ("stablevicuna-13b", "commercial", (F, F, F)),
        ("deepseek-r1", "commercial", (C, C, C)),
        ("deepseek-r1-distill-llama-8b", "commercial", (C, C, U)),
        ("laion-400m-metadata", "commercial", (C, C, U)),
        ("pythia-6.9b-gpt4all-pretrain", "commercial", (C, U, F)),
    ],
)
def test_the_verdicts_that_were_wrong_are_what_the_corrections_say(built_in, entry_id, use, expected):
    found = tuple(check(built_in, entry_id, use, policy=name).verdict for name in ("permissive", "standard", "strict"))
    assert found == expected


@pytest.mark.parametrize("use", ["research", "hosting", "redistribution"])
@pytest.mark.parametrize("policy", ["permissive", "standard", "strict"])
def test_what_ultrafeedbacks_teachers_bar_is_a_note_on_it_and_no_reason(built_in, use, policy):
    verdict = check(built_in, "ultrafeedback", use, policy=policy)
    barred = {"llama-1", "llama2", "openai-tos"}
    assert not barred & {reason.license for reason in verdict.reasons}
    assert barred <= {note.license for note in verdict.notes}


@pytest.mark.parametrize(
    ("name", "entry_id"),
    [
        ("meta-llama/Llama-3.1-8B", "llama-3.1-8b"),
        ("meta-llama/Meta-Llama-3.1-8B", "llama-3.1-8b"),
        ("CohereForAI/c4ai-command-a-03-2025", "command-a-03-2025"),
        ("THUDM/GLM-4.5", "glm-4.5"),
        ("thudm/glm-4.5-air", "glm-4.5-air"),
        ("CohereForAI/aya_dataset", "aya-dataset"),
    ],
)
def test_a_repository_is_known_by_its_present_and_its_earlier_ids(built_in, name, entry_id):
    assert built_in.named(name) == entry_id
