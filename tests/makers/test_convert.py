"""Published rows become rows of training; what gives no row is counted under the reader's own reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from making_helpers import work_on

from llmreg import LlmregError
from llmreg_makers.convert import Convert

TREES = Path(__file__).parents[2].parent / "shared" / "data" / "oasst-en-100-trees.jsonl"
real = pytest.mark.skipif(not TREES.is_file(), reason="the real rows are not next to this checkout")


def published_filter(tree):
    """The text that Guanaco's data has of a tree: at each level the reply that people ranked best.

    Written a second time here, without the reader: the reply of the lowest rank, and the first where none has one.
    """
    text, messages = "", [tree["prompt"]]
    while messages:
        best = min(messages, key=lambda message: float("inf") if message.get("rank") is None else message["rank"])
        text += {"prompter": "### Human: ", "assistant": "### Assistant: "}[best["role"]] + best["text"]
        messages = [reply for reply in best.get("replies") or [] if not reply.get("deleted")]
    return {"text": text}


@real
def test_real_trees_give_what_the_published_filter_gives():
    trees = [json.loads(line) for line in TREES.read_text(encoding="utf-8").splitlines()]
    kept = [tree for tree in trees if tree["tree_state"] == "ready_for_export" and tree["prompt"]["review_result"]]
    work = work_on(trees)
    assert list(Convert(reader="oasst-guanaco", to="text").make(work)) == [published_filter(tree) for tree in kept]
    assert sum(work.dropped.values()) == len(trees) - len(kept)


def test_rows_that_give_none_are_counted_by_the_readers_reason():
    tree = {"tree_state": "deleted", "prompt": {"text": "Q", "role": "prompter", "review_result": True}}
    work = work_on([tree, {**tree, "tree_state": "ready_for_export"}])
    assert list(Convert(reader="oasst-guanaco").make(work)) == [{"text": "### Human: Q"}]
    assert work.dropped == {"a tree that is not ready for export was left out": 1}


def test_messages_that_come_one_a_row_make_one_row_and_are_all_accounted_for():
    said = {"message_tree_id": "t", "tree_state": "ready_for_export", "review_result": True}
    rows = [
        {**said, "message_id": "1", "parent_id": None, "role": "prompter", "text": "Q"},
        {**said, "message_id": "2", "parent_id": "1", "role": "assistant", "text": "A"},
    ]
    work = work_on(rows)
    assert list(Convert(reader="oasst-guanaco").make(work)) == [{"text": "### Human: Q### Assistant: A"}]
    assert sum(work.dropped.values()) == 1


@pytest.mark.parametrize(("answer", "output"), [("chosen", "yes"), ("rejected", "no")])
def test_a_preference_becomes_one_of_its_answers(answer, output):
    row = {"instruction": "Is it?", "input": "", "chosen": "yes", "rejected": "no"}
    assert list(Convert(answer=answer).make(work_on([row]))) == [
        {"instruction": "Is it?", "input": "", "output": output}
    ]


def test_an_empty_answer_is_dropped_and_a_row_without_one_is_refused():
    work = work_on([{"instruction": "Is it?", "chosen": " ", "rejected": "no"}])
    assert list(Convert(answer="chosen").make(work)) == []
    assert work.dropped == {"the answer that was chosen is empty": 1}
    with pytest.raises(LlmregError, match="t0: row 1 is no row of the format preference"):
        list(Convert(answer="chosen").make(work_on([{"text": "x"}])))


@pytest.mark.parametrize("settings", [{}, {"reader": "text", "answer": "chosen"}, {"answer": "chosen", "to": "text"}])
def test_settings_that_say_nothing_or_two_things_are_refused(settings):
    with pytest.raises(ValueError):
        Convert.model_validate(settings)


def test_a_format_that_the_reader_does_not_give_is_refused():
    with pytest.raises(LlmregError, match="gives text; name one of them"):
        list(Convert(reader="oasst-guanaco", to="conversation").make(work_on([{}])))
