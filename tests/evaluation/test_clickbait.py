import pytest

from llmreg.evaluation.tasks.clickbait import Clickbait, Title

ROWS = [Title(id=number, title=f"Title {number}", clickbait="yes") for number in range(4)]


def test_format_following_is_counted_apart_from_accuracy(told, figures):
    says = ["yes", "Yes, it clearly is.", "no", "I would rather talk about cats"]
    scored = Clickbait().score(told(says=says), ROWS)
    assert figures(scored) == {"format-following": 50, "accuracy": 50, "accuracy-in-format": 50}
    assert scored.notes == ("2 read as yes, 1 as no, 1 as neither",)
    assert [figure.items for figure in scored.figures] == [4, 4, 2]


@pytest.mark.parametrize(
    ("said", "read", "followed"),
    [
        ("NO", "no", 1),
        ("yes.", "yes", 0),
        ("no yes", "no", 0),
        ("yesterday", None, 0),
        ("", None, 0),
        ("<b>no</b>", "no", 0),
    ],
)
def test_how_an_answer_is_read(told, said, read, followed):
    (item,) = Clickbait().score(told(says=[said]), ROWS[:1]).items
    assert (item["read"], item["format-following"]) == (read, followed)


def test_where_nobody_follows_the_form_there_is_no_accuracy_in_it(told, figures):
    assert set(figures(Clickbait().score(told(says=["maybe"]), ROWS[:1]))) == {"format-following", "accuracy"}


def test_plain_text_ends_with_its_line_and_an_answer_through_a_template_does_not(told, figures):
    rambling = "yes\n\n2) Another title"
    assert figures(Clickbait().score(told(says=[rambling]), ROWS[:1]))["format-following"] == 100
    assert figures(Clickbait().score(told(says=[rambling], plain=False), ROWS[:1]))["format-following"] == 0


def test_titles_are_numbered_after_the_examples(told):
    model = told(says=["no"])
    Clickbait().score(model, [Title(title='"Odd" <i>🙂', clickbait="no")], [Title(title="First", clickbait="yes")])
    assert model.asked[0].endswith('\n\n1) First\nClickbait: yes\n\n2) "Odd" <i>🙂\nClickbait:')
