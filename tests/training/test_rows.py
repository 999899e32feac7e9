import hashlib
import json

import pytest

from llmreg.errors import LlmregError
from llmreg.training.rows import fingerprint, read_rows

ROWS = [{"text": "one\u2028line {x}"}, {"text": "zwei", "n": 2}]


def test_the_three_kinds_of_file_hold_the_same_rows(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    full = [{"text": "one\u2028line {x}", "n": 1}, {"text": "zwei", "n": 2}]
    lines, array, parquet = (tmp_path / name for name in ("a.jsonl", "a.json", "a.parquet"))
    lines.write_text("\ufeff" + "\n\n".join(json.dumps(row, ensure_ascii=False) for row in full), encoding="utf-8")
    array.write_text(json.dumps(full, indent=2))
    pq.write_table(pa.Table.from_pylist(full), parquet)
    assert read_rows(lines) == read_rows(array) == read_rows(parquet) == full


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}\n\n{"a": }\n', "data.json:3: is not JSON: Expecting value at column 7"),
        ('[\n {"a": 1},\n {"a": 2\n]', "data.json:4: is not JSON"),
        ('{"a": 1}\n[1]\n', r"data.json:2: a row is an object of fields, not \[1\]"),
        ('[{"a": 1}, "x"]', 'data.json: row 2: a row is an object of fields, not "x"'),
        ("", "holds no rows"),
        ("[]", "holds no rows"),
    ],
)
def test_broken_files_are_named_with_the_line(tmp_path, text, message):
    path = tmp_path / "data.json"
    path.write_text(text)
    with pytest.raises(LlmregError, match=message):
        read_rows(path)


def test_files_that_are_something_else_are_refused(tmp_path):
    with pytest.raises(LlmregError, match="no data file at"):
        read_rows(tmp_path / "absent.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(LlmregError, match="not UTF-8"):
        read_rows(tmp_path / "latin.jsonl")
    (tmp_path / "no.parquet").write_bytes(b"PAR2 nonsense")
    with pytest.raises(LlmregError, match="is not a parquet file"):
        read_rows(tmp_path / "no.parquet")


def test_a_fingerprint_is_the_rows_in_order_whatever_the_order_of_keys():
    assert fingerprint([{"a": 1, "b": "é"}]) == fingerprint([{"b": "é", "a": 1}])
    assert fingerprint(ROWS) != fingerprint(ROWS[::-1])
    assert fingerprint([{"b": "é", "a": 1}, {}]) == hashlib.sha256('{"a":1,"b":"é"}\n{}\n'.encode()).hexdigest()


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"bytes"])
def test_what_json_cannot_say_has_no_fingerprint(value):
    with pytest.raises(LlmregError, match="row 2 cannot be written as JSON"):
        fingerprint([{"a": 1}, {"a": value}])
