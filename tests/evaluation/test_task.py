"""Rows have a declared form; what does not fit is named by its place, and so are settings."""

import pytest

from llmreg.errors import LlmregError, UnknownIdError, UsageError
from llmreg.evaluation.tasks import TASKS, task_named
from llmreg.evaluation.tasks.clickbait import Clickbait

UGLY = 'A "quoted" <script>\nwith 🙂 and \u202eright to left'


def test_rows_keep_their_text_and_get_a_number_where_they_have_no_id():
    rows = Clickbait.read(
        [
            ("f:1", {"title": UGLY, "clickbait": "no", "extra": 1}),
            ("f:2", {"id": "b", "title": "t", "clickbait": "yes"}),
        ]
    )
    assert [(row.id, row.title) for row in rows] == [(1, UGLY), ("b", "t")]


def test_broken_rows_are_named_by_place_with_the_form_they_should_have():
    broken = [("f.jsonl:1", {"title": "x"}), ("f.jsonl:2", {"title": "", "clickbait": "maybe"})]
    with pytest.raises(LlmregError) as caught:
        Clickbait.read(broken)
    said = str(caught.value)
    assert "f.jsonl:1: clickbait: is missing" in said
    assert "f.jsonl:2: title: " in said
    assert "rows of the task clickbait have id, title, clickbait" in said


def test_many_broken_rows_are_counted():
    with pytest.raises(LlmregError, match=r"and 90 more"):
        Clickbait.read((f"f:{number}", {"title": "x"}) for number in range(100))


def test_a_task_that_does_not_exist_is_met_with_the_nearest():
    with pytest.raises(UnknownIdError, match="did you mean 'perplexity'"):
        task_named("perplexty")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"windw": 3}, "no such setting; did you mean 'window'"),
        ({"window": "x"}, "window: .* not 'x'"),
        ({"window": 1}, "window"),
    ],
)
def test_settings_that_do_not_fit_are_named(settings, message):
    with pytest.raises(UsageError, match=message):
        task_named("perplexity", settings)


def test_every_task_is_documented_where_its_rows_are():
    for task in TASKS.values():
        assert task.__doc__
        assert task.row.__doc__
        assert all(
            field.description for name, field in task.row.model_fields.items() if name in ("answer", "also", "query")
        )
