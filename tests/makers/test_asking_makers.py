"""Makers that ask a model: what they keep of its replies, what they leave out, and that all of it is counted."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from making_helpers import work_on
from test_rouge import plainly

from llmreg.plugins import load

DATA = Path(__file__).parents[2].parent / "shared" / "data"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the real rows are not next to this checkout")
SEEDS = [{"instruction": f"{verb} the {thing} of a {place}"} for verb, thing, place in
         [("Name", "color", "house"), ("Count", "windows", "train"), ("Describe", "smell", "garden"), ("Sing", "anthem", "country")]]  # fmt: skip


def maker(name, **settings):
    return load().maker(name, settings)


def says(*replies):
    """A generator that says these one after the other, and keeps what it was asked."""
    left, asked = list(replies), []

    def ask(questions):
        asked.extend(questions)
        return [left.pop(0) for _ in questions]

    ask.asked = asked
    return ask


def inventing(made):
    return lambda questions: [
        made.invent(question, Random(f"{question.prompt} {question.number}")) for question in questions
    ]


def rows_of(made, rows, ask, seed=1):
    work = work_on(rows, ask=ask, seed=seed)
    return list(made.make(work)), work


def test_self_instruct_keeps_new_tasks_and_says_why_it_leaves_out_others():
    reply = (
        "1. Explain how a bridge carries weight\nInput: none\nOutput: By its arches.\n"
        "2. Explain how a bridge carries its weight\nInput:\nOutput: So.\n"
        "3. Draw a map of the river\nInput: none\nOutput: No.\n4. Too short now\nInput: none\nOutput: x\n"
        "5. Name the color of a house\nInput: none\nOutput: red\n6. Sort these words by their length\nInput: a\nOutput:\n"
        "7. Translate this sentence for a child\nInput: Bonjour\nOutput: Hello"
    )
    made = maker("self-instruct", at_once=True, tasks=9, most_requests=1, per_round=1)
    rows, work = rows_of(made, SEEDS, says(reply))
    assert rows == [
        {"instruction": "Explain how a bridge carries weight", "input": "", "output": "By its arches."},
        {"instruction": "Translate this sentence for a child", "input": "Bonjour", "output": "Hello"},
    ]
    assert work.notes == {
        "a new task was left out: too similar to an earlier task": 2,
        "a new task was left out: it needs more than text": 1,
        "a new task was left out: too few or too many words": 1,
        "an instance was left out: its output is empty": 1,
        "requests ran out before there were enough tasks": 1,
    }


def test_tasks_and_instances_are_asked_for_apart_and_labels_first_for_classifications():
    ask = says(
        "1. Tell whether this review is friendly", "Yes",
        "1. Output: friendly\nInput: I liked it\n2. Output: unfriendly\nInput: Awful\n3. Output: x\nInput: x\n"
        "4. Output: friendly\nInput: It is\n5. Output: unfriendly\nInput: It is",
    )  # fmt: skip
    rows, work = rows_of(maker("self-instruct", tasks=1, per_round=1), SEEDS, ask)
    assert [(row["input"], row["output"]) for row in rows] == [("I liked it", "friendly"), ("Awful", "unfriendly")]
    assert work.notes["an instance was left out: its output is its input"] == 1
    assert work.notes["an instance was left out: its input has several outputs"] == 2
    assert "one of the labels" in ask.asked[2].prompt


@pytest.mark.parametrize("compare", ["pool", "round"])
def test_similarity_is_taken_over_the_pool_or_within_a_round(compare):
    reply = "1. Name the oldest river of a continent\nInput: none\nOutput: {}"
    made = maker("self-instruct", at_once=True, tasks=9, most_requests=2, per_round=1, compare=compare)
    rows, _ = rows_of(made, SEEDS, says(reply.format("one"), reply.format("two")))
    assert [row["output"] for row in rows] == (["one"] if compare == "pool" else ["one", "two"])


@real
def test_self_instruct_on_the_real_seeds_keeps_no_two_tasks_alike():
    seeds = [json.loads(line) for line in (DATA / "self-instruct-seed-tasks.jsonl").read_text().splitlines()]
    assert len(seeds) == 175
    made = maker("self-instruct", at_once=True, tasks=60, most_requests=60)
    rows, _ = rows_of(made, seeds, inventing(made))
    again, _ = rows_of(made, seeds, inventing(made))
    texts = [row["instruction"] for row in rows]
    assert rows == again
    assert len(texts) > 20
    assert all(plainly(one, other) <= 0.7 + 1e-9 for one, other in combinations(texts, 2))
    assert all(plainly(text, seed["instruction"]) <= 0.7 + 1e-9 for text in texts for seed in seeds)


REASONS = {
    "v1": {"kept": 1153, "too similar": 48, "it has a link in it": 1},
    "v2": {"kept": 1247, "too similar": 39, "it is no JSON": 14},
    "v3": {"kept": 652, "it has a link in it": 2},
}


@real
@pytest.mark.parametrize("version", list(REASONS))
def test_alpaca_libres_kept_rows_are_judged_by_our_filter(version):
    """Its similarity is compared within a round alone, so a filter over all of them keeps fewer, and says why."""
    from collections import Counter

    from llmreg_makers.rouge import Pool

    made, pool, reasons = maker("self-instruct", links=False), Pool(0.7), Counter()
    for line in (DATA / f"alpaca-libre-tasks-{version}.jsonl").read_text().splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            reasons["it is no JSON"] += 1
            continue
        if row["status"] != "ok":
            continue
        task = " ".join(row["instruction"].split())
        reason = made._fault(task) or ("too similar" if pool.too_similar(task) else "")
        reasons[reason or "kept"] += 1
        if not reason:
            pool.add(task)
    assert dict(reasons) == REASONS[version]


def test_reverse_instructions_keep_the_text_as_the_answer():
    rows = [{"text": "Roses are red. " * 30}, {"text": " "}, {"text": "Violets"}]
    ask = says(' "Write a poem" ', "  ")
    found, work = rows_of(maker("reverse-instructions", styles=["chatbot"], length_hints=1.0), rows, ask)
    assert found == [
        {
            "instruction": "Write a poem Write about 90 words.",
            "input": "",
            "output": "Roses are red. " * 30,
            "style": "chatbot",
        }
    ]
    assert work.dropped == {"text is empty": 1, "the generator wrote no instruction": 1}
    assert "chatbot answered" in ask.asked[0].prompt


CHATS = [
    ("[Human] Q\n[AI] A\n[Human] More?\n[AI] B", 4, ""),
    ("[AI] A\n[Human] thanks", 2, ""),
    ("nothing", 0, "the conversation is too short"),
    ("[Human] Q\n[Human] Q again\n[AI] A", 0, "one side speaks twice in a row"),
    ("[Human] Q\n[AI]\n[Human] hm\n[AI] A", 0, "a turn is empty"),
]


@pytest.mark.parametrize(("reply", "turns", "reason"), CHATS)
def test_a_transcript_becomes_a_conversation_or_is_dropped(reply, turns, reason):
    found, work = rows_of(maker("self-chat"), [{"instruction": "Q"}], says(reply))
    assert [len(row["messages"]) for row in found] == ([turns] if turns else [])
    assert all(row["messages"][0] == {"role": "user", "content": "Q"} for row in found)
    assert dict(work.dropped) == ({reason: 1} if reason else {})


def test_rationales_that_come_to_another_answer_are_dropped():
    rows = [{"instruction": "2 + 2?", "input": "", "output": "4"}] * 3
    replies = ("Two and two. So the answer is 4.", "Hm. So the answer is 5.", "4")
    found, work = rows_of(maker("rationales"), rows, says(*replies))
    assert found == [{**rows[0], "rationale": "Two and two."}]
    assert work.dropped == {
        "the reasoning comes to another answer": 1,
        "the reply has no reasoning that comes to an answer": 1,
    }


def test_the_best_rated_answer_is_chosen_and_one_that_is_worse_is_rejected():
    row = {"instruction": "Hi", "answers": ["a", "b", "c"]}
    made = maker("judge-preferences", aspects=["is true", "is kind"], rejected="worst")
    found, _ = rows_of(made, [row], says("1: 2\n2: 5\n3: 4", "1. 2\n2. 5\n3. 1"))
    assert found == [{"instruction": "Hi", "input": "", "chosen": "b", "rejected": "a", "ratings": [5, 2]}]


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        (["1: 3\n2: 3"], "no answer is better than another"),
        (["1: 9\n2: 3"], "the ratings cannot be read"),
        (["1: 3"], "the ratings cannot be read"),
    ],
)
def test_what_cannot_be_rated_is_dropped_rather_than_guessed(replies, reason):
    made = maker("judge-preferences", aspects=["is true"])
    found, work = rows_of(made, [{"instruction": "Hi", "answers": ["a", "b"]}], says(*replies))
    assert found == []
    assert work.dropped == {reason: 1}


def test_evolved_instructions_that_came_out_badly_are_left_out():
    rows = [{"instruction": f"Ask {number}"} for number in range(4)]
    rewritten = ["Ask 0 and why", "ask  1", "Ask 2 in the rewritten instruction", "Ask 3 of the sea"]
    ask = says("a", "b", "c", "d", *rewritten, "fine", "fine", "fine", "Sorry, I cannot.")
    found, work = rows_of(maker("evol-instruct", rounds=1), rows, ask)
    assert [(row["instruction"], row["round"]) for row in found][4:] == [("Ask 0 and why", 1)]
    assert sum(work.notes.values()) == 3


ASKING = ["self-instruct", "reverse-instructions", "self-chat", "rationales", "judge-preferences", "evol-instruct"]


@pytest.mark.parametrize("name", ASKING)
def test_every_maker_that_asks_can_be_rehearsed_and_comes_to_the_same_each_time(name):
    from llmreg.nano.makers import rows_like

    made = maker(name).scaled()
    rows = rows_like("text" if name == "reverse-instructions" else "instruction", 12, seed=3)
    first, again = (rows_of(made, rows, inventing(made)) for _ in range(2))
    assert first[0] == again[0]
    assert first[0]
    if made.one_to_one:
        assert len(first[0]) + sum(first[1].dropped.values()) == len(rows)


@pytest.mark.parametrize("name", ASKING)
def test_what_a_maker_asks_stays_below_what_it_said_it_would(name):
    from llmreg.nano.makers import rows_like

    made = maker(name).scaled()
    rows = rows_like("text" if name == "reverse-instructions" else "instruction", 12, seed=3)
    asked = []

    def ask(questions):
        asked.extend(questions)
        return inventing(made)(questions)

    rows_of(made, rows, ask)
    assert 0 < len(asked) <= made.estimate(len(rows)).calls


@pytest.mark.parametrize("settings", [{"tasks": 30}, {"tasks": 30, "at_once": True}, {"tasks": 30, "most_requests": 2}])
def test_a_generator_that_always_says_the_same_is_not_asked_for_ever(settings):
    made, asked = maker("self-instruct", **settings), []

    def ask(questions):
        asked.extend(questions)
        return ["1. Explain the tides to a child\nInput: none\nOutput: The moon." for _ in questions]

    rows, _ = rows_of(made, SEEDS, ask)
    assert len(rows) <= 1
    assert len(asked) <= made.estimate(len(SEEDS)).calls
