"""SQL from a model reads and nothing else, and stops in time; what it did is told."""

from __future__ import annotations

import pytest

from llmreg.evaluation import sandbox
from llmreg.evaluation.sandbox import Outcome, run

SETUP = "CREATE TABLE t(a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, NULL), (3, x'00ff')"
FOREVER = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"


def test_each_query_meets_the_tables_as_they_were_filled():
    first, second, wrong = run(SETUP, ["SELECT * FROM t", "SELECT count(*) AS n, avg(a) FROM t", "SELEC"])
    assert first == Outcome(rows=[[1, "x"], [2, None], [3, {"bytes": "00ff"}]], columns=["a", "b"])
    assert second == Outcome(rows=[[3, 2.0]], columns=["n", "avg(a)"])
    assert wrong.error == 'near "SELEC": syntax error'


WRITING = (
    "ATTACH '{file}' AS x", "VACUUM INTO '{file}'", "PRAGMA writable_schema = 1", "PRAGMA temp_store_directory = '/'",
    "DROP TABLE t", "DELETE FROM t", "UPDATE t SET a = 1", "INSERT INTO t VALUES (4, 'y')", "CREATE TABLE u(a)",
    "CREATE TEMP TABLE u(a)", "CREATE VIRTUAL TABLE u USING fts5(a)", "ALTER TABLE t RENAME TO u", "BEGIN",
    "SELECT * FROM pragma_database_list", "ANALYZE", "WITH c AS (SELECT 1) INSERT INTO t SELECT 1, 2 FROM c",
)  # fmt: skip


def test_what_does_more_than_read_is_refused(tmp_path):
    file = tmp_path / "out.db"
    found = dict(zip(WRITING, run(SETUP, [query.replace("{file}", str(file)) for query in WRITING]), strict=True))
    assert found == dict.fromkeys(WRITING, Outcome(refused="not allowed: it does more than read"))
    assert not file.exists()


def test_functions_that_reach_outside_or_draw_are_refused():
    calls = ["load_extension('x')", "random()", "randomblob(9)", "LOAD_EXTENSION('x', 'y')"]
    for call, outcome in zip(calls, run(SETUP, [f"SELECT {call}" for call in calls]), strict=True):
        name = call.partition("(")[0].lower()
        assert (outcome.refused or "").lower() == f"not allowed: the function {name}"


ENDLESS = {
    f"{FOREVER} SELECT count(*) FROM c": "20,000,000 steps",
    f"{FOREVER} SELECT x FROM c": "1,000 rows",
    "WITH RECURSIVE c(x) AS (SELECT zeroblob(90000) UNION ALL SELECT zeroblob(90000) FROM c) SELECT x FROM c ORDER BY x": "128 MiB",
    "SELECT count(*) FROM " + ", ".join(f"t t{number}" for number in range(20)): "20,000,000 steps",
}


def test_what_would_not_end_is_stopped():
    found = dict(zip(ENDLESS, run(SETUP, list(ENDLESS)), strict=True))
    assert found == {query: Outcome(refused=f"stopped: more than {limit}") for query, limit in ENDLESS.items()}


WRONG = {
    "SELECT zeroblob(1000000000)": "string or blob too big",
    "SELECT 1; DROP TABLE t": "one statement at a time",
    "SELECT readfile('/etc/hostname')": "no such function",
    "SELECT * FROM nowhere": "no such table: nowhere",
    "": "it asks for nothing",
    "-- a remark": "it asks for nothing",
    "SELECT '\ud800'": "surrogates",
    "SELECT '\x00'": "",
    "DETACH main": "",
}


def test_what_is_wrong_is_told_in_sqlites_words():
    for (query, error), outcome in zip(WRONG.items(), run(SETUP, list(WRONG)), strict=True):
        assert outcome.rows is None, query
        assert error in (outcome.error or outcome.refused), query


def test_odd_values_come_back_as_json():
    (outcome,) = run("", ["SELECT 1e999, -1e999, 'a''<b>🙂', cast(x'ff' AS text), NULL"])
    assert outcome.rows == [[{"real": "inf"}, {"real": "-inf"}, "a'<b>🙂", "\ufffd", None]]


def test_seconds_are_a_limit_too(monkeypatch):
    """A process that says nothing is given up; the limit is lowered so that the test need not wait."""
    monkeypatch.setattr(sandbox, "SECONDS", -20.0)
    assert run(SETUP, ["SELECT 1"])[0].refused == "stopped: more than -20 seconds"


@pytest.mark.parametrize(
    "setup", ["ATTACH 'x.db' AS x", "CREATE TABLE", f"{SETUP}; DROP TABLE t", "SELECT load_extension('x')"]
)
def test_tables_are_filled_under_guard_too(setup):
    assert run(setup, ["SELECT 1"])[0].rows is None


def test_tables_are_described_by_name_and_columns():
    setup = 'CREATE TABLE "odd ""name" (a, "b c"); CREATE TABLE t2(x)'
    assert sandbox.tables(setup) == {'odd "name': ["a", "b c"], "t2": ["x"]}
    with pytest.raises(ValueError, match="syntax error"):
        sandbox.tables("CREATE TABL x")
