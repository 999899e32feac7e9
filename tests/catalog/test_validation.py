"""Validation of a whole catalog: references, kinds, aliases and cycles."""

from __future__ import annotations

import shutil

import pytest

from llmreg.catalog import Catalog, validate
from llmreg.catalog.expressions import license_ids

PAGE = 'sources: {page: {url: "https://example.org", read: live, seen: 2026-11-21}}\n'


@pytest.fixture
def problems(built_in, tmp_path):
    def find(**models):
        (tmp_path / "models").mkdir()
        for entry_id, text in models.items():
            (tmp_path / "models" / f"{entry_id}.yaml").write_text(f"name: {entry_id}\n{text}{PAGE}")
        found = validate(Catalog(*built_in.roots, tmp_path))
        return [(problem.file.name, problem.line, problem.message) for problem in found]

    return find


def test_the_built_in_catalog_has_no_fault(built_in):
    assert validate(built_in) == []


def test_a_dangling_id_is_named_with_the_nearest(problems):
    found = problems(m="made_from:\n  - {relation: finetune, of: lama-7b, source: page}\n")
    assert found == [("m.yaml", 3, "no entry has the id 'lama-7b'; did you mean 'llama-7b'?")]


def test_an_edge_must_join_the_right_kinds(problems):
    found = problems(
        m="made_from:\n  - {relation: finetune, of: oasst1, source: page}\n  - {relation: mixture-of, of: oasst1, source: page}\n"
    )
    assert found == [
        ("m.yaml", 3, "'oasst1' is a dataset, but 'finetune' leads to a model"),
        ("m.yaml", 4, "a model has no relation 'mixture-of'"),
    ]


def test_weights_that_flow_in_a_circle_are_an_error_and_generated_data_may(problems):
    edge = "made_from:\n  - {{relation: merge, of: {}, source: page}}\n"
    found = problems(a=edge.format("b"), b=edge.format("c"), c=edge.format("a"))
    assert len(found) == 1
    assert found[0][2].startswith("weights flow in a circle: ")


@pytest.mark.parametrize(
    ("license_id", "message"),
    [
        ("Apache-2", "no license has the id 'Apache-2'; did you mean 'Apache-2.0'?"),
        ("MIT AND (Apache-2.0 OR", "'MIT AND (Apache-2.0 OR' is not a license expression"),
    ],
)
def test_licenses_must_be_in_the_catalog(problems, license_id, message):
    found = problems(m=f'licenses:\n  weights: {{id: "{license_id}", source: page}}\n')
    assert found[0][:2] == ("m.yaml", 3)
    assert found[0][2].startswith(message)


def test_labels_stand_where_a_license_is_missing(problems):
    assert (
        problems(m="licenses:\n  weights: {id: unknown, source: page}\n  adapter: {id: custom, source: page}\n") == []
    )


def test_no_alias_has_two_owners(problems):
    found = problems(m="aliases: [Shared]\n", n="aliases: [shared]\n")
    assert [(name, message) for name, _, message in found] == [
        ("m.yaml", "the alias 'shared' belongs to 'n' too"),
        ("n.yaml", "the alias 'shared' belongs to 'm' too"),
    ]


def test_a_recipe_names_a_template_and_benchmarks_that_exist(problems):
    text = "recipe: {method: full, source: page, data: {format: text, template: alpaca}}\nresults:\n  - {benchmark: mmlu, metric: accuracy, value: 1, unit: percent, source: page}\n"
    assert {message.partition(";")[0] for _, _, message in problems(m=text)} == {
        "no template has the id 'alpaca'",
        "no benchmark has the id 'mmlu'",
    }


def test_a_broken_file_does_not_hide_the_faults_of_another(built_in, tmp_path):
    shutil.copytree(built_in.roots[0], tmp_path / "copy")
    (tmp_path / "copy/models/llama-7b.yaml").write_text("name: [\n")
    (tmp_path / "copy/models/llama-13b.yaml").write_text("nam: x\n")
    names = {problem.file.name for problem in validate(Catalog(tmp_path / "copy"))}
    assert {"llama-7b.yaml", "llama-13b.yaml"} <= names


def test_expressions_name_their_licenses():
    assert license_ids("MIT") == ["MIT"]
    assert license_ids("Apache-2.0 AND (MIT OR llama-1)") == ["Apache-2.0", "MIT", "llama-1"]


def test_how_datasets_are_taken_is_said_of_those_that_the_recipe_trains_on(problems):
    edge = "  - {{relation: trained-on, of: {}, stage: sft, source: page}}\n"
    recipe = "recipe:\n  method: full\n  source: page\n  data: {{format: text, datasets: {{{}: {{fraction: 1}}}}}}\n"
    two = f"made_from:\n{edge.format('oasst1')}{edge.format('sharegpt')}"
    found = problems(
        good=two + recipe.format("oasst1"),
        other=two + recipe.format("oasst"),
        single=f"made_from:\n{edge.format('oasst1')}{recipe.format('oasst1')}",
    )
    assert [(name, line) for name, line, _ in found] == [("other.yaml", 8), ("single.yaml", 7)]
    assert found[0][2] == "the model is not trained on 'oasst'; did you mean 'oasst1'?"
    assert found[1][2].startswith("is for several datasets")


RECIPE = (
    "made_from:\n  - {{relation: {relation}, of: {of}, source: page}}\n"
    "recipe:\n  method: ppo\n  settings: {settings}\n  data: {{format: text}}\n  source: page\n"
)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("{reward_model: OpenAssistant/some-rm}", "names 'OpenAssistant/some-rm', as the Hub writes"),
        ("{reward_model: pythia-12b}", "names the model 'pythia-12b'"),
        ("{reward_model: EleutherAI/pythia-12b}", "names the model 'pythia-12b'"),
        ("{reward_model: ELEUTHERAI/Pythia-12B}", "names the model 'pythia-12b'"),
        ("{reward_model: 'https://huggingface.co/org/rm'}", "as the Hub writes a model"),
        ("{reward_model: org/rm@main}", "as the Hub writes a model"),
        ("{teachers: [{name: gpt-4, weight: 2}]}", "names the service 'gpt-4'"),
        ("{data: {extra: [oasst1]}}", "names the dataset 'oasst1'"),
        ("{weights: {pythia-12b: 0.5}}", "names the model 'pythia-12b'"),
        ("{critic: CohereForAI/c4ai-command-r-v01}", "names the model 'command-r-v01'"),
    ],
)
def test_a_setting_that_names_a_model_is_refused_for_nobody_else_would_see_it(problems, settings, words):
    found = problems(m=RECIPE.format(relation="finetune", of="llama-7b", settings=settings))
    assert [(name, line) for name, line, _ in found] == [("m.yaml", 6)]
    assert words in found[0][2]
    assert "`made_from`" in found[0][2]


@pytest.mark.parametrize(
    "settings",
    [
        "{rank: 8, targets: [q_proj, v_proj], quant: nf4, gate: head_tanh, base_quant: none}",
        "{reward_model: pythia-12b}",
        "{reward_model: EleutherAI/pythia-12b}",
        "{weights: {pythia-12b: 0.5}}",
    ],
)
def test_a_setting_may_name_what_is_an_edge_too(problems, settings):
    assert problems(m=RECIPE.format(relation="distilled", of="pythia-12b", settings=settings)) == []
