import pytest

from llmreg.errors import LlmregError, UsageError
from llmreg.evaluation.tasks.multiple_choice import Choice, MultipleChoice

CITIES = Choice(question="Which city?", choices=("Rome", "Paris, of course", "Oslo"), answer=1)


def test_the_likeliest_answer_is_taken_raw_by_character_and_against_its_own_likelihood(told, figures):
    finds = {"Rome": -3.0, "Paris, of course": -8.0, "Oslo": -4.0}
    alone = {"Rome": -1.0, "Paris, of course": -7.5, "Oslo": -6.0}
    scored = MultipleChoice().score(told(finds=finds, alone=alone), [CITIES])
    assert figures(scored) == {"accuracy": 0, "accuracy-per-character": 100, "accuracy-unconditional": 0}
    assert scored.items[0]["log_likelihoods"] == [-3.0, -8.0, -4.0]


def test_a_tie_counts_as_guessing_among_the_tied_would(told, figures):
    tied = told(finds={"Rome": -3.0, "Paris, of course": -3.0, "Oslo": -3.0})
    assert figures(MultipleChoice().score(tied, [CITIES]))["accuracy"] == pytest.approx(100 / 3)
    others = told(finds={"Rome": -3.0, "Paris, of course": -4.0, "Oslo": -3.0})
    assert figures(MultipleChoice().score(others, [CITIES]))["accuracy"] == 0


def test_a_model_that_knows_nothing_scores_as_guessing_does_wherever_the_answers_are(told, figures):
    blind = told(finds=dict.fromkeys(CITIES.choices, -1.0))
    rows = [CITIES.model_copy(update={"answer": place}) for place in (0, 0, 0, 2)]
    scored = MultipleChoice().score(blind, rows)
    assert figures(scored)["accuracy"] == pytest.approx(100 / 3)
    assert scored.notes == ("guessing gives 33.3 percent",)


def test_by_letters_the_answers_are_listed_and_the_letter_is_scored(told, figures):
    model = told(finds={"A": -2.0, "B": -1.0, "C": -3.0})
    assert figures(MultipleChoice(style="letters").score(model, [CITIES]))["accuracy"] == 100
    assert model.asked[0] == "Which city?\nA. Rome\nB. Paris, of course\nC. Oslo\nAnswer:"


@pytest.mark.parametrize(
    ("plain", "settings", "ended"),
    [
        (False, {}, True),
        (False, {"ended": False}, False),
        (False, {"style": "letters"}, False),
        (False, {"style": "letters", "ended": True}, True),
        (True, {}, False),
    ],
)
def test_what_ends_an_answer_is_scored_with_a_text_and_not_with_a_letter(told, plain, settings, ended):
    model = told(finds=dict.fromkeys([*CITIES.choices, *"ABC"], -1.0), plain=plain)
    MultipleChoice(**settings).score(model, [CITIES])
    assert model.ended is ended


def test_plain_text_has_nothing_that_ends_an_answer(told):
    with pytest.raises(UsageError, match="ended=true scores what ends an answer by a template, and plain text has no"):
        MultipleChoice(ended=True).score(told(), [CITIES])


def test_examples_stand_before_the_question_with_their_answers(told):
    shown = Choice(question="Which sea?", choices=("North", "South"), answer=0)
    model = told(finds=dict.fromkeys(CITIES.choices, -1.0))
    MultipleChoice().score(model, [CITIES], [shown])
    assert model.asked[0] == "Which sea?\nAnswer: North\n\nWhich city?\nAnswer:"


def test_a_real_model_is_asked_through_its_tokens(subject, figures):
    scored = MultipleChoice().score(subject, [CITIES, CITIES.model_copy(update={"answer": 0})])
    credited = [item["accuracy"] for item in scored.items]
    best = max(range(3), key=scored.items[0]["log_likelihoods"].__getitem__)
    assert credited == [float(best == 1), float(best == 0)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"question": "q", "choices": ["a", "b"], "answer": 2}, "there are 2 choices, counted from 0, and no 2"),
        ({"question": "q", "choices": ["a", "a"], "answer": 0}, "two are the same"),
        ({"question": "q", "choices": ["a"], "answer": 0}, "choices"),
        ({"question": "q", "choices": ["a", "b"], "answer": "B"}, "answer"),
    ],
)
def test_rows_without_one_right_answer_are_refused(row, message):
    with pytest.raises(LlmregError, match=message):
        MultipleChoice.read([("f:1", row)])
