"""Preferences as published: a question with a better and a worse answer, or left out and counted."""

import pytest
from published import read


def pair(question, chosen, rejected):
    return {"messages": [{"role": "user", "content": question}], "chosen": chosen, "rejected": rejected}


EXCHANGE = "\n\nHuman: {}\n\nAssistant: {}"

REDDIT = {"subreddit": "a", "title": "b", "post": "c"}

SUMMED_UP = "SUBREDDIT: r/a\n\nTITLE: b\n\nPOST: c\n\nTL;DR:"


@pytest.mark.parametrize(
    ("reader", "published", "expected"),
    [
        (
            "hh-pairs",
            {"chosen": EXCHANGE.format("Q", "yes"), "rejected": EXCHANGE.format("Q", "no")},
            pair("Q", "yes", "no"),
        ),
        (
            "webgpt-pairs",
            {"question": {"full_text": "Q"}, "answer_0": "no", "answer_1": "yes", "score_0": -0.5, "score_1": 0.5},
            pair("Q", "yes", "no"),
        ),
        (
            "tldr-pairs",
            {"info": REDDIT, "summaries": [{"text": " no"}, {"text": " yes"}], "choice": 1},
            pair(SUMMED_UP, "yes", "no"),
        ),
        (
            "ultrafeedback",
            {
                "prompt": "Q",
                "chosen": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "yes"}],
                "rejected": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "no"}],
            },
            pair("Q", "yes", "no"),
        ),
        ("shp", {"history": "Q", "human_ref_A": "yes", "human_ref_B": "no", "labels": 1}, pair("Q", "yes", "no")),
        ("shp", {"history": "Q", "human_ref_A": "no", "human_ref_B": "yes", "labels": 0}, pair("Q", "yes", "no")),
        (
            "rm-static",
            {"prompt": "\n\nHuman: Q\n\nAssistant:", "response": " yes", "chosen": " yes", "rejected": " no"},
            pair("Q", "yes", "no"),
        ),
    ],
)
def test_preferences_as_published_are_a_question_with_two_answers(tmp_path, reader, published, expected):
    assert read(tmp_path, reader, "preference", published) == ([expected], {})


@pytest.mark.parametrize(
    ("reader", "published", "why"),
    [
        (
            "hh-pairs",
            {"chosen": EXCHANGE.format("Q", "yes"), "rejected": EXCHANGE.format("R", "no")},
            "a pair that parts before its last answers was left out",
        ),
        (
            "hh-pairs",
            {"chosen": "\n\nHuman: Q", "rejected": "\n\nHuman: Q"},
            "a pair that parts before its last answers was left out",
        ),
        ("hh-pairs", {"chosen": "", "rejected": "x"}, "a pair that parts before its last answers was left out"),
        (
            "hh-pairs",
            {"chosen": EXCHANGE.format("Q", "yes"), "rejected": EXCHANGE.format("Q", "")},
            "a pair with an empty answer was left out",
        ),
        (
            "hh-pairs",
            {"chosen": EXCHANGE.format("Q", "yes"), "rejected": EXCHANGE.format("Q", "yes")},
            "a pair of two equal answers was left out",
        ),
        (
            "hh-pairs",
            {"chosen": "\n\nAssistant: a\n\nAssistant: b", "rejected": "\n\nAssistant: a\n\nAssistant: c"},
            "a pair whose turns do not lead up to an answer was left out",
        ),
        (
            "webgpt-pairs",
            {"question": {"full_text": "Q"}, "answer_0": "no", "answer_1": "yes", "score_0": 0, "score_1": 0},
            "a comparison that prefers neither answer was left out",
        ),
        (
            "tldr-pairs",
            {"info": {"article": "news"}, "summaries": [{"text": "no"}, {"text": "yes"}], "choice": 1},
            "a comparison of something else than a post was left out",
        ),
        (
            "rm-static",
            {"prompt": "\n\nHuman: Q", "chosen": "yes", "rejected": "no"},
            "a pair whose prompt does not end with the mark of an answer was left out",
        ),
    ],
)
def test_a_pair_that_cannot_be_learnt_from_is_left_out_and_counted(tmp_path, reader, published, why):
    assert read(tmp_path, reader, "preference", published) == ([], {why: 1})


def test_a_system_message_and_earlier_turns_stay_in_the_question(tmp_path):
    before = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "Q"},
        {"role": "assistant", "content": "A"},
        {"role": "user", "content": "R"},
    ]
    sides = {side: [*before, {"role": "assistant", "content": side}] for side in ("chosen", "rejected")}
    found, tally = read(tmp_path, "ultrafeedback", "preference", sides)
    assert found == [{"messages": before, "chosen": "chosen", "rejected": "rejected"}]
    assert tally == {}
