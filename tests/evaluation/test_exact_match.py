import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmreg.catalog import load_catalog
from llmreg.evaluation.subject import Question, Subject
from llmreg.evaluation.tasks.exact_match import ExactMatch, Instruction, matches, normalized


@pytest.mark.parametrize(
    ("given_", "exact", "normal"),
    [
        ("The Cat!", 0, 1), ("cat", 1, 1), ("  cat\n", 1, 1), ("a cat", 0, 1), ("cat, sat", 0, 0), ("theory", 0, 0),
        ("", 0, 0), ("CAT 🙂", 0, 0), ("the kitten", 0, 1),
    ],
)  # fmt: skip
def test_what_counts_as_the_same(given_, exact, normal):
    assert matches(given_, ["cat", "kitten"]) == {"exact-match": exact, "exact-match-normalized": normal}


@given(st.text())
def test_a_text_matches_itself_and_a_normal_text_stays_as_it_is(text):
    assert matches(text, [text]) == {"exact-match": 1, "exact-match-normalized": 1}
    assert normalized(normalized(text)) == normalized(text)


def test_without_a_template_the_first_line_is_the_answer(told, figures):
    rows = [
        Instruction(instruction="Who?", output="Ada"),
        Instruction(instruction="What?", input="it", output="x", also=("y",)),
    ]
    plain = told(says=["Ada\nQuestion: next", "y"])
    assert figures(ExactMatch().score(plain, rows)) == {"exact-match": 100, "exact-match-normalized": 100}
    assert plain.asked == ["Question: Who?\nAnswer:", "Question: What?\nit\nAnswer:"]
    through = told(says=["Ada\nQuestion: next", "y"], plain=False)
    assert figures(ExactMatch().score(through, rows))["exact-match"] == 50
    assert through.asked == ["Who?", "What?"]


def test_examples_stand_before_the_question(told):
    model = told(says=["x"])
    ExactMatch().score(
        model, [Instruction(instruction="Who?", output="x")], [Instruction(instruction="Where?", output="Oslo")]
    )
    assert model.asked == ["Question: Where?\nAnswer: Oslo\n\nQuestion: Who?\nAnswer:"]


def test_each_item_tells_what_was_said_and_what_was_expected(told):
    scored = ExactMatch().score(told(says=["<script>"]), [Instruction(id="q", instruction="Who?", output="Ada")])
    expected = {"id": "q", "expected": "Ada", "given": "<script>", "exact-match": 0, "exact-match-normalized": 0}
    assert scored.items == [expected]


def test_only_the_exact_answer_of_a_real_model_counts(make_model, tokenizer, figures):
    subject = Subject(make_model(), tokenizer, load_catalog()["nano-question"])
    texts = ["name", "The license of bado is", "a", "Who built lando?", "b"]
    given_ = subject.answers([Question(text) for text in texts], 6)
    rows = [Instruction(instruction=text, output=answer) for text, answer in zip(texts, given_, strict=True)]
    assert figures(ExactMatch(max_new_tokens=6).score(subject, rows))["exact-match"] == 100
    wrong = [row.model_copy(update={"output": row.output + "x"}) for row in rows[:2]]
    assert figures(ExactMatch(max_new_tokens=6).score(subject, [*wrong, *rows[2:]]))["exact-match"] == 60
