import gzip
import json
import tracemalloc
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmreg.errors import LlmregError
from llmreg.training.formats import files
from llmreg.training.formats.files import records

ROWS = [{"text": 'one\u2028line {x} \\ "quoted"\n<script>', "n": 1}, {"text": "zwei \u202eאב🙂", "n": 2}]


def rows(path):
    return [row for _, row in records(path)]


def places(path):
    return [str(place) for place, _ in records(path)]


def write_parquet(path, table, **options):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(table), path, **options)


def test_all_kinds_of_file_hold_the_same_rows(tmp_path):
    lines, array, parquet, packed = (tmp_path / name for name in ("a.jsonl", "a.json", "a.parquet", "a.jsonl.gz"))
    text = "\ufeff" + "\n\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)
    lines.write_text(text, encoding="utf-8")
    array.write_text("\ufeff\n" + json.dumps(ROWS, indent=2), encoding="utf-8")
    write_parquet(parquet, ROWS)
    packed.write_bytes(gzip.compress(text.encode()))
    assert rows(lines) == rows(array) == rows(parquet) == rows(packed) == ROWS
    assert places(lines) == [f"{lines}:1", f"{lines}:3"]
    assert places(array) == [f"{array}: row 1", f"{array}: row 2"]
    assert places(parquet) == [f"{parquet}: row 1", f"{parquet}: row 2"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=5), st.recursive(st.none() | st.integers() | st.text(), st.lists))),
    st.sampled_from([None, 0, 3]),
    st.integers(1, 9),
)
def test_an_array_is_read_the_same_however_it_falls_into_pieces(tmp_path_factory, table, indent, chunk):
    path = tmp_path_factory.mktemp("array") / "a.json"
    path.write_text(json.dumps(table, indent=indent, ensure_ascii=indent == 0).encode("utf-8", "replace").decode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_CHUNK", chunk)
        assert rows(path) == json.loads(path.read_text())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}\n\n{"a": }\n', "data.json:3: is not JSON: Expecting value at column 7"),
        ('{"a": 1}\n{"a": "cut', "data.json:2: is not JSON: Unterminated string"),
        ('[\n {"a": 1},\n {"a": 2\n]', "data.json:4: is not JSON"),
        ('[{"a": 1}\n {"a": 2}]', "data.json:2: is not JSON: expected ',' or ']', found '{'"),
        ('[{"a": 1},\n', "data.json:2: is not JSON: Expecting value"),
        ('[{"a": 1}', "data.json:1: is not JSON: expected ',' or ']', found the end of the file"),
        ('[{"a": 1}]\n[]', "data.json:2: something follows the end of the array"),
        ('{"a": 1}\n[1]\n', r"data.json:2: a row is an object of fields, not \[1\]"),
        ('[{"a": 1}, "x"]', 'data.json: row 2: a row is an object of fields, not "x"'),
    ],
)
def test_broken_files_are_named_with_the_line(tmp_path, text, message):
    path = tmp_path / "data.json"
    path.write_text(text)
    with pytest.raises(LlmregError, match=message) as caught:
        rows(path)
    assert "; " in str(caught.value)  # a remedy follows


def test_files_that_are_something_else_are_refused(tmp_path):
    with pytest.raises(LlmregError, match="no data file at"):
        rows(tmp_path / "absent.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"a": 1}\n{"a": "\xe9"}')
    with pytest.raises(LlmregError, match=r"latin.jsonl:2: is not UTF-8"):
        rows(tmp_path / "latin.jsonl")
    (tmp_path / "latin.json").write_bytes(b'[{"a": "\xe9"}]')
    with pytest.raises(LlmregError, match="is not UTF-8"):
        rows(tmp_path / "latin.json")
    (tmp_path / "no.parquet").write_bytes(b"PAR2 nonsense")
    with pytest.raises(LlmregError, match="is not a parquet file"):
        rows(tmp_path / "no.parquet")
    packed = gzip.compress(b'{"a": "' + b"x" * 9999 + b'"}\n')
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[:-9])
    with pytest.raises(LlmregError, match="is damaged or cut off"):
        rows(tmp_path / "cut.jsonl.gz")


@pytest.mark.parametrize("kind", ["lines", "array", "gzip"])
def test_a_file_is_never_in_memory_whole(tmp_path, kind):
    path = tmp_path / "large"
    line = json.dumps({"text": "x" * 1000})
    text = ("[" + ",\n".join([line] * 12_000) + "]") if kind == "array" else "\n".join([line] * 12_000)
    path.write_bytes(gzip.compress(text.encode(), 1) if kind == "gzip" else text.encode())
    del text
    tracemalloc.start()
    try:
        assert sum(1 for _ in records(path)) == 12_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20, f"of a file of {12_000 * len(line):,} bytes"


def test_parquet_is_read_batch_by_batch(tmp_path):
    """12 MB of text in row groups of about 0.5 MB."""
    import pyarrow as pa

    path = tmp_path / "large.parquet"
    table = [{"text": f"{number}" + "x" * 1000} for number in range(12_000)]
    write_parquet(path, table, row_group_size=500, compression="none", use_dictionary=False)
    before = pa.total_allocated_bytes()
    most = max(pa.total_allocated_bytes() for _ in records(path))
    assert most - before < 4 * 2**20


@pytest.mark.parametrize("text", ['{"a": %s}\n', '[{"a": 1},\n {"a": %s}]'])
def test_what_is_nested_too_deeply_is_named(tmp_path, text):
    path = tmp_path / "data.json"
    path.write_text(text % ("[" * 100_000 + "]" * 100_000))
    with pytest.raises(LlmregError, match=rf"{path}:[12]: is nested too deeply to be read; take the row out"):
        rows(path)


@pytest.mark.parametrize("text", ['{"a": %s}\n', '[{"a": %s}]'])
def test_a_number_of_too_many_digits_is_out_of_range(tmp_path, text):
    path = tmp_path / "data.json"
    path.write_text(text % ("-" + "7" * 5000))
    assert rows(path) == [{"a": float("-inf")}]


def test_keys_that_are_written_twice_are_counted_at_any_depth(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text('{"a": 1, "a": 2, "b": {"c": 1, "c": 1}}\n{"a": 3}\n{"a": 1, "a": 2, "a": 3}\n')
    tally = Counter()
    assert [row for _, row in records(path, tally)] == [{"a": 2, "b": {"c": 1}}, {"a": 3}, {"a": 3}]
    assert tally == {
        "of a row's 'a', written more than once, the last was taken": 2,
        "of a row's 'c', written more than once, the last was taken": 1,
    }
