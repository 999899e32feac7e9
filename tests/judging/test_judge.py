"""Both orders are asked once each; whatever stops a run, the next one goes on, and the file comes out the same."""

from __future__ import annotations

import threading

import pytest
from judged import longer_wins, rows_of

from llmreg.asking.endpoint import NoReplyError, RefusedError
from llmreg.asking.replies import Reply, replies
from llmreg.errors import LlmregError, UsageError
from llmreg.judging.answers import read_pairs
from llmreg.judging.journal import Journal, read_rows
from llmreg.judging.judge import cost, estimate, plan, run
from llmreg.judging.prompts import template_hash
from llmreg.ratings import elo, read


class Judge:
    """Replies by length; `fails` says at which question, counted from 1, it raises what."""

    def __init__(self, name="ann", fails=None, says=longer_wins, **settings):
        self.name, self.settings = name, {"max_tokens": 100, **settings}
        self.fails, self.says = fails or {}, says
        self.asked = []

    def ask(self, prompt):
        self.asked.append(prompt)
        if error := self.fails.get(len(self.asked)):
            raise error
        return Reply(self.says(prompt), "stop", "m", 10, 2)


@pytest.fixture
def pairs(files):
    return read_pairs([files.heron, files.wren], files.questions).found


@pytest.fixture
def judged(files, pairs):
    """Have a judge work on the file once; give the outcome."""

    def once(judge, mode="pairwise", **options):
        with replies(files.cache) as kept, Journal(options.pop("out", files.out)) as journal:
            return run(plan(judge, mode, pairs), judge, journal, kept, terms={"entry": "api"}, **options)

    return once


def test_every_pair_is_judged_in_both_orders_and_read_as_ratings(judged, files):
    outcome = judged(judge := Judge())
    assert (outcome.asked, outcome.kept, outcome.unparsed, outcome.failures) == (8, 0, 0, ())
    assert (outcome.tokens_in, outcome.tokens_out) == (80, 16)
    assert len(set(judge.asked)) == 8
    orders = [(row["item"], row["first"], row["winner"]) for row in rows_of(files.out)]
    assert orders[:2] == [("q1", "heron", "first"), ("q1", "wren", "second")]
    ratings = read([files.out])
    assert (len(ratings), ratings.judges, ratings.systems) == (8, ("ann",), ("heron", "wren"))
    assert elo(ratings, orders=10).standings[0].system == "heron"


def test_each_row_says_how_it_came_about(judged, files):
    judged(Judge(endpoint="http://here/v1"))
    row = rows_of(files.out)[0]
    assert row["template"] == template_hash("pairwise")
    assert row["settings"] == {"endpoint": "http://here/v1", "max_tokens": 100}
    assert row["terms"] == {"entry": "api"}
    assert (row["reply"], row["model"], row["finish"]) == ("Length decides.\nVerdict: 1", "m", "stop")
    assert row["first_answer"].startswith("sha256:")


def test_scores_are_read_as_scores(judged, files):
    judged(Judge(says=lambda prompt: "Scores: 7 8"), mode="scored")
    assert read([files.out]).scored.scores.tolist() == [[7, 8]] * 8


def test_a_reply_without_a_verdict_is_kept_as_unparsed(judged, files):
    outcome = judged(Judge(says=lambda prompt: "no idea"))
    assert outcome.unparsed == 8
    assert {row["winner"] for row in rows_of(files.out)} == {None}
    with pytest.raises(LlmregError, match="8 could not be parsed"):
        read([files.out])


def test_a_finished_run_asks_nothing_more(judged, files):
    judged(Judge())
    before = files.out.read_bytes()
    outcome = judged(again := Judge())
    assert (outcome.asked, outcome.kept, again.asked) == (0, 0, [])
    assert files.out.read_bytes() == before


@pytest.mark.parametrize("stop", range(1, 9))
def test_a_run_that_was_stopped_goes_on_and_ends_with_the_file_of_one_that_was_not(judged, files, tmp_path, stop):
    judged(Judge(), out=tmp_path / "whole.jsonl")
    files.cache.unlink()
    with pytest.raises(RefusedError):
        judged(Judge(fails={stop: RefusedError("stop")}))
    assert len(rows_of(files.out)) == stop - 1
    files.out.write_bytes(files.out.read_bytes()[:-7])  # and the last line was cut by a kill
    outcome = judged(Judge())
    assert outcome.asked + outcome.kept == 8 - max(0, stop - 2)
    assert files.out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_replies_that_were_kept_are_not_asked_for_again(judged, files, tmp_path):
    judged(Judge())
    outcome = judged(again := Judge(), out=tmp_path / "other.jsonl")
    assert (outcome.asked, outcome.kept, again.asked) == (0, 8, [])
    assert (tmp_path / "other.jsonl").read_bytes() == files.out.read_bytes()


@pytest.mark.parametrize(
    ("other", "mode"),
    [(Judge("bob"), "pairwise"), (Judge(seed=1), "pairwise"), (Judge(endpoint="x"), "pairwise"), (Judge(), "scored")],
    ids=["judge", "seed", "endpoint", "mode"],
)
def test_another_judge_prompt_or_setting_is_another_question_and_another_file(judged, files, tmp_path, other, mode):
    judged(Judge())
    with pytest.raises(UsageError, match="name another file with --output"):
        judged(other, mode)
    assert judged(other, mode, out=tmp_path / "other.jsonl").asked == 8


def test_a_question_without_a_reply_is_reported_and_asked_again_next_time(judged, files):
    outcome = judged(Judge(fails={2: NoReplyError("HTTP 500"), 5: NoReplyError("HTTP 500")}))
    assert (outcome.asked, outcome.failures) == (6, ("HTTP 500", "HTTP 500"))
    assert len(rows_of(files.out)) == 6
    assert judged(Judge()).asked == 2
    assert len(read([files.out])) == 8


def test_three_in_a_row_without_a_reply_end_the_run_and_what_was_judged_is_kept(judged, files):
    fails = {number: NoReplyError("it is down") for number in (3, 4, 5)}
    with pytest.raises(LlmregError, match=r"it is down; 3 questions in a row .* goes on from there"):
        judged(judge := Judge(fails=fails))
    assert len(judge.asked) >= 5
    assert len(rows_of(files.out)) == 2


def test_several_are_asked_at_a_time_but_never_more_than_the_limit_and_written_in_order(judged, files, tmp_path):
    judged(Judge(), out=tmp_path / "one-by-one.jsonl")
    files.cache.unlink()
    both, at_once = threading.Barrier(2, timeout=5), []
    lock = threading.Semaphore(2)

    class Slow(Judge):
        def ask(self, prompt):
            assert lock.acquire(blocking=False)  # a third would not get in
            both.wait()  # and one alone would wait in vain
            at_once.append(prompt)
            reply = super().ask(prompt)
            lock.release()
            return reply

    judged(Slow(), concurrency=2)
    assert len(at_once) == 8
    assert files.out.read_bytes() == (tmp_path / "one-by-one.jsonl").read_bytes()


def test_two_systems_that_said_the_same_are_still_two_ratings(files, tmp_path):
    for name in ("heron", "wren"):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"id": 1, "system": "{name}", "text": "same"}}\n')
    same = read_pairs([tmp_path / "heron.jsonl", tmp_path / "wren.jsonl"]).found
    judge = Judge()
    with replies(files.cache) as kept, Journal(files.out) as journal:
        run(plan(judge, "pairwise", same), judge, journal, kept, terms={})
    assert len(judge.asked) == 1
    ratings = read([files.out])
    assert (len(ratings), ratings.report.left_out) == (2, 0)


def test_the_estimate_counts_what_is_left_by_its_rule(judged, files, pairs):
    work = plan(Judge(), "pairwise", pairs)

    def needed(rows, *prices):
        with replies(files.cache) as kept:
            return estimate(work, work.left(files.out, rows), kept, prices)

    whole = needed([], 10, 30)
    tokens = sum(-(-len(question.prompt.encode()) // 4) for question in work.questions)
    assert (whole.judgments, whole.done, whole.kept, whole.asked) == (8, 0, 0, 8)
    assert (whole.tokens_in, whole.tokens_out) == (tokens, 800)
    assert whole.cost == pytest.approx((tokens * 10 + 800 * 30) / 1e6)
    judged(Judge(fails={2: NoReplyError("x")}))
    left = needed(read_rows(files.out), None, 30)
    assert (left.done, left.asked, left.tokens_out, left.cost) == (7, 1, 100, None)
    elsewhere = needed([], 0, 0)
    assert (elsewhere.kept, elsewhere.asked, elsewhere.cost) == (7, 1, 0)


def test_a_price_that_is_not_known_makes_the_cost_unknown_and_not_nothing():
    assert cost(1_000_000, 2_000_000, (3, 5)) == 13
    assert cost(1, 1, (None, 5)) is cost(1, 1, (5, None)) is None


def test_tokens_that_the_endpoint_does_not_count_are_unknown(judged):
    class Silent(Judge):
        def ask(self, prompt):
            return Reply("Verdict: 1")

    outcome = judged(Silent())
    assert (outcome.tokens_in, outcome.tokens_out) == (None, None)
