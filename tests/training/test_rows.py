import hashlib
import json

import pytest

from llmreg.errors import LlmregError
from llmreg.nano.tokenizer import tokenizer
from llmreg.schema import RecipeData, Training
from llmreg.training.encode import encode
from llmreg.training.rows import Joined, Part, Table, draw, fingerprint, hold_out, place_of

ROWS = [{"text": "one\u2028line {x}"}, {"text": "zwei", "n": 2}]
TEXT = RecipeData(format="text")


def table(tmp_path, count=7, data=TEXT):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(f'{{"text": "{number}"}}' for number in range(count)))
    return Table([path], data)


def test_a_table_is_gone_through_as_often_as_wanted_and_knows_its_identity(tmp_path):
    rows = table(tmp_path)
    assert [row["text"] for row in rows] == list("0123456")
    assert list(rows) == list(rows)
    assert len(rows) == 7
    assert rows.sha256 == fingerprint(rows)


def test_several_files_are_one_table(tmp_path):
    one, two = tmp_path / "1.jsonl", tmp_path / "2.json"
    one.write_text('{"text": "a"}\n{"text": "b"}\n')
    two.write_text('[{"text": "c"}]')
    rows = Table([one, two], TEXT)
    assert [row["text"] for row in rows] == ["a", "b", "c"]
    assert [place_of(rows, number) for number in range(3)] == [f"{one}:1", f"{one}:2", f"{two}: row 1"]


def test_the_last_rows_are_held_out_in_order(tmp_path):
    train, held = hold_out(table(tmp_path), 3, None)
    assert [row["text"] for row in train] == list("0123")
    assert [row["text"] for row in held] == list("456")
    train, held = hold_out(table(tmp_path), 0, None)
    assert (len(train), held) == (7, [])


@pytest.mark.parametrize(("rows", "count", "seed"), [(9846, 1024, 42), (50, 7, 0), (3, 1, 5)])
def test_rows_held_out_at_random_are_those_that_datasets_holds_out(rows, count, seed):
    """Guanaco's are 1,024 of 9,846 with seed 42, which leaves 8,822 to train on."""
    import datasets

    ours = hold_out([{"row": number} for number in range(rows)], count, seed)
    theirs = datasets.Dataset.from_dict({"row": range(rows)}).train_test_split(test_size=count, shuffle=True, seed=seed)
    assert [row["row"] for row in ours[0]] == sorted(theirs["train"]["row"])
    assert [row["row"] for row in ours[1]] == sorted(theirs["test"]["row"])
    assert len(ours[0]) == rows - count


def test_a_row_of_a_part_is_named_by_its_place_in_the_file(tmp_path):
    rows = table(tmp_path)
    assert place_of(Part(rows, [2, 5]), 1) == f"{tmp_path / 'rows.jsonl'}:6"
    assert place_of([{}, {}], 1) == "row 2"
    assert place_of(Part([{}, {}], [1]), 0) == "row 2"


def test_a_reader_and_a_format_must_go_together(tmp_path):
    with pytest.raises(LlmregError, match=r"data.reader sharegpt gives rows of the format conversation, not text"):
        table(tmp_path, data=RecipeData(format="text", reader="sharegpt"))


def test_a_table_without_rows_is_refused_with_what_was_left_out(tmp_path):
    path = tmp_path / "empty.jsonl"
    path.write_text("\n")
    with pytest.raises(LlmregError, match=r"empty.jsonl holds no rows"):
        Table([path], TEXT)
    path.write_text('{"text": " "}\n{"text": ""}\n')
    with pytest.raises(LlmregError, match="holds no rows; 2 times an empty text was left out"):
        Table([path], RecipeData(format="text", reader="text"))


def test_a_fingerprint_is_the_rows_in_order_whatever_the_order_of_keys():
    assert fingerprint([{"a": 1, "b": "é"}]) == fingerprint([{"b": "é", "a": 1}])
    assert fingerprint(ROWS) != fingerprint(ROWS[::-1])
    assert fingerprint([{"b": "é", "a": 1}, {}]) == hashlib.sha256('{"a":1,"b":"é"}\n{}\n'.encode()).hexdigest()


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"bytes"])
def test_what_json_cannot_say_has_no_fingerprint(value):
    with pytest.raises(LlmregError, match="row 2 cannot be written as JSON"):
        fingerprint([{"a": 1}, {"a": value}])


def test_joined_rows_follow_each_other_and_keep_their_places(tmp_path):
    rows = Joined([table(tmp_path, 2), [{"text": "a"}], Part([{"text": "x"}, {"text": "y"}], [1])])
    assert [row["text"] for row in rows] == [row["text"] for row in rows] == ["0", "1", "a", "y"]
    assert len(rows) == 4
    assert [place_of(rows, number) for number in range(4)] == [
        f"{tmp_path / 'rows.jsonl'}:1", f"{tmp_path / 'rows.jsonl'}:2", "row 1", "row 2",
    ]  # fmt: skip


def test_a_drawn_share_is_in_order_and_the_same_with_the_same_seed(tmp_path):
    rows = table(tmp_path, 50)
    drawn = [int(row["text"]) for row in draw(rows, 0.3, 1)]
    assert len(drawn) == 15
    assert drawn == sorted(set(drawn)) == [int(row["text"]) for row in draw(rows, 0.3, 1)]
    assert drawn != [int(row["text"]) for row in draw(rows, 0.3, 2)]
    assert draw(rows, 1, 1) is rows
    assert len(draw(rows, 0.001, 1)) == 1


def write(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


ROW = '"instruction": "a", "output": "b"'
INSTRUCTION = RecipeData(format="instruction", loss_on="response", template="alpaca-stanford")


@pytest.mark.parametrize("other", ["NaN", "-Infinity", "7" * 5000, "[" * 50 + "]" * 50, '"x"', "null"])
def test_what_a_column_holds_that_nothing_reads_does_not_matter(tmp_path, other):
    rows = Table([write(tmp_path / "rows.jsonl", f'{{{ROW}, "meta": {other}}}', f"{{{ROW}}}")], INSTRUCTION)
    assert dict(rows.tally) == {"nothing was read of a row's 'meta'": 1}
    assert rows.sha256 == fingerprint([{"instruction": "a", "output": "b"}] * 2)


def test_columns_of_parquet_that_json_cannot_say_do_not_matter(tmp_path):
    import datetime

    import pyarrow as pa
    import pyarrow.parquet as pq

    row = {
        "instruction": "a",
        "output": "b",
        "at": datetime.datetime(2026, 1, 1),
        "raw": b"\xff",
        "score": float("nan"),
    }
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "rows.parquet")
    rows = Table([tmp_path / "rows.parquet"], INSTRUCTION)
    assert dict(rows.tally) == {"nothing was read of a row's 'at', 'raw', 'score'": 1}
    assert rows.sha256 == fingerprint([{"instruction": "a", "output": "b"}])


@pytest.mark.parametrize("value", ["NaN", "7" * 5000])
def test_a_column_that_is_read_must_be_json_and_is_named_by_its_place(tmp_path, value):
    path = write(tmp_path / "rows.jsonl", f"{{{ROW}}}", f'{{"instruction": "a", "output": {value}}}')
    with pytest.raises(LlmregError, match=rf"{path}:2 cannot be written as JSON: .*; keep text, numbers and lists"):
        Table([path], INSTRUCTION)


def test_keys_that_are_written_twice_are_counted(tmp_path):
    path = write(tmp_path / "rows.jsonl", f'{{{ROW}, "output": "c"}}', f"{{{ROW}}}")
    rows = Table([path], INSTRUCTION)
    assert dict(rows.tally) == {"of a row's 'output', written more than once, the last was taken": 1}
    assert [row["output"] for row in rows] == ["c", "b"]


@pytest.mark.parametrize("seed", [None, 4])
def test_a_broken_row_that_is_held_back_is_named_by_its_file_and_line(tmp_path, seed):
    from llmreg.catalog import load_catalog
    from llmreg.nano.tokenizer import tokenizer
    from llmreg.schema import Training
    from llmreg.training.encode import encode

    lines = [f"{{{ROW}}}"] * 6
    _, held = hold_out(Table([write(tmp_path / "rows.jsonl", *lines)], INSTRUCTION), 3, seed)
    lines[int(held.place(1).rpartition(":")[2]) - 1] = '{"instruction": "a"}'
    path = write(tmp_path / "rows.jsonl", *lines)
    _, held = hold_out(Table([path], INSTRUCTION), 3, seed)
    with pytest.raises(LlmregError, match=rf"^{held.place(1)}: the field 'output' is missing"):
        encode(held, INSTRUCTION, Training(), load_catalog()["alpaca-stanford"], tokenizer())


def test_what_a_message_has_beside_its_role_and_content_is_counted(tmp_path):
    said = '[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": NaN, "name": "x"}]'
    rows = Table([write(tmp_path / "rows.jsonl", f'{{"messages": {said}}}')], RecipeData(format="conversation"))
    assert dict(rows.tally) == {"nothing was read of a message's 'name', 'weight'": 1}
    plain = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert rows.sha256 == fingerprint([{"messages": plain}])


INSTRUCTIONS = RecipeData(format="instruction", loss_on="response")
CONVERSATIONS = RecipeData(format="conversation", loss_on="response")
ASKED, ANSWERED = {"role": "user", "content": "q"}, {"role": "assistant", "content": "r"}


def said(*messages):
    return {"messages": list(messages)}


@pytest.mark.parametrize(
    ("row", "data", "words"),
    [
        ({"instruction": "a", "output": None}, INSTRUCTIONS, "'output' is NoneType, not text"),
        ({"instruction": None, "output": "b"}, INSTRUCTIONS, "'instruction' is NoneType, not text"),
        ({"instruction": "a", "output": {"text": "b"}}, INSTRUCTIONS, "'output' is dict, not text"),
        ({"instruction": "a", "output": ["b"]}, INSTRUCTIONS, "'output' is list, not text"),
        ({"instruction": "a", "output": 5}, INSTRUCTIONS, "'output' is int, not text"),
        ({"instruction": "a", "output": True}, INSTRUCTIONS, "'output' is bool, not text"),
        ({"instruction": "a"}, INSTRUCTIONS, "'output' is missing"),
        ({"Instruction": "a", "Output": "b"}, INSTRUCTIONS, "'instruction' is missing; its fields are 'Instruction'"),
        (said(ASKED, ANSWERED), INSTRUCTIONS, "'instruction' is missing; its fields are 'messages'"),
        ({"instruction": "a", "output": "b"}, CONVERSATIONS, "has a list `messages` of objects"),
        ({"messages": "q"}, CONVERSATIONS, "has a list `messages` of objects"),
        (said("q", "r"), CONVERSATIONS, "has a list `messages` of objects"),
        (said(), CONVERSATIONS, "must take turns"),
        (said(ASKED), CONVERSATIONS, "nothing is left to learn"),
        (said(ASKED, ASKED, ANSWERED), CONVERSATIONS, "must take turns"),
        (said(ASKED, {"role": "tool", "content": "x"}, ANSWERED), CONVERSATIONS, "must take turns"),
        (said({"role": None, "content": "q"}, ANSWERED), CONVERSATIONS, "must take turns"),
        (said(ASKED, {"role": "assistant", "content": None}), CONVERSATIONS, "message 2: .*'content' is NoneType"),
        (said({"role": "user", "content": [{"type": "text"}]}, ANSWERED), CONVERSATIONS, "message 1: .* is list"),
    ],
)
def test_a_row_that_is_none_is_named_by_its_line(row, data, words, tmp_path, built_in):
    good = {"instruction": "a", "output": "b"} if data is INSTRUCTIONS else said(ASKED, ANSWERED)
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, (good, row))))
    template = built_in["alpaca-stanford" if data is INSTRUCTIONS else "vicuna-v1.1"]
    with pytest.raises(LlmregError, match=rf"rows\.jsonl:2\b.*{words}") as caught:
        encode(Table([path], data), data, Training(sequence_length=128), template, tokenizer())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", b'\xef\xbb\xbfinstruction,output\n"a, ""b""\nc",d\n'),
        ("rows.json", b'{\n "instruction": "a",\n "output": "b"\n}'),
        ("rows.yaml", b"- instruction: a\n  output: b\n"),
    ],
)
def test_a_file_that_is_no_json_says_what_rows_come_as(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LlmregError, match=rf"{name}:1: is not JSON: .*; rows come as JSON lines"):
        Table([tmp_path / name], INSTRUCTIONS)


def test_a_damaged_parquet_file_is_said_in_one_line(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"instruction": ["a"], "output": ["b"]}), path)
    path.write_bytes(path.read_bytes()[:10] + b"\xff" * 60 + path.read_bytes()[70:])
    with pytest.raises(LlmregError, match="is not a parquet file, or is cut off") as caught:
        Table([path], INSTRUCTIONS)
    assert "\n" not in str(caught.value)
