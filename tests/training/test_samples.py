import pytest

from llmreg.errors import LlmregError
from llmreg.schema import RecipeData, Training
from llmreg.training.encode import encode
from llmreg.training.formats.reader import Tally
from llmreg.training.samples import samples_of
from llmreg.training.sft import SFT
from llmreg_objectives.dpo import Dpo
from llmreg_objectives.kto import Kto

PAIRS = RecipeData(format="preference", template="vicuna-v1.1", loss_on="response")
TALK = {
    "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "What is two and two?"},
    ],
    "chosen": "Four.",
    "rejected": "Five, I think.",
}
ASKED = {"instruction": "Say yes.", "input": "", "chosen": "Yes.", "rejected": "No."}


def read(objective, rows, data, template, tokenizer, start=None, training=None):
    return samples_of(objective, rows, data, training or Training(), template, tokenizer, start, Tally())


def learnt(tokenizer, example):
    return tokenizer.decode([label for label in example.labels if label != -100])


def test_a_pair_shares_its_question_and_learns_its_last_answers_alone(built_in, tokenizer):
    (sample,) = read(Dpo(), [TALK], PAIRS, built_in["vicuna-v1.1"], tokenizer)
    chosen, rejected = sample.parts["chosen"], sample.parts["rejected"]
    before = chosen.labels.count(-100)
    assert chosen.input_ids[:before] == rejected.input_ids[:before]
    assert "Hello." in tokenizer.decode(chosen.input_ids[:before])
    assert [learnt(tokenizer, each) for each in (chosen, rejected)] == [" Four.<end>", " Five, I think.<end>"]


def test_conversations_and_instructions_may_stand_side_by_side_in_any_order(built_in, tokenizer):
    rows = [ASKED, TALK, ASKED]
    found = read(Dpo(), rows, PAIRS, built_in["alpaca-stanford"], tokenizer)
    alone = [read(Dpo(), [row], PAIRS, built_in["alpaca-stanford"], tokenizer)[0] for row in (ASKED,)]
    assert found[0] == found[2] == alone[0]
    assert "Four." in learnt(tokenizer, found[1].parts["chosen"])


def test_kto_compares_with_the_next_rows_answer_and_the_last_with_the_firsts(built_in, tokenizer):
    other = {**ASKED, "chosen": "Certainly.", "rejected": "Never."}
    found = read(Kto(), [ASKED, other], PAIRS, built_in["alpaca-stanford"], tokenizer)
    assert [sample.facts["liked"] for sample in found] == [1.0, 0.0, 1.0, 0.0]
    words = [[learnt(tokenizer, sample.parts[part]).removesuffix("<end>").strip() for part in Kto.parts + Kto.window_parts] for sample in found]  # fmt: skip
    assert words == [["Yes.", "Certainly."], ["No.", "Never."], ["Certainly.", "Yes."], ["Never.", "No."]]


def test_sft_reads_what_encode_gives(built_in, tokenizer):
    data = RecipeData(format="instruction", template="alpaca-stanford", loss_on="response")
    rows = [{"instruction": "Say yes.", "output": "Yes."}]
    (sample,) = read(SFT, rows, data, built_in["alpaca-stanford"], tokenizer)
    assert sample.parts["answer"] == encode(rows, data, Training(), built_in["alpaca-stanford"], tokenizer)[0]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**ASKED, "chosen": None}, "row 2: the field 'output' is NoneType, not text"),
        (
            {"instruction": "a", "chosen": "b"},
            "row 2: the field 'rejected' is missing; its fields are 'instruction', 'chosen'",
        ),
        ({**TALK, "messages": []}, "row 2: user and assistant must take turns"),
    ],
)
def test_a_malformed_row_is_named(built_in, tokenizer, row, message):
    with pytest.raises(LlmregError) as caught:
        read(Dpo(), [TALK, row], PAIRS, built_in["alpaca-stanford"], tokenizer)
    assert str(caught.value).startswith(message)


def test_an_answer_that_was_cut_away_is_named(built_in, tokenizer):
    with pytest.raises(LlmregError, match=r"row 1: nothing is left to learn"):
        read(Dpo(), [TALK], PAIRS, built_in["vicuna-v1.1"], tokenizer, training=Training(sequence_length=5))


def test_an_encoder_decoder_takes_no_pairs_and_says_so(built_in, tokenizer):
    with pytest.raises(LlmregError, match="'dpo' learns from several texts of a row, which an encoder-decoder"):
        read(Dpo(), [TALK], PAIRS, built_in["vicuna-v1.1"], tokenizer, start=0)
