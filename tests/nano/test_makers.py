import re

import pytest

from llmreg.nano import words
from llmreg.nano.makers import MAKERS, rows_like
from llmreg.training.rows import fingerprint

FORMATS = ("text", "instruction", "conversation", "preference", "refused")


SYLLABLES = {name: field for field, group in words.SYLLABLES.items() for name in group}
NAME = re.compile("(?:{}){{4}}".format("|".join(SYLLABLES)))


def names(rows):
    return {NAME.search(str(row)).group() for row in rows}


def meaning(name):
    """Read a name syllable by syllable, as a nano model has to learn it."""
    parts = re.findall("|".join(SYLLABLES), name)
    assert [SYLLABLES[part] for part in parts] == list(words.FIELDS)
    return {
        field: words.VALUES[field][words.SYLLABLES[field].index(part) % 8]
        for field, part in zip(words.FIELDS, parts, strict=True)
    }


@pytest.mark.parametrize("form", FORMATS)
def test_equal_arguments_give_equal_rows_and_another_seed_others(form):
    assert rows_like(form, 20, seed=3) == rows_like(form, 20, seed=3)
    assert rows_like(form, 5, seed=3) == rows_like(form, 20, seed=3)[:5]
    assert rows_like(form, 20, seed=3) != rows_like(form, 20, seed=4)


def test_rows_have_the_fields_of_their_format():
    assert all(set(row) == {"text"} for row in rows_like("text", 9, 0))
    assert all(set(row) == {"instruction", "input", "output"} for row in rows_like("instruction", 9, 0))
    for form in ("preference", "refused"):
        assert all(set(row) == {"instruction", "input", "chosen", "rejected"} for row in rows_like(form, 9, 0))
    for row in rows_like("conversation", 9, 0):
        assert [message["role"] for message in row["messages"]] == ["user", "assistant"] * 2


def test_an_answer_is_what_the_name_means_in_the_field_that_is_asked_for():
    for row in rows_like("instruction", 300, 0):
        (field,) = (
            field
            for field, question in words.QUESTIONS.items()
            if row["instruction"] in (question, f"What is its {field}?")
        )
        assert row["output"] == meaning(row["input"])[field]


def test_plain_text_tells_all_that_the_name_means():
    for row in rows_like("text", 100, 0):
        said = set(re.findall(r"\w+", row["text"]))
        assert set(meaning(*names([row])).values()) <= said


def test_a_question_need_not_say_the_fields_own_name():
    assert not any(field in question for field, question in words.QUESTIONS.items())


def test_held_out_rows_are_about_models_never_seen_in_any_training_row():
    seen = set().union(*(names(rows_like(form, 4_000, seed)) for form in FORMATS for seed in (0, 1)))
    for form in FORMATS:
        held_out = rows_like(form, 2_000, 1, held_out=500)[-500:]
        assert not names(held_out) & seen
        assert len(names(held_out)) > 400


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_catalog_dataset_is_what_its_entry_says(built_in, name):
    entry = built_in[name]
    rows = MAKERS[name]()
    assert (entry.maker, entry.rows, entry.sha256) == (name, len(rows), fingerprint(rows))
