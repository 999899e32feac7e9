import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmreg.nano import words
from llmreg.nano.makers import nano_text, rows_like
from llmreg.nano.tokenizer import SPECIAL, tokenizer

TOKENIZER = tokenizer()
PLAIN = {"add_special_tokens": False, "split_special_tokens": True}


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_unchanged(text):
    assert TOKENIZER.decode(TOKENIZER(text, **PLAIN).input_ids) == text


@pytest.mark.parametrize(
    "text", ["", " ", "\x00\xa0\u200b\u2028", "<0x41>", "<begin><end><pad>", "Ġa", "a  b\r\n\t c", "你好👩‍💻"]
)
def test_ugly_text_comes_back_unchanged_and_holds_no_special_token(text):
    ids = TOKENIZER(text, **PLAIN).input_ids
    assert TOKENIZER.decode(ids) == text
    assert not set(ids) & set(TOKENIZER.all_special_ids)


def test_every_word_of_the_nano_data_is_one_token_and_a_name_is_one_for_each_syllable():
    for word in (*words.FIELDS, *(value for group in words.VALUES.values() for value in group)):
        assert len(TOKENIZER(" " + word, **PLAIN).input_ids) == 1, word
    for row in rows_like("instruction", 300, 0):
        tokens = TOKENIZER.tokenize(" " + row["input"])
        for token, (field, syllables) in zip(tokens, words.SYLLABLES.items(), strict=True):
            assert token.removeprefix("Ġ") in syllables, (row["input"], field)


def test_rows_and_well_known_templates_make_short_sequences():
    alpaca = "Below is an instruction that describes a task. Write a response that appropriately completes the request."
    assert len(TOKENIZER(alpaca, **PLAIN).input_ids) == 18


def test_no_row_is_cut_by_the_recipe_of_nano_base(built_in):
    room = built_in["nano-base"].recipe.training.sequence_length - 2  # begin and end
    assert max(map(len, TOKENIZER([row["text"] for row in nano_text()], **PLAIN).input_ids)) <= room


def test_special_tokens_are_the_first_three():
    assert (TOKENIZER.pad_token_id, TOKENIZER.bos_token_id, TOKENIZER.eos_token_id) == (0, 1, 2)
    assert TOKENIZER.convert_ids_to_tokens([0, 1, 2]) == list(SPECIAL)


def test_the_tokenizer_is_the_same_in_every_process_and_after_saving(tmp_path):
    import transformers

    code = "from llmreg.nano.tokenizer import tokenizer; print(tokenizer().backend_tokenizer.to_str(), end='')"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    assert other.stdout == TOKENIZER.backend_tokenizer.to_str()
    TOKENIZER.save_pretrained(tmp_path)
    loaded = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert loaded.get_vocab() == TOKENIZER.get_vocab()
    assert loaded("What is its size? balaral é").input_ids == TOKENIZER("What is its size? balaral é").input_ids
