"""Files of ratings as people keep them: each row comes in, or is counted and named; no row ends all the others."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict

import pytest
from rated import rating, released, table_of, tournament, write

from llmreg.errors import LlmregError
from llmreg.ratings import read
from llmreg.ratings.elo import elo

ITEMS, ROWS = 6, 36
AB = "a-vs-b-gpt-4-reviewer-threeclass.jsonl"


def rows_of(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def every(**more):
    return lambda rows: [{**row, **more} for row in rows]


def first(**more):
    return lambda rows: [{**rows[0], **more}, *rows[1:]]


def without(*keys):
    return lambda rows: [{key: value for key, value in row.items() if key not in keys} for row in rows]


def swapped(rows):
    return [{**row, "answer1_id": row["answer2_id"], "answer2_id": row["answer1_id"]} for row in rows]


def counts(ratings):
    report = ratings.report
    return (report.rows, len(ratings), report.unparsed, report.left_out)


WHOLE = (ROWS, ROWS, 0, 0)
VARIANTS = {
    "as released": (lambda rows: rows, WHOLE),
    "more columns": (every(text="x", list=[1], metadata={"a": {}}), WHOLE),
    "fewer rows": (lambda rows: rows[:2], (ROWS - 4, ROWS - 4, 0, 0)),
    "one row": (lambda rows: rows[:1], (ROWS - 5, ROWS - 5, 0, 0)),
    "no row": (lambda rows: rows[:0], (ROWS - 6, ROWS - 6, 0, 0)),
    "more rows": (lambda rows: [*rows, released("new", "a:9", "b:9", 1)], (ROWS + 1, ROWS + 1, 0, 0)),
    "no reviewer": (without("reviewer_id"), WHOLE),
    "a null reviewer": (every(reviewer_id=None), WHOLE),
    "an empty reviewer": (every(reviewer_id=""), WHOLE),
    "a named reviewer": (every(reviewer_id="gpt-4"), WHOLE),
    "no review id": (without("review_id"), WHOLE),
    "a null review id": (every(review_id=None), WHOLE),
    "one review id": (every(review_id="x"), WHOLE),
    "no metadata": (without("metadata"), WHOLE),
    "whole numbers with a point": (lambda rows: [{**row, "question_id": float(n)} for n, row in enumerate(rows)], WHOLE),
    "numbers as questions": (lambda rows: [{**row, "question_id": n} for n, row in enumerate(rows)], WHOLE),
    "every slot swapped": (swapped, WHOLE),
    "half of the slots swapped": (lambda rows: [*swapped(rows[:3]), *rows[3:]], WHOLE),
    "in another order": (lambda rows: rows[::-1], WHOLE),
    "a question twice": (lambda rows: [*rows, {**rows[0], "review_id": "again"}], (ROWS + 1, ROWS + 1, 0, 0)),
    "a rating twice": (lambda rows: [*rows, rows[0]], (ROWS + 1, ROWS, 0, 1)),
    "a rating twice, with another verdict": (lambda rows: [*rows, {**rows[0], "score": 2}], (ROWS + 1, ROWS, 0, 1)),
    "one side missing": (first(answer1_id=None), (ROWS, ROWS - 1, 0, 1)),
    "both sides missing": (first(answer1_id=None, answer2_id=""), (ROWS, ROWS - 1, 0, 1)),
    "a score as text": (first(score="1"), WHOLE),
    "a score with a point": (first(score=2.0), WHOLE),
    "two scores": (first(score=[8, 7]), WHOLE),
    "two scores as text": (first(score=["8", "7.5"]), WHOLE),
    **{
        f"the score {score!r}": (first(score=score), (ROWS, ROWS - 1, 1, 0))
        for score in (None, "", -1, [-1, -1], [8, None], [8, "n/a"], [11, -1], [], "NaN", "tie", "A", "8 7", "8/10", "?")
    },
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_file_of_another_form_comes_in_and_what_does_not_is_counted(tmp_path, variant):
    change, wanted = VARIANTS[variant]
    file = tournament(tmp_path, "abc", ITEMS) / AB
    write(file, *change(rows_of(file)))
    ratings = read([tmp_path])
    assert (ratings.systems, counts(ratings)) == (("a", "b", "c"), wanted)
    assert [each.system for each in elo(ratings, orders=20).standings] in (["a", "b", "c"], ["b", "a", "c"])


@pytest.mark.parametrize("variant", ["one side missing", "a rating twice", "the score 'tie'", "no row"])
def test_what_is_left_out_is_named_with_its_file_and_line(tmp_path, variant):
    change, _ = VARIANTS[variant]
    file = tournament(tmp_path, "abc", ITEMS) / AB
    write(file, *change(rows_of(file)))
    (note,) = read([tmp_path]).report.notes
    assert (note.file.name, note.line) == (AB, 7 if variant == "a rating twice" else 1)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_array_is_read_as_lines_are(tmp_path, indent, pack):
    file = tournament(tmp_path, "abc", ITEMS) / AB
    plain = read([tmp_path])
    file.write_bytes(pack(b"\xef\xbb\xbf\r\n" + json.dumps([*rows_of(file), {}][:-1], indent=indent).encode()))
    ratings = read([tmp_path])
    assert counts(ratings) == WHOLE
    assert ratings.wins.tolist() == plain.wins.tolist()


def test_an_element_of_an_array_that_is_no_rating_is_named_by_its_number(tmp_path):
    (tmp_path / "r.jsonl").write_text(json.dumps([rating("a", "b", "first"), rating("a", "b", "third")], indent=2))
    with pytest.raises(LlmregError, match=r"r\.jsonl:2: winner: "):
        read([tmp_path])


def test_an_element_that_an_array_has_twice_counts_once(tmp_path):
    (tmp_path / "r.jsonl").write_text(json.dumps([rating("a", "b", "first")] * 2))
    assert counts(read([tmp_path])) == (2, 1, 0, 1)


def table(systems, items, same):
    given = defaultdict(set)
    for row in table_of(systems, items, same=same):
        given[row["answer_id"]].add(row["model_id"])
    return given


@pytest.mark.parametrize("items", [1, 2, 6])
@pytest.mark.parametrize("who", ["ab", "abc"])
def test_systems_that_the_table_gives_all_answers_alike_are_told_apart_by_the_files_names(tmp_path, who, items):
    same = [(item, who) for item in range(items)]
    ratings = read([tournament(tmp_path, "abc", items, same=same)], table("abc", items, same))
    assert (ratings.systems, counts(ratings)) == (("a", "b", "c"), (6 * items, 6 * items, 0, 0))
    assert [each.system for each in elo(ratings, orders=20).standings] == ["a", "b", "c"]
    assert ratings.report.ambiguous == 0


def test_a_name_is_not_asked_where_the_table_tells(tmp_path):
    folder = tournament(tmp_path, "abc", 6, same=[(0, "ab")])
    (folder / AB).rename(folder / "t")
    (folder / AB.replace("a-vs-b", "b-vs-a")).rename(folder / AB)
    (folder / "t").rename(folder / AB.replace("a-vs-b", "b-vs-a"))
    ratings = read([folder], table("abc", 6, [(0, "ab")]))
    assert [each.system for each in elo(ratings, orders=20).standings] == ["a", "b", "c"]
    assert sum("the ids are trusted" in note.message for note in ratings.report.notes) == 2
