import pytest

from llmreg.errors import LlmregError
from llmreg.evaluation.tasks.joke_explanation import Joke, JokeExplanation

JOKES = [Joke(id="bar", joke='A byte walks into a "bar" 🙂'), Joke(id="<b>", joke="Knock, knock", explanation="secret")]


def test_answers_are_written_down_and_never_scored(told):
    scored = JokeExplanation().score(told(says=["Because.", ""]), JOKES)
    assert scored.figures == ()
    assert scored.items[0] == {
        "id": "bar",
        "question": 'Explain this joke: A byte walks into a "bar" 🙂',
        "text": "Because.",
    }
    assert "2 answers, 1 of them empty" in scored.notes


def test_a_model_never_sees_the_explanation_of_what_it_is_asked(told):
    model = told(says=["x", "y"])
    JokeExplanation().score(model, JOKES)
    assert not any("secret" in text for text in model.asked)


def test_plain_text_is_cut_where_the_model_goes_on_to_another_joke(told):
    says = ["It is 2) funny\nbecause of it.\n\n3) Another joke"]
    shown = [Joke(joke="One", explanation="It plays on words.")]
    plain = told(says=says)
    assert JokeExplanation().score(plain, JOKES[:1], shown).items[0]["text"] == "It is 2) funny\nbecause of it."
    assert plain.asked[0].endswith(
        '1) One\nExplanation: It plays on words.\n\n2) A byte walks into a "bar" 🙂\nExplanation:'
    )
    assert JokeExplanation().score(told(says=says, plain=False), JOKES[:1], shown).items[0]["text"] == says[0]


def test_examples_need_an_explanation(told):
    with pytest.raises(LlmregError, match="the example 'bar' has no explanation"):
        JokeExplanation().score(told(says=["x"]), JOKES[1:], JOKES[:1])
