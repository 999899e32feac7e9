import pytest

from llmreg.errors import LlmregError
from llmreg.evaluation.tasks.text_to_sql import Asked, TextToSql, statement

TABLES = "CREATE TABLE events(user_id INTEGER, rpc_method TEXT)"
FIRST = "INSERT INTO events VALUES (1, 'Login'), (1, 'Login'), (2, 'Login'), (3, 'Log''out')"
SECOND = "INSERT INTO events VALUES (7, 'Login')"
ROW = Asked(
    id="logins",
    goal='count how many users issued the request "Login".',
    tables=TABLES,
    fillings=(FIRST, SECOND),
    query="SELECT count(DISTINCT user_id) FROM events WHERE rpc_method = 'Login'",
)


def outcome(told, said, row=ROW):
    (item,) = TextToSql().score(told(says=[said]), [row]).items
    return item


@pytest.mark.parametrize(
    ("said", "right", "runs"),
    [
        ("SELECT COUNT(DISTINCT user_id) AS users FROM events WHERE rpc_method = 'Login';", 1, 1),
        ("SELECT 1.0 * count(*) FROM (SELECT user_id FROM events WHERE rpc_method = 'Login' GROUP BY 1)", 1, 1),
        ("SELECT count(*) FROM events WHERE rpc_method = 'Login'", 0, 1),
        ("SELECT 2", 0, 1),  # right on the first filling only
        ("SELECT count(DISTINCT user_id), 1 FROM events WHERE rpc_method = 'Login'", 0, 1),
        ("SELECT count(*) FROM users", 0, 0),
        ("DROP TABLE events", 0, 0),
        ("I cannot do that.", 0, 0),
        ("", 0, 0),
    ],
)
def test_a_query_is_right_if_it_gives_what_the_right_one_gives_on_every_filling(told, said, right, runs):
    item = outcome(told, said)
    assert (item["execution-accuracy"], item["runs"]) == (right, runs)


def test_what_a_query_tried_is_told(told, figures):
    says = ["DROP TABLE events", "SELECT 2", "SELECT nowhere"]
    scored = TextToSql().score(told(says=says), [ROW] * 3)
    assert [item["refused"] for item in scored.items] == ["not allowed: it does more than read", None, None]
    assert scored.items[2]["error"] == "no such column: nowhere"
    assert scored.notes == ("queries refused or stopped: 1",)
    assert figures(scored) == {"execution-accuracy": 0, "runs": pytest.approx(100 / 3)}


def test_the_order_of_rows_matters_only_where_it_should(told):
    row = ROW.model_copy(update={"query": "SELECT user_id FROM events ORDER BY user_id"})
    backwards = "SELECT user_id FROM events ORDER BY user_id DESC"
    assert outcome(told, backwards, row)["execution-accuracy"] == 1
    assert outcome(told, backwards, row.model_copy(update={"ordered": True}))["execution-accuracy"] == 0


def test_rows_that_occur_twice_are_not_one(told):
    row = ROW.model_copy(update={"query": "SELECT user_id FROM events"})
    assert outcome(told, "SELECT DISTINCT user_id FROM events", row)["execution-accuracy"] == 0


def test_the_model_is_told_tables_and_goal_and_sees_no_content(told):
    model = told(says=["SELECT 1"])
    shown = ROW.model_copy(update={"goal": "list all methods.", "query": "SELECT DISTINCT rpc_method FROM events;"})
    TextToSql().score(model, [ROW], [shown])
    told_tables = "-- We have a table `events` with columns `user_id`, `rpc_method`.\n"
    assert model.asked == [
        f"{told_tables}-- We want to list all methods.\n-- SQLite query for this is:\n"
        "SELECT DISTINCT rpc_method FROM events;\n\n"
        f'{told_tables}-- We want to count how many users issued the request "Login".\n-- SQLite query for this is:\n'
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT 1; SELECT 2", "SELECT 1;"),
        ("SELECT ';' AS a;\n-- next", "SELECT ';' AS a;"),
        ("SELECT 1\n\n-- We have a table", "SELECT 1"),
        ("Sure!\n\n```sql\nSELECT 1;\n```\nThat is it;", "SELECT 1;"),
        ("```\nSELECT 1", "SELECT 1"),
        ("SELECT 1 -- one; or two\n FROM t;", "SELECT 1 -- one; or two\n FROM t;"),
        ("", ""),
    ],
)
def test_the_first_statement_of_an_answer_is_its_query(text, found):
    assert statement(text) == found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query": "SELECT user FROM events"}, "its own query on filling 1: no such column: user"),
        ({"fillings": (FIRST, "INSERT INTO events VALUES (1, 'x')"), "query": "SELECT 1 FROM events WHERE rpc_method = 'Login'"}, "filling 2: gives no rows, so nothing could be told by it"),
        ({"query": "DELETE FROM events"}, "not allowed"),
        ({"tables": "CREATE TABL x"}, "syntax error"),
    ],
)  # fmt: skip
def test_rows_whose_own_query_fails_are_refused_before_anything_is_asked(change, message):
    with pytest.raises(LlmregError, match=f"f.jsonl: row 'logins': .*{message}"):
        TextToSql().check([ROW.model_copy(update=change)], "f.jsonl")
    TextToSql().check([ROW], "f.jsonl")
