import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmreg.errors import LlmregError
from llmreg.nano.tokenizer import tokenizer as nano_tokenizer
from llmreg.schema import RecipeData, Template, Training
from llmreg.training.encode import encode, prompts
from llmreg.training.formats.reader import Tally

ROW = {"instruction": "Name it.", "input": "a model", "output": "zorbal"}


def template(**fields):
    given = {
        "system": "Answer.\n",
        "prompt": "Q: {instruction}\n{input}\nA:",
        "prompt_without_input": "Q: {instruction}\nA:",
        "response": " {output}",
        **fields,
    }
    draft = Template.model_construct(**{name: field.default for name, field in Template.model_fields.items()} | given)
    sources = {"here": {"path": "tests", "read": "live", "seen": "2026-11-21"}}
    return Template(id="test", name="test", source="here", sources=sources, sha256=draft.content_hash(), **given)


INSTRUCTION = RecipeData(format="instruction", loss_on="response")
CONVERSATION = RecipeData(format="conversation", loss_on="response")


def text_of(tokenizer, ids):
    return tokenizer.decode(ids)


def learnt(tokenizer, example):
    assert all(label in (-100, token) for label, token in zip(example.labels, example.input_ids, strict=True))
    return tokenizer.decode([label for label in example.labels if label != -100])


def talk(**said):
    return {"messages": [{"role": role.split("_")[0], "content": text} for role, text in said.items()]}


def one(row, data, form, tokenizer, **training):
    (example,) = encode([row], data, Training(**training), form, tokenizer)
    return example


def test_an_instruction_is_laid_out_and_only_the_answer_is_learnt(tokenizer):
    example = one(ROW, INSTRUCTION, template(), tokenizer)
    assert text_of(tokenizer, example.input_ids) == "<begin>Answer.\nQ: Name it.\na model\nA: zorbal<end>"
    assert learnt(tokenizer, example) == " zorbal<end>"


def test_over_all_tokens_only_the_first_is_not_learnt(tokenizer):
    example = one(ROW, INSTRUCTION.model_copy(update={"loss_on": "all"}), template(), tokenizer)
    assert example.labels == (-100, *example.input_ids[1:])
    bare = one(ROW, INSTRUCTION.model_copy(update={"loss_on": "all"}), template(begin_token=False), tokenizer)
    assert bare.labels == (-100, *bare.input_ids[1:])


@pytest.mark.parametrize("absent", [{"input": ""}, {"input": None}, {}])
def test_without_input_the_other_prompt_is_used(tokenizer, absent):
    row = {"instruction": "Go.", "output": "gone", **absent}
    assert text_of(tokenizer, one(row, INSTRUCTION, template(), tokenizer).input_ids).endswith("Q: Go.\nA: gone<end>")
    single = template(prompt_without_input=None)
    assert text_of(tokenizer, one(row, INSTRUCTION, single, tokenizer).input_ids).endswith("Q: Go.\n\nA: gone<end>")


def test_data_can_neither_inject_placeholders_nor_special_tokens(tokenizer):
    row = {"instruction": "{input} {output} {0} {", "input": "<end><begin>", "output": "{instruction}<pad>"}
    example = one(row, INSTRUCTION, template(), tokenizer)
    shown = "<begin>Answer.\nQ: {input} {output} {0} {\n<end><begin>\nA: {instruction}<pad><end>"
    assert text_of(tokenizer, example.input_ids) == shown
    special = [token for token in example.input_ids if token in tokenizer.all_special_ids]
    assert special == [tokenizer.bos_token_id, tokenizer.eos_token_id]


def test_special_tokens_that_the_template_writes_become_special(tokenizer):
    form = template(prompt="<begin>{instruction}<end>", prompt_without_input=None, begin_token=False, system="")
    example = one(ROW, INSTRUCTION, form, tokenizer)
    assert example.input_ids[0] == tokenizer.bos_token_id
    assert example.input_ids.count(tokenizer.eos_token_id) == 2


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_whatever_the_text_the_span_of_the_answer_is_exact(instruction, extra, output):
    tokenizer = nano_tokenizer()
    row = {"instruction": instruction, "input": extra, "output": output}
    if any("\ud800" <= letter <= "\udfff" for letter in instruction + extra + output):
        return
    example = one(row, INSTRUCTION, template(), tokenizer)
    (prompt,) = prompts([row], INSTRUCTION, template(), tokenizer)
    assert learnt(tokenizer, example) == f" {output}<end>"
    assert example.input_ids[: len(prompt.input_ids)] == prompt.input_ids
    assert example.labels[: len(prompt.input_ids)] == (-100,) * len(prompt.input_ids)


def test_prompt_and_answer_can_be_cut_apart(tokenizer):
    whole = one(ROW, INSTRUCTION, template(), tokenizer)
    first = next(place for place, label in enumerate(whole.labels) if label != -100)
    example = one(ROW, INSTRUCTION, template(), tokenizer, source_max_length=4, target_max_length=2)
    assert example.input_ids == (*whole.input_ids[:4], *whole.input_ids[first : first + 2])
    assert example.labels == (-100,) * 4 + whole.input_ids[first : first + 2]


def test_every_answer_of_a_conversation_is_learnt_and_no_question(tokenizer):
    row = talk(user="Hi", assistant="hello", user_2="More", assistant_2="no", user_3="Eh")
    example = one(row, CONVERSATION, template(turn_end="\n"), tokenizer)
    shown = "<begin>Answer.\nQ: Hi\nA: hello<end>\nQ: More\nA: no<end>\nQ: Eh\nA:"
    assert text_of(tokenizer, example.input_ids) == shown
    assert learnt(tokenizer, example) == " hello<end> no<end>"
    (prompt,) = prompts([row], CONVERSATION, template(turn_end="\n"), tokenizer)
    assert text_of(tokenizer, prompt.input_ids) == "<begin>Answer.\nQ: Hi\nA: hello<end>\nQ: More\nA:"
    assert prompt.answer == "no"


def test_without_an_end_token_the_closing_text_is_learnt(tokenizer):
    form = template(end_token=False, turn_end="\n### End")
    assert learnt(tokenizer, one(ROW, INSTRUCTION, form, tokenizer)) == " zorbal\n### End"
    (prompt,) = prompts([ROW], INSTRUCTION, form, tokenizer)
    assert (prompt.answer, prompt.end) == ("zorbal", "### End")


def test_a_system_message_takes_the_place_of_the_templates(tokenizer):
    row = talk(system="Be kind.", user="Hi", assistant="yo")
    example = one(row, CONVERSATION, template(), tokenizer)
    assert text_of(tokenizer, example.input_ids) == "<begin>Be kind.\nQ: Hi\nA: yo<end>"


@pytest.mark.parametrize("form", [None, template(prompt="{text}", prompt_without_input=None, system="", response="")])
def test_plain_text_is_learnt_whole(tokenizer, form):
    example = one({"text": "a {text} b"}, RecipeData(format="text", loss_on="all"), form, tokenizer)
    assert text_of(tokenizer, example.input_ids) == "<begin>a {text} b<end>"
    assert example.labels == (-100, *example.input_ids[1:])


@pytest.mark.parametrize(
    ("row", "data", "message"),
    [
        ({"instruction": "a"}, INSTRUCTION, "row 1: the field 'output' is missing; its fields are 'instruction'"),
        ({"instruction": 3, "output": "b"}, INSTRUCTION, "row 1: the field 'instruction' is int, not text"),
        ({"messages": "hi"}, CONVERSATION, "row 1: a conversation has a list `messages`"),
        (talk(assistant="a"), CONVERSATION, r"the user first; the roles are \['assistant'"),
        ({"messages": []}, CONVERSATION, "row 1: user and assistant must take turns"),
        (talk(user="a"), CONVERSATION, "row 1: nothing is left to learn"),
        ({"messages": [{"role": "user"}]}, CONVERSATION, "row 1, message 1: the field 'content' is missing"),
        (
            {"instruction": "a", "output": "so \ud83d"},
            INSTRUCTION,
            r"row 1: the field 'output' has '\\ud83d', half of a surrogate pair, as character 4",
        ),
        (talk(user="\udc00", assistant="b"), CONVERSATION, "row 1, message 1: the field 'content' has"),
    ],
)
def test_malformed_rows_are_named(tokenizer, row, data, message):
    with pytest.raises(LlmregError, match=message):
        encode([row], data, Training(), template(), tokenizer)


def test_what_does_not_go_together_is_refused(tokenizer):
    with pytest.raises(LlmregError, match=r"data.loss_on is not given"):
        encode([ROW], RecipeData(format="instruction"), Training(), template(), tokenizer)
    with pytest.raises(LlmregError, match=r"data.template is not given; rows of the format 'instruction' need one"):
        encode([ROW], INSTRUCTION, Training(), None, tokenizer)
    with pytest.raises(LlmregError, match=r"asks for {text}, which rows of the format 'instruction' do not give"):
        encode([ROW], INSTRUCTION, Training(), template(prompt="{text}"), tokenizer)
    with pytest.raises(LlmregError, match="plain text ask nothing"):
        prompts([{"text": "a"}], RecipeData(format="text"), None, tokenizer)


def test_a_template_that_wants_an_end_token_needs_a_tokenizer_with_one():
    tokenizer = nano_tokenizer()
    tokenizer.eos_token = None
    with pytest.raises(LlmregError, match="'test' asks for a token that the tokenizer lacks: eos_token_id"):
        encode([ROW], INSTRUCTION, Training(), template(), tokenizer)


def counted(rows, data, form, tokenizer, **training):
    tally = Tally()
    encode(rows, data, Training(**training), form, tokenizer, tally=tally)
    return dict(tally)


LOST = "a row lost the end of its last answer, which was cut off"
LONG = {"instruction": "Name it.", "input": "", "output": "zorbal " * 9}


@pytest.mark.parametrize(
    ("training", "found"),
    [
        ({}, {}),
        ({"sequence_length": 500}, {}),
        ({"sequence_length": 20}, {"a row was cut to training.sequence_length=20": 2, LOST: 2}),
        ({"target_max_length": 4}, {"an answer was cut to training.target_max_length=4": 2, LOST: 2}),
        ({"source_max_length": 4}, {"a prompt was cut to training.source_max_length=4": 2}),
    ],
)
def test_what_is_cut_is_counted(tokenizer, training, found):
    assert counted([LONG, LONG], INSTRUCTION, template(), tokenizer, **training) == found


def test_a_last_question_that_is_cut_off_loses_no_answer(tokenizer):
    row = talk(user="Hi", assistant="no", user_2="More " * 40)
    whole = one(row, CONVERSATION, template(), tokenizer)
    found = counted([row], CONVERSATION, template(), tokenizer, sequence_length=len(whole.input_ids) - 3)
    assert list(found) == [f"a row was cut to training.sequence_length={len(whole.input_ids) - 3}"]


def test_what_an_encoder_decoder_does_not_read_whole_is_counted(tokenizer):
    tally = Tally()
    encode([LONG], INSTRUCTION, Training(sequence_length=8), template(), tokenizer, 0, tally)
    assert dict(tally) == {"an answer was cut to 8 tokens": 1, "a question was cut to 8 tokens": 1}


def test_special_tokens_in_rows_and_those_that_the_tokenizer_lacks_are_told(tokenizer):
    form = template(prompt="<|user|>{instruction}<|bot|>", prompt_without_input=None, turn_end="<end>", end_token=False)
    rows = [ROW | {"output": "so <end> it is"}, ROW]
    assert counted(rows, INSTRUCTION, form, tokenizer) == {
        "an input was left out, for which the template has no place": 2,
        "a row's own text has '<end>', a special token of the tokenizer, which was read as text": 1,
        "the template's '<|user|>' is no special token of the tokenizer and was read as text": 2,
        "the template's '<|bot|>' is no special token of the tokenizer and was read as text": 2,
    }
    (text,) = encode([{"text": "a<end>b"}], RecipeData(format="text", loss_on="all"), Training(), None, tokenizer)
    assert text.input_ids.count(tokenizer.eos_token_id) == 1


@pytest.mark.parametrize(
    ("fields", "ends", "stop"),
    [
        ({}, ["<end>"], ""),
        ({"turn_end": "\n###"}, ["<end>"], ""),
        ({"end_token": False, "turn_end": "<pad>\n"}, ["<pad>"], ""),
        ({"end_token": False, "turn_end": "\n\n<pad>"}, ["<pad>"], ""),
        ({"end_token": False, "response": " {output} <begin>\n", "turn_end": "x"}, ["<begin>"], ""),
        ({"end_token": False, "turn_end": " Bye <pad>"}, ["<pad>"], "Bye"),
        ({"end_token": False, "turn_end": "\n### End"}, [], "### End"),
        ({"end_token": False, "response": "A: {output}\n"}, [], "\n"),
        ({"end_token": False}, [], ""),
    ],
)
def test_an_answer_ends_at_the_first_special_token_else_at_the_closing_text(tokenizer, fields, ends, stop):
    (prompt,) = prompts([ROW], INSTRUCTION, template(**fields), tokenizer)
    assert prompt.ends == tuple(tokenizer.convert_tokens_to_ids(ends))
    assert prompt.end == stop
    assert prompt.answer == "zorbal"


def test_the_room_is_that_of_the_answer_with_what_opens_and_ends_it(tokenizer):
    form = template(response="### A: {output}\n", end_token=False)
    (prompt,) = prompts([ROW], INSTRUCTION, form, tokenizer)
    assert prompt.room == len(tokenizer("### A: zorbal\n").input_ids)
    assert (prompt.opening, prompt.end) == ("### A: ", "\n")
