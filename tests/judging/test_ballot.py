"""The order and the sides are drawn by seed and rater, every vote is written at once, and what is done can be undone."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmreg.judging.answers import Answer, Pair, read_pairs
from llmreg.judging.ballot import Ballot
from llmreg.judging.journal import Journal, read_rows
from llmreg.ratings import read


def pairs(count):
    return [
        Pair(f"q{i}", None, Answer(f"h{i}", "heron", f"h {i}"), Answer(f"w{i}", "wren", f"w {i}")) for i in range(count)
    ]


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "votes.jsonl") as opened:
        yield opened


def ballot(journal, count=4, rater="ann", seed=0):
    return Ballot(pairs(count), rater, seed, journal)


def shown(count, rater, seed, journal):
    """Give the pairs in the order in which they are shown, voting on each."""
    box, found = Ballot(pairs(count), rater, seed, journal), []
    while current := box.current:
        found.append(current[1])
        box.skip(current[0])
    return found


def test_one_seed_and_rater_see_one_order_and_others_another(journal):
    order = shown(30, "ann", 0, journal)
    assert shown(30, "ann", 0, journal) == order
    assert shown(30, "bob", 0, journal) != order != shown(30, "ann", 1, journal)
    assert sorted(pair.item for pair in order) == sorted(pair.item for pair in pairs(30))


def test_each_system_is_on_each_side_half_the_time(journal):
    assert Counter(pair.first.system for pair in shown(30, "ann", 0, journal)) == {"heron": 15, "wren": 15}


def test_a_vote_says_what_was_shown_first_and_is_read_as_a_rating(journal):
    box = ballot(journal)
    number, pair = box.current
    box.vote(number, "second")
    (row,) = read_rows(journal.path)
    assert (row["item"], row["judge"], row["first"], row["second"]) == (
        pair.item, "ann", pair.first.system, pair.second.system,
    )  # fmt: skip
    assert (row["first_answer"], row["winner"], row["seed"]) == (pair.first.id, "second", 0)
    assert len(read([journal.path])) == 1


def test_a_vote_on_another_pair_than_the_shown_one_is_left_aside(journal):
    box = ballot(journal)
    number, _ = box.current
    box.vote(number, "tie")
    box.vote(number, "first")  # the key was hit twice
    box.skip(number)
    assert (box.done, box.skipped, len(journal.rows)) == (1, 0, 1)


def test_a_new_start_goes_on_where_the_last_one_stopped(journal):
    box = ballot(journal)
    box.vote(box.current[0], "tie")
    box.vote(box.current[0], "first")
    then = box.current
    again = ballot(journal)
    assert (again.current, again.done) == (then, 2)


def test_undo_takes_back_votes_and_skips_in_their_order(journal):
    box = ballot(journal)
    first = box.current
    box.vote(first[0], "tie")
    second = box.current
    box.skip(second[0])
    box.undo()
    assert (box.current, box.skipped, box.done) == (second, 0, 1)
    box.undo()
    assert (box.current, box.done, read_rows(journal.path)) == (first, 0, [])
    assert not box.can_undo
    box.undo()
    assert box.current == first


def test_after_a_new_start_votes_can_be_undone_and_never_another_raters(journal):
    bob = ballot(journal, rater="bob")
    bob.vote(bob.current[0], "first")
    ann = ballot(journal)
    assert not ann.can_undo
    ann.vote(ann.current[0], "tie")
    again = ballot(journal)
    again.undo()
    again.undo()
    assert [row["judge"] for row in read_rows(journal.path)] == ["bob"]
    assert again.done == 0


def test_what_was_skipped_can_be_looked_at_again(journal):
    box = ballot(journal, 2)
    first = box.current
    box.skip(first[0])
    box.vote(box.current[0], "tie")
    assert (box.current, box.skipped) == (None, 1)
    box.look_again()
    assert (box.current, box.skipped) == (first, 0)
    box.undo()  # the skip is forgotten, the vote is not
    assert box.done == 0


def test_several_raters_are_several_judges_of_one_file(journal):
    for rater in ("ann", "bob"):
        box = ballot(journal, rater=rater)
        while current := box.current:
            box.vote(current[0], "first" if current[1].first.system == "heron" else "second")
    ratings = read([journal.path])
    assert (ratings.judges, len(ratings), ratings.report.left_out) == (("ann", "bob"), 8, 0)


def test_an_answer_that_has_changed_is_judged_anew(journal, files):
    found = read_pairs([files.heron, files.wren]).found
    box = Ballot(found, "ann", 0, journal)
    while current := box.current:
        box.vote(current[0], "tie")
    files.wren.write_text(files.wren.read_text().replace("answer 2", "better 2"))
    changed = Ballot(read_pairs([files.heron, files.wren]).found, "ann", 0, journal)
    assert (changed.done, changed.current[1].item) == (3, "q2")


def test_a_vote_that_cannot_be_written_does_not_count(journal, monkeypatch):
    box = ballot(journal)
    number, _ = box.current
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            box.vote(number, "first")
    assert (box.done, box.current[0]) == (0, number)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["first", "second", "tie", "skip", "undo", "again", "restart"]), max_size=25))
def test_whatever_a_rater_does_the_file_holds_what_the_page_says(acts):
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "votes.jsonl") as journal:
        box = ballot(journal, 3)
        for act in acts:
            number = box.current[0] if box.current else 0
            if act == "restart":
                box = ballot(journal, 3)
            elif act in ("undo", "again"):
                (box.undo if act == "undo" else box.look_again)()
            elif act == "skip":
                box.skip(number)
            else:
                box.vote(number, act)
            rows = read_rows(journal.path)
            assert len(rows) == len({row["item"] for row in rows}) == box.done
            assert box.done + box.skipped + len(box._open) == box.total == 3
