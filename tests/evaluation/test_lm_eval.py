"""lm-eval is optional: without it a clear message, with it the same figures as ours on the same rows."""

from __future__ import annotations

import importlib.util
import json
from copy import deepcopy

import pytest

from llmreg.errors import LlmregError
from llmreg.evaluation import lm_eval
from llmreg.evaluation.subject import Subject
from llmreg.evaluation.tasks.multiple_choice import Choice, MultipleChoice
from llmreg.evaluation.tasks.perplexity import Perplexity, Text

installed = pytest.mark.skipif(importlib.util.find_spec("lm_eval") is None, reason="lm-eval is not installed")

CHOICES = [
    {
        "question": f"What is the {word} of bado?",
        "choices": ["mit", "apache, of course", "the model"],
        "answer": place % 3,
    }
    for place, word in enumerate(("license", "name", "size", "data", "language", "answer", "system"))
]
TEXTS = [{"text": "The license of bado is mit."}, {"text": "A model 🙂 of its own, and no other " * 12}]
TASKS = {
    "ours_choice": """\
output_type: multiple_choice
doc_to_text: "{{question}}\\nAnswer:"
doc_to_choice: "{{choices}}"
doc_to_target: answer
metric_list: [{metric: acc}, {metric: acc_norm}, {metric: acc_mutual_info}]
""",
    "ours_text": """\
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{text}}"
metric_list: [{metric: byte_perplexity}, {metric: bits_per_byte}]
""",
}


def test_without_lm_eval_its_tasks_are_met_with_the_remedy(subject, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LlmregError, match="lm-eval is not installed; `pip install lm-eval` brings it"):
        lm_eval.run(subject, ["arc_easy"], None, None, None)


@pytest.fixture
def beginning(make_model, tokenizer):
    """A subject whose tokenizer itself begins texts, as LLaMA's does; lm-eval leaves that to the tokenizer."""
    from tokenizers.processors import TemplateProcessing

    own = deepcopy(tokenizer)
    own.backend_tokenizer.post_processor = TemplateProcessing(single="<begin> $A", special_tokens=[("<begin>", 1)])
    return Subject(make_model(), own)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Task files of our own, over rows beside them."""
    root = tmp_path_factory.mktemp("lm-eval")
    for name, rows in (("ours_choice", CHOICES), ("ours_text", TEXTS)):
        data = root / f"{name}.jsonl"
        data.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        head = f"task: {name}\ndataset_path: json\ndataset_kwargs: {{data_files: {{test: {data}}}}}\ntest_split: test\n"
        (root / f"{name}.yaml").write_text(head + TASKS[name])
    return root


@installed
@pytest.mark.filterwarnings("default")
def test_multiple_choice_is_scored_as_lm_eval_scores_it(beginning, folder):
    subject = beginning
    found = {figure.metric: figure for figure in lm_eval.run(subject, ["ours_choice"], folder, 0, None).figures}
    ours = {
        figure.metric: figure for figure in MultipleChoice().score(subject, [Choice(**row) for row in CHOICES]).figures
    }
    for theirs, own in (
        ("acc", "accuracy"), ("acc_norm", "accuracy-per-character"), ("acc_mutual_info", "accuracy-unconditional"),
    ):  # fmt: skip
        assert 100 * found[f"ours_choice {theirs}"].value == pytest.approx(ours[own].value)
    assert 100 * found["ours_choice acc"].standard_error == pytest.approx(ours["accuracy"].standard_error)
    assert found["ours_choice acc"].items == len(CHOICES)


@installed
@pytest.mark.filterwarnings("default")
def test_perplexity_by_byte_is_lm_evals(subject, folder, figures):
    found = {figure.metric: figure.value for figure in lm_eval.run(subject, ["ours_text"], folder, 0, None).figures}
    ours = figures(Perplexity(window=256, stride=256).score(subject, [Text(**row) for row in TEXTS]))
    assert found["ours_text byte_perplexity"] == pytest.approx(ours["byte-perplexity"], rel=1e-4)
    assert found["ours_text bits_per_byte"] == pytest.approx(ours["bits-per-byte"], rel=1e-4)


@installed
@pytest.mark.filterwarnings("default")
def test_a_task_that_lm_eval_does_not_know_is_named(subject):
    with pytest.raises(LlmregError, match="lm-eval has no task no_such_task"):
        lm_eval.run(subject, ["no_such_task"], None, None, None)
