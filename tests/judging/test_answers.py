"""Answers are read strictly, paired by item, and called by what they say."""

from __future__ import annotations

import pytest
from judged import UGLY, write

from llmreg.errors import LlmregError, UsageError
from llmreg.judging.answers import read_pairs


def test_answers_to_one_item_are_paired_with_its_question(files):
    pairs = read_pairs([files.heron, files.wren], files.questions)
    assert pairs.systems == ("heron", "wren")
    assert [(pair.item, pair.first.system, pair.second.system) for pair in pairs.found] == [
        (f"q{i}", "heron", "wren") for i in range(1, 5)
    ]
    assert pairs.found[0].question == "What is 1?"
    assert pairs.found[0].first.text.endswith(UGLY)
    assert (pairs.unpaired, pairs.unasked, pairs.naming) == ((), 0, 0)


def test_three_systems_meet_pairwise(files, tmp_path):
    crow = write(tmp_path / "crow.jsonl", {"id": "q2", "system": "crow", "text": "caw"})
    pairs = read_pairs([files.heron, files.wren, crow])
    on_q2 = {(pair.first.system, pair.second.system) for pair in pairs.found if pair.item == "q2"}
    assert on_q2 == {("heron", "wren"), ("heron", "crow"), ("wren", "crow")}
    assert pairs.unpaired == ("q1", "q3", "q4")


def test_fastchats_words_are_read_too_and_numbers_are_ids(tmp_path):
    rows = [{"question_id": 7, "answer_id": "x1", "model_id": name, "text": name} for name in ("a", "b")]
    (pair,) = read_pairs([write(tmp_path / "both.jsonl", *rows)]).found
    assert (pair.item, pair.first.id, pair.first.system, pair.question) == ("7", "x1", "a", None)


def test_a_question_may_stand_with_the_answer_and_the_file_of_questions_goes_before_it(tmp_path):
    rows = [{"id": i, "system": name, "text": name, "question": f"row's {i}"} for name in "ab" for i in (1, 2)]
    asked = write(tmp_path / "questions.jsonl", {"id": 2, "text": "file's 2"})
    pairs = read_pairs([write(tmp_path / "both.jsonl", *rows)], asked)
    assert [pair.question for pair in pairs.found] == ["row's 1", "file's 2"]


def test_an_answer_without_an_id_is_called_by_its_text(files):
    first, second = read_pairs([files.heron, files.wren]).found[:2]
    assert first.first.id.startswith("sha256:")
    assert first.first.id != second.first.id
    assert first.first.id == read_pairs([files.wren, files.heron]).found[0].second.id


def test_answers_that_name_a_system_are_counted(tmp_path):
    rows = [{"id": 1, "system": "Heron", "text": "I am HERON, a bird."}, {"id": 1, "system": "wren", "text": "I too."}]
    assert read_pairs([write(tmp_path / "both.jsonl", *rows)]).naming == 1


def test_every_line_that_is_no_answer_is_named_with_what_is_wrong(tmp_path):
    file = tmp_path / "bad.jsonl"
    file.write_text(
        '{"id": 1, "text": "x"}\n\nnonsense\n[1]\n{"id": 1, "system": "a", "text": 3.5}\n' + "[" * 100_000 + "\n"
    )
    with pytest.raises(LlmregError) as caught:
        read_pairs([file])
    text = str(caught.value)
    assert f"{file}:1: system is missing" in text
    assert f"{file}:3: is no JSON" in text
    assert f"{file}:4: the line takes a mapping of fields" in text
    assert f"{file}:6: is no JSON" in text


def test_a_second_answer_of_one_system_to_one_item_is_an_error(files, tmp_path):
    again = write(tmp_path / "again.jsonl", {"id": "q1", "system": "wren", "text": "other"})
    with pytest.raises(LlmregError, match=r"again\.jsonl:1: wren has answered the item 'q1' before"):
        read_pairs([files.heron, files.wren, again])


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "by nobody"),
        ([{"id": 1, "system": "a", "text": ""}], "only by a"),
        ([{"id": 1, "system": "a", "text": ""}, {"id": 2, "system": "b", "text": ""}], "no item was answered by two"),
    ],
)
def test_less_than_a_pair_is_an_error(tmp_path, rows, says):
    with pytest.raises(UsageError, match=says):
        read_pairs([write(tmp_path / "a.jsonl", *rows)])


def test_a_file_that_is_none_or_no_text_is_named(tmp_path):
    with pytest.raises(UsageError, match="absent: no such file"):
        read_pairs([tmp_path / "absent"])
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(LlmregError, match="binary: is no text in UTF-8"):
        read_pairs([tmp_path / "binary"])
