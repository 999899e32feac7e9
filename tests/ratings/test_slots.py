"""The ids of answers tell which system stands in which slot; a file's name is heard only where no id is known."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rated import released, table_of, tournament, write

from llmreg.errors import LlmregError
from llmreg.ratings import read, read_answers
from llmreg.ratings.slots import FileName

ITEMS = range(1, 4)


def file(folder, first, second, *, named=None, resampled=""):
    """Write a file in which `first` wins throughout; `named` gives the names that the file bears instead."""
    one, other = named or (first, second)
    rows = [released(item, f"{first}:{item}{resampled}", f"{second}:{item}", 1) for item in ITEMS]
    rows = [{**row, "review_id": f"{first}/{second}/{named}/{row['question_id']}"} for row in rows]
    return write(folder / f"{one}-vs-{other}-gpt-4-reviewer-threeclass.jsonl", *rows)


def table(*systems):
    return {f"{system}:{item}": system for system in systems for item in ITEMS}


def winners(ratings):
    return {ratings.systems[each] for each in ratings.first}


@pytest.mark.parametrize(
    ("stem", "names"),
    [
        ("a-vs-b", ("a", "b", None)),
        ("answer-gpt4-vs-answer-vicuna-13b-gpt-4-reviewer-threeclass", ("answer-gpt4", "answer-vicuna-13b", "gpt-4")),
        ("13b-x-topp0.9-temp0.7-vs-gpt-3.5-gpt4-reviewer", ("13b-x-topp0.9-temp0.7", "gpt-3.5", "gpt4")),
        ("gpt-3.5-vs-gpt4-gpt4-reviewer", ("gpt-3.5", "gpt4", "gpt4")),
    ],
)
def test_a_file_name_tells_two_systems_and_perhaps_the_judge(tmp_path, stem, names):
    found = FileName.of(tmp_path / f"{stem}.jsonl")
    assert (found.first, found.second, found.judge) == names


@given(st.text(max_size=40))
def test_any_name_is_read_or_not_without_a_fault(stem):
    from pathlib import PurePath

    found = FileName.of(PurePath("folder") / f"x{stem}".replace("/", ""))
    assert found is None or "-vs-" in f"x{stem}"


def test_swapped_names_are_found_with_a_table(tmp_path):
    file(tmp_path, "new", "old", named=("old", "new"))
    ratings = read([tmp_path], table("old"))
    assert winners(ratings) == {"new"}
    assert ratings.report.guessed == ("new",)
    (note,) = ratings.report.notes
    assert "put new first and old second, the file's name has the two swapped" in note.message


def test_swapped_names_are_found_without_a_table_where_other_files_give_them_away(tmp_path):
    for other in ("b", "c"):
        file(tmp_path, "ref", other)
        file(tmp_path, other, "ref")
    file(tmp_path, "ref", "d", named=("d", "ref"))
    file(tmp_path, "d", "ref", named=("ref", "d"))
    ratings = read([tmp_path])
    assert ratings.systems == ("b", "c", "d", "ref")
    assert {note.file.name.partition("-gpt")[0] for note in ratings.report.notes} == {"d-vs-ref", "ref-vs-d"}
    assert ratings.report.guessed == ("b", "c", "d", "ref")


def test_one_file_alone_is_believed(tmp_path):
    ratings = read([file(tmp_path, "b", "a", named=("a", "b"))])
    assert winners(ratings) == {"a"}
    assert not ratings.report.notes


def test_answers_that_were_sampled_again_are_still_their_system(tmp_path):
    for other in ("b", "c"):
        file(tmp_path, "ref", other)
        file(tmp_path, other, "ref", resampled=" again")
    ratings = read([tmp_path], table("ref"))
    assert ratings.systems == ("b", "c", "ref")
    assert not ratings.report.notes


def test_a_name_of_quite_another_system_is_reported(tmp_path):
    ratings = read([file(tmp_path, "a", "c", named=("a", "b"))], table("a", "b", "c"))
    assert ratings.systems == ("a", "c")
    assert "put a first and c second, the file's name says a and b" in ratings.report.notes[0].message


def test_an_answer_that_is_nobodys_is_left_out_with_its_line(tmp_path):
    ratings = read([file(tmp_path, "a", "b")], {key: name for key, name in table("a", "b").items() if key != "a:2"})
    (note,) = ratings.report.notes
    assert (note.line, ratings.report.left_out) == (2, 1)
    assert "nothing tells whose answer 'a:2' is" in note.message


def test_a_system_is_not_compared_with_itself(tmp_path):
    file(tmp_path, "a", "b")
    rows = [released(item, f"a:{item}", f"a:{item} again", 1, review_id=f"self-{item}") for item in ITEMS]
    write(tmp_path / "a-vs-a.jsonl", *rows)
    ratings = read([tmp_path], {**table("a", "b"), **{f"a:{item} again": "a" for item in ITEMS}})
    assert ratings.report.left_out == 3
    assert "compares a with itself" in ratings.report.notes[0].message


def test_answers_in_both_slots_cannot_be_told_apart_without_a_table(tmp_path):
    rows = [released(1, "x", "y", 1), released(2, "y", "z", 1)]
    path = write(tmp_path / "a-vs-b.jsonl", *rows)
    with pytest.raises(LlmregError, match=r"the same answers stand in both slots.*--answers"):
        read([path])
    assert read([path], {"x": "a", "y": "b", "z": "a"}).systems == ("a", "b")


def test_a_file_that_names_nobody_lends_its_own_name(tmp_path):
    ratings = read([write(tmp_path / "night.jsonl", released(1, "x", "y", 1))])
    assert ratings.systems == ("night (first)", "night (second)")
    assert ratings.judges == ("reviewer 1",)


SEVEN = ("s1", "s2", "s3", "s4", "s5", "s6", "s7")


def wrong(ratings):
    """Count the rows in which a system beats one that is better."""
    names = ratings.systems
    return sum(
        (names[first] < names[second]) != (wins == 1)
        for first, second, wins in zip(ratings.first, ratings.second, ratings.wins, strict=True)
    )


SAME = {
    "none": [],
    "one in a file": [(3, ("s1", "s2"))],
    "three systems, several items": [(0, ("s2", "s3", "s5")), (7, ("s1", "s7")), (9, ("s4", "s5"))],
    "all systems": [(4, SEVEN)],
}


@pytest.mark.parametrize("same", SAME.values(), ids=SAME)
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_systems_that_give_the_same_answer_are_told_apart_by_all_the_others(tmp_path, same, suffix):
    tournament(tmp_path, SEVEN, 12, same=same)
    if suffix == ".jsonl.gz":
        for path in list(tmp_path.iterdir()):
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
    ratings = read([tmp_path])
    assert (ratings.systems, wrong(ratings), ratings.report.notes) == (SEVEN, 0, ())
    identical = sum(len(who) * (len(who) - 1) for _, who in same)
    assert (len(ratings), ratings.report.identical, ratings.report.ambiguous) == (42 * 12, identical, 0)


@pytest.mark.parametrize("same", SAME.values(), ids=SAME)
def test_a_table_may_give_an_answer_to_several_systems(tmp_path, same):
    tournament(tmp_path, SEVEN, 12, same=same)
    table = read_answers([write(tmp_path / "answers", *table_of(SEVEN, 12, same=same))])
    ratings = read([tmp_path], table)
    assert (ratings.systems, wrong(ratings), len(ratings)) == (SEVEN, 0, 42 * 12)
    assert ratings.report.guessed == ()


@pytest.mark.parametrize("same", [SAME["one in a file"], SAME["all systems"]])
def test_a_table_that_has_room_for_one_system_of_an_answer_costs_few_rows_and_turns_none(tmp_path, same):
    tournament(tmp_path, SEVEN, 12, same=same)
    table = {row["answer_id"]: row["model_id"] for row in table_of(SEVEN, 12, same=same)}
    ratings = read([tmp_path], table)
    assert (ratings.systems, wrong(ratings)) == (SEVEN, 0)
    assert len(ratings) + ratings.report.ambiguous == 42 * 12
    assert ratings.report.ambiguous <= 10 * len(same[0][1])


def test_a_table_that_lacks_a_system_leaves_its_answers_to_the_files_names(tmp_path):
    same = [(3, ("s1", "s2"))]
    tournament(tmp_path, SEVEN, 12, same=same)
    known = SEVEN[:1] + SEVEN[2:]
    table = read_answers([write(tmp_path / "answers", *table_of(known, 12, same=same))])
    ratings = read([tmp_path], table)
    assert (ratings.systems, ratings.report.guessed, wrong(ratings)) == (SEVEN, ("s2",), 0)
    assert (ratings.report.ambiguous, ratings.report.identical) == (10, 2)  # that answer against the five others


def test_few_answers_in_both_slots_do_not_stand_for_many(tmp_path):
    rows = [released(item, f"a:{item}", f"b:{item}", 1) for item in range(9)]
    path = write(tmp_path / "a-vs-b.jsonl", *rows, released(10, "a:3", "same", 1), released(11, "same", "b:3", 1))
    ratings = read([path])
    assert (ratings.systems, len(ratings), ratings.report.ambiguous) == (("a", "b"), 9, 2)
    assert "nothing tells whose answer 'same' is (it stands in both slots)" in ratings.report.notes[0].message


def test_a_row_that_is_swapped_in_a_file_follows_its_ids(tmp_path):
    for other in ("b", "c"):
        file(tmp_path, "a", other)
    path = tmp_path / "a-vs-b-gpt-4-reviewer-threeclass.jsonl"
    path.write_text(path.read_text() + json.dumps(released("swapped", "b:1", "a:1", 2)) + "\n")
    ratings = read([tmp_path], table("a", "b", "c"))
    assert (len(ratings), ratings.report.left_out) == (7, 0)
    assert sum(ratings.systems[each] == "b" for each in ratings.first) == 1


def test_one_answer_in_both_slots_throughout_tells_nothing(tmp_path):
    path = write(tmp_path / "a-vs-b.jsonl", *(released(item, f"x:{item}", f"x:{item}", 3) for item in ITEMS))
    with pytest.raises(LlmregError, match=r"no rating is left of 3 rows in 1 file\n(.*\n)*.*--answers"):
        read([path])
    file(tmp_path, "c", "d")
    ratings = read([tmp_path])
    assert (ratings.systems, ratings.report.left_out, ratings.report.ambiguous) == (("c", "d"), 3, 3)


def test_systems_that_share_less_than_half_stay_apart_though_they_never_met(tmp_path):
    for system in ("a", "b"):
        rows = [released(f"{system}{item}", f"{system}:{item}", f"ref:{item}", 1) for item in range(6)]
        rows += [released(f"{system}{item}", f"same:{item}", f"ref:{item}", 1) for item in range(6, 10)]
        write(tmp_path / f"{system}-vs-ref.jsonl", *rows)
    ratings = read([tmp_path])
    assert (ratings.systems, len(ratings)) == (("a", "b", "ref"), 20)
