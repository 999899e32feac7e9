"""Files of ratings become columns; whatever is odd about them is named by file and line."""

from __future__ import annotations

import gzip
import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rated import rating, released, write

from llmreg.errors import LlmregError, UsageError
from llmreg.ratings import read, read_answers
from llmreg.ratings.rows import FORM

UGLY = ['a "quoted" name', "two\nlines", "<script>alert(1)</script>", "🦙", "עברית", "a-vs-b"]


def said(ratings):
    return [(note.file.name, note.line, note.message) for note in ratings.report.notes]


def test_our_own_rows_become_columns(tmp_path):
    file = write(
        tmp_path / "r.jsonl",
        rating("a", "b", "first", item="q1", judge="ann"),
        rating("b", "a", "tie", item="q2", judge="bob", prompt="kept by whoever wrote it"),
        "",
        {"item": "q1", "first": "a", "second": "b", "scores": [8, 6.5], "judge": "ann"},
    )
    ratings = read([file])
    assert (ratings.systems, ratings.items, ratings.judges) == (("a", "b"), ("q1", "q2"), ("ann", "bob"))
    assert ratings.pairwise.wins.tolist() == [1.0, 0.5]
    assert ratings.scored.scores.tolist() == [[8.0, 6.5]]
    assert len(ratings.scored.items) == 1
    assert ratings.judged().wins.tolist() == [1.0, 0.5, 1.0]


def test_released_rows_are_of_questions_or_of_messages(tmp_path):
    row = {**released(1, "x", "y", 2), "message_id": "c0ffee"}
    del row["question_id"]
    write(tmp_path / "a-vs-b-gpt-4-reviewer.jsonl", row, released(7, "z", "y", 3))
    ratings = read([tmp_path])
    assert (ratings.items, ratings.judges, ratings.systems) == (("7", "c0ffee"), ("gpt-4",), ("a", "b"))
    assert ratings.wins.tolist() == [0.0, 0.5]


@pytest.mark.parametrize("name", UGLY)
def test_systems_may_have_any_name(tmp_path, name):
    ratings = read([write(tmp_path / "r.jsonl", rating(name, "b", "first"))])
    assert set(ratings.systems) == {name, "b"}


def test_what_a_judge_said_unreadably_is_counted_and_left_out(tmp_path):
    rows = [
        rating("a", "b", None),
        rating("a", "b", "first", item=2),
        {**rating("a", "b", None, item=3), "scores": None},
    ]
    more = write(tmp_path / "a-vs-b.jsonl", released(1, "x", "y", -1), released(2, "x", "y", [-1, -1]))
    ratings = read([write(tmp_path / "r.jsonl", *rows), more])
    assert (ratings.report.rows, ratings.report.unparsed, len(ratings)) == (5, 4, 1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "is no JSON: Expecting property name enclosed in double quotes at column 2; it seems to be cut off"),
        ('{"item": "q', "is no JSON: Unterminated string starting at column 10; it seems to be cut off"),
        ('{"item": x}', "is no JSON: Expecting value at column 10"),
        ("[1]", "a rating is a JSON object"),
        (rating("a", "b", "third"), "winner: Input should be 'first', 'second' or 'tie', not 'third'"),
        ({"item": 1, "first": "a", "second": "b"}, "give `winner` or `scores`"),
        ({"item": 1, "first": "a", "winner": "tie"}, "second: is missing"),
        (rating("a", "a", "tie"), "the same system, 'a'"),
        (rating("", "b", "tie"), "first: "),
        ({**rating("a", "b", "tie"), "scores": [1, 2]}, "not both"),
        ({"item": 1, "first": "a", "second": "b", "scores": [1]}, "scores: takes two numbers, not [1]"),
        ({"item": 1, "first": "a", "second": "b", "scores": [1, -2]}, "greater than or equal to 0"),
        ('{"item": 1, "first": "a", "second": "b", "scores": [NaN, 1]}', "NaN is no JSON number"),
        ('{"item": 1, "first": "a", "second": "b", "scores": [1e999, 1]}', "finite"),
        (released(1, "x", "y", 7), "7 is none of 1 (first), 2 (second), 3 (tie), -1 (unparsed)"),
        ({**released(1, "x", "y", 1), "question_id": None}, "neither `question_id` nor `message_id`"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_a_line_that_is_no_rating_is_an_error_with_file_and_line(tmp_path, line, message):
    file = write(tmp_path / "x-vs-y.jsonl", rating("a", "b", "first"), line)
    with pytest.raises(LlmregError) as error:
        read([file])
    told, form = str(error.value).splitlines()
    assert told.startswith(f"{file}:2: ")
    assert message in told
    assert ("cut off" in told) == ("cut off" in message)
    assert form == FORM


def test_every_bad_line_is_named_as_far_as_a_screen_goes(tmp_path):
    with pytest.raises(LlmregError, match=r"r.jsonl:1: .*\n(.*\n)*\.\.\. and 5 more"):
        read([write(tmp_path / "r.jsonl", *["nonsense"] * 25)])


def test_what_is_no_text_is_said_to_be_none(tmp_path):
    (tmp_path / "r.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LlmregError, match=r"r.jsonl: is no text in UTF-8"):
        read([tmp_path / "r.jsonl"])


def test_a_rating_read_twice_counts_once(tmp_path):
    write(tmp_path / "a-vs-b.jsonl", released(1, "x", "y", 1), released(1, "x", "y", 2))
    write(tmp_path / "own.jsonl", *[rating("a", "b", "first", judge="ann")] * 2, rating("a", "b", "tie", judge="bob"))
    write(tmp_path / "with-ids.jsonl", *[rating("a", "b", "first", judge="cy", id=each) for each in ("1", "1", "2")])
    ratings = read([tmp_path, tmp_path / "own.jsonl"])
    assert ratings.report.left_out == 3
    assert len(ratings) == 5
    assert [(file, line) for file, line, _ in said(ratings)] == [
        ("a-vs-b.jsonl", 2),
        ("own.jsonl", 2),
        ("with-ids.jsonl", 2),
    ]
    assert "repeats the rating in" in said(ratings)[0][2]


def test_empty_files_are_named_and_nothing_at_all_is_an_error(tmp_path):
    empty = write(tmp_path / "empty.jsonl")
    assert said(read([empty, write(tmp_path / "r.jsonl", rating("a", "b", "first"))])) == [
        ("empty.jsonl", 1, "holds no rating")
    ]
    with pytest.raises(LlmregError, match=r"no rating is left of 0 rows in 1 file\n.*empty.jsonl:1: holds no rating"):
        read([empty])
    with pytest.raises(LlmregError, match=r"1 could not be parsed"):
        read([write(tmp_path / "unparsed.jsonl", rating("a", "b", None))])
    with pytest.raises(UsageError, match=r"no such file or folder"):
        read([tmp_path / "missing"])
    (tmp_path / "bare").mkdir()
    with pytest.raises(UsageError, match=r"holds no .jsonl file"):
        read([tmp_path / "bare"])


def test_rows_of_the_wrong_kind_are_said_to_be_missing(tmp_path):
    ratings = read([write(tmp_path / "r.jsonl", rating("a", "b", "first"))])
    with pytest.raises(LlmregError, match=r"of 1 rating none scores both answers .*; `llmreg evaluate elo`"):
        _ = ratings.scored
    with pytest.raises(LlmregError, match=r"comes from eve"):
        ratings.by(["eve"])


def test_systems_can_be_called_otherwise(tmp_path):
    ratings = read([write(tmp_path / "r.jsonl", rating("a", "b", "first"))])
    assert ratings.renamed({"a": "Alpha"}).systems == ("Alpha", "b")
    with pytest.raises(UsageError, match=r"no system 'aa' was rated"):
        ratings.renamed({"aa": "x"})
    with pytest.raises(UsageError, match=r"two systems would have one name"):
        ratings.renamed({"a": "b"})


@pytest.mark.parametrize(
    "text",
    [
        '{"x": "a", "y": "b"}',
        '{"answer_id": "x", "system": "a"}\n{"answer_id": "y", "model_id": "b", "text": "..."}\n',
    ],
)
def test_tables_of_answers_come_in_two_forms(tmp_path, text):
    (tmp_path / "answers").write_text(text)
    assert read_answers([tmp_path / "answers"]) == {"x": "a", "y": "b"}


def test_a_table_of_answers_that_is_not_there_is_named_with_its_option(tmp_path):
    with pytest.raises(UsageError, match=r"--answers: .*absent: no such file"):
        read_answers([tmp_path / "absent"])


def test_one_line_of_answers_is_no_table_of_ids(tmp_path):
    (tmp_path / "answers").write_text('{"answer_id": "x", "system": "a"}\n')
    assert read_answers([tmp_path / "answers"]) == {"x": "a"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"x": "a", "x": "b"}', "the answer 'x' is a's and b's too"),
        ('{"x": 3}', "give `answer_id` and `system`"),
        ("[]", "give `answer_id` and `system`"),
        ('{"answer_id": "x"}', "give `answer_id` and `system`"),
        ("x,a", "is no JSON: Expecting value at column 1; give `answer_id` and `system`"),
    ],
)
def test_a_table_of_answers_that_cannot_be_right_is_refused(tmp_path, text, message):
    (tmp_path / "answers").write_text(text)
    with pytest.raises(LlmregError, match=r"answers:1: ") as error:
        read_answers([tmp_path / "answers"])
    assert message in str(error.value)


def test_ids_are_trusted_over_the_names_in_a_row(tmp_path):
    file = write(tmp_path / "r.jsonl", rating("a", "b", "first", first_answer="x", second_answer="y"))
    ratings = read([file], {"x": "b", "y": "a"})
    assert (ratings.systems[ratings.first[0]], ratings.wins[0]) == ("b", 1.0)
    assert "says a and b, the ids of the answers b and a" in said(ratings)[0][2]


def test_the_report_is_plain_json(tmp_path):
    ratings = read([write(tmp_path / "r.jsonl", *[rating("a", "b", "first")] * 2)])
    again = json.loads(json.dumps(ratings.report.to_json()))
    assert again["notes"][0]["line"] == 2
    assert math.isclose(again["left_out"], 1)


@pytest.mark.parametrize("score", [None, -1, "-1", "", "NaN", "error", [], [-1, -1], [None, 8], ["good", 8], "[8, 9"])
def test_scores_that_could_not_be_read_are_counted_in_whatever_way_they_say_so(tmp_path, score):
    rows = [released(1, "x1", "y1", 1), released(2, "x2", "y2", score)]
    ratings = read([write(tmp_path / "a-vs-b.jsonl", *rows)])
    assert (len(ratings), ratings.report.unparsed, ratings.report.left_out) == (1, 1, 0)


def test_a_score_in_words_that_nobody_knows_is_named(tmp_path):
    rows = [released(1, "x1", "y1", 1), released(2, "x2", "y2", "tie")]
    ratings = read([write(tmp_path / "a-vs-b.jsonl", *rows)])
    assert said(ratings) == [
        ("a-vs-b.jsonl", 2, "score: 'tie' is none of 1 (first), 2 (second), 3 (tie); counted as unparsed")
    ]


@pytest.mark.parametrize(
    ("score", "wins"), [("1", 1.0), (2.0, 0.0), ("3.0", 0.5), (["8", "7.5"], 1.0), ([7, 7], 0.5), ([0, 10], 0.0)]
)
def test_scores_are_numbers_however_they_are_written(tmp_path, score, wins):
    ratings = read([write(tmp_path / "a-vs-b.jsonl", released(1, "x", "y", score))])
    assert ratings.judged().wins.tolist() == [wins]


@pytest.mark.parametrize("score", [True, {}, [1], [1, 2, 3], "7", 1.5, [[1], 2], 10**400])
def test_scores_that_mean_something_else_are_no_ratings(tmp_path, score):
    with pytest.raises(LlmregError, match=r"a-vs-b.jsonl:1: score: "):
        read([write(tmp_path / "a-vs-b.jsonl", released(1, "x", "y", score))])


def test_nan_in_a_released_row_is_a_score_that_could_not_be_read(tmp_path):
    lines = [json.dumps(released(number, "x", f"y{number}", float("nan"))) for number in (1, 2)]
    ratings = read([write(tmp_path / "a-vs-b.jsonl", *lines, released(3, "x", "y3", 2))])
    assert (len(ratings), ratings.report.unparsed) == (1, 2)


@pytest.mark.parametrize("missing", [{"answer2_id": None}, {"answer2_id": ""}, "answer1_id"])
def test_a_row_with_one_side_only_is_left_out_with_its_line(tmp_path, missing):
    row = released(2, "x2", "y2", 1)
    row = {**row, **missing} if isinstance(missing, dict) else {k: v for k, v in row.items() if k != missing}
    ratings = read([write(tmp_path / "a-vs-b.jsonl", released(1, "x", "y", 1), row)])
    assert said(ratings) == [("a-vs-b.jsonl", 2, "has an answer on one side only; left out")]
    assert (len(ratings), ratings.report.left_out) == (1, 1)


def test_ids_may_be_numbers_and_the_same_ones_in_each_file(tmp_path):
    for first, second, shift in (("a", "b", 10), ("a", "c", 20)):
        rows = [released(i, 100 + i, shift + i, 1, review_id=i, reviewer_id="gpt-4") for i in range(3)]
        write(tmp_path / f"{first}-vs-{second}.jsonl", *rows)
    write(tmp_path / "own.jsonl", rating("a", "b", "first", item=9, id=7, first_answer=109, second_answer=19))
    write(
        tmp_path / "answers",
        {"answer_id": 100, "model_id": "a"},
        *({"answer_id": i, "system": "a"} for i in (101, 102)),
    )
    ratings = read([tmp_path], read_answers([tmp_path / "answers"]))
    assert (ratings.systems, len(ratings), ratings.report.left_out) == (("a", "b", "c"), 7, 0)
    assert ratings.items == ("0", "1", "2", "9")


def test_rows_without_an_id_are_told_apart_by_what_was_rated(tmp_path):
    rows = [{k: v for k, v in released(i, f"x{i}", f"y{i}", 1).items() if k != "review_id"} for i in range(3)]
    ratings = read([write(tmp_path / "a-vs-b.jsonl", *rows, rows[0])])
    assert (len(ratings), said(ratings)[0][1]) == (3, 4)


@pytest.mark.parametrize("ending", [b"\r\n", b"\r", b"\n\n", b" \n"])
@pytest.mark.parametrize("packed", [False, True])
def test_byte_order_marks_line_endings_and_gzip_are_read(tmp_path, ending, packed):
    lines = [json.dumps(rating("a", "b", "first", item=item)).encode() for item in range(3)]
    data = b"\xef\xbb\xbf" + ending.join(lines) + ending
    (tmp_path / "r.jsonl").write_bytes(gzip.compress(data) if packed else data)
    assert len(read([tmp_path])) == 3


def test_files_that_are_damaged_or_none_are_named(tmp_path):
    (tmp_path / "r.jsonl.gz").write_bytes(gzip.compress(b"{}" * 999)[:-9])
    with pytest.raises(LlmregError, match=r"r.jsonl.gz: is damaged, so gzip cannot unpack it"):
        read([tmp_path])
    (tmp_path / "r.jsonl.gz").unlink()
    (tmp_path / "folder.jsonl").mkdir()
    write(tmp_path / "folder.jsonl" / "r.jsonl", rating("a", "b", "first"))
    assert len(read([tmp_path])) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"item": 1, "first": "\\ud800", "second": "b", "winner": "tie"}', "first: Input should be a valid string"),
        ('{"item": 1, "item": 2, "first": "a", "second": "b", "winner": "tie"}', "has 'item' twice"),
        ('{"item": ' + "1" * 5000 + "}", "digits"),
        ({**released(1, "x", "y", 1), "answer1_id": 1.5}, "answer1_id: "),
    ],
)
def test_what_json_allows_and_no_rating_holds_is_an_error_with_its_line(tmp_path, line, message):
    with pytest.raises(LlmregError) as error:
        read([write(tmp_path / "r.jsonl", line)])
    assert str(error.value).startswith(f"{tmp_path / 'r.jsonl'}:1: ")
    assert message in str(error.value)


def test_the_same_answer_of_two_systems_in_our_own_rows(tmp_path):
    same = {"first_answer": "x", "second_answer": "x"}
    rows = [rating("a", "b", "tie", **same), rating("b", "c", "first", item=2, first_answer="x", second_answer="z")]
    for table, ambiguous in (({"x": {"a", "b"}, "z": "c"}, 0), ({"x": {"a", "d"}, "z": "c"}, 1)):
        ratings = read([write(tmp_path / "r.jsonl", *rows)], table)
        assert (len(ratings), ratings.report.ambiguous, ratings.report.identical) == (2 - ambiguous, ambiguous, 1)


def test_answers_that_lines_give_to_several_systems_are_theirs_all(tmp_path):
    write(tmp_path / "a", {"answer_id": "x", "model_id": "a"}, {"answer_id": "y", "model_id": "a"})
    write(tmp_path / "b", {"answer_id": "x", "model_id": "b"})
    assert read_answers([tmp_path / "a", tmp_path / "b"]) == {"x": {"a", "b"}, "y": "a"}


def test_a_table_of_answers_that_is_nested_too_deep_is_refused(tmp_path):
    (tmp_path / "answers").write_text("[" * 100_000)
    with pytest.raises(LlmregError, match=r"answers:1: is no JSON"):
        read_answers([tmp_path / "answers"])


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
FIELDS = ["review_id", "question_id", "message_id", "answer1_id", "answer2_id", "reviewer_id", "score", "item", "first",
          "second", "winner", "scores", "judge", "id", "first_answer", "second_answer"]  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=3), max_size=4), st.sampled_from("ab"))
def test_whatever_a_row_holds_it_is_read_counted_or_named(tmp_path, changes, kind):
    base = released(1, "x", "y", 1) if kind == "a" else rating("a", "b", "first")
    file = write(tmp_path / "a-vs-b.jsonl", released(0, "x0", "y0", 1), *({**base, **each} for each in changes))
    report, said = None, ""
    try:
        report = read([file]).report
    except LlmregError as error:
        said = str(error)
    assert str(file).encode() in said.encode() if report is None else report.rows == len(changes) + 1
    json.dumps(report.to_json() if report else None)
