"""Text to ids: joined, apart, and with the begin token written in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmreg.nano.tokenizer import tokenizer as nano_tokenizer
from llmreg.training.layout import Part
from llmreg.training.tokens import Reader, tokenized

BEGIN, END = 1, 2
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@pytest.fixture(scope="module", params=["always", "first", "never"])
def spaced(request):
    """A tokenizer of letters that puts a space in front of every text, of the first one only, or of none."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pieces = ["<unk>", "<s>", "</s>", *"▁abcd", "▁a", "ab", "bc"]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    backend = Tokenizer(models.BPE(vocabulary, [("▁", "a"), ("a", "b"), ("b", "c")], unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme=request.param, split=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    ), request.param


def read(parts, way, tokenizer, begin=(BEGIN,)):
    (ids,) = tokenized([parts], way, begin, tokenizer)
    return [tokenizer.convert_ids_to_tokens(each) for each in ids]


def test_a_part_ends_where_the_text_up_to_it_would_end_alone(spaced):
    tokenizer, space = spaced
    parts = [Part((BEGIN, "d", "a")), Part(("bc", END), answer=True), Part(("c",))]
    first = ["▁", "d"] if space != "never" else ["d"]
    after = ["▁", "c"] if space == "always" else ["c"]
    assert read(parts, "joined", tokenizer) == [["<s>", *first, "ab"], ["c", "</s>"], after]


def test_apart_every_part_is_a_text_of_its_own(spaced):
    tokenizer, space = spaced
    parts = [Part((BEGIN, "a")), Part(("bc", END), answer=True)]
    one, two = (["▁a"], ["▁", "bc"]) if space != "never" else (["a"], ["bc"])
    assert read(parts, "apart", tokenizer) == [["<s>", *one], [*two, "</s>"]]
    inside = ["a"] if space != "always" else ["▁a"]
    assert read(parts, "apart-begin-written", tokenizer) == [["<s>", *inside], [*two, "</s>"]]


def test_text_after_a_special_token_stays_text_whatever_it_looks_like(spaced):
    tokenizer, _ = spaced
    reader = Reader(tokenizer)
    for found in (*reader.start(["a</s>"]), *reader.after_special(["a</s>"])):
        assert END not in found
    assert reader.start([]) == reader.after_special([]) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=5))
def test_joined_parts_are_the_tokens_of_the_whole_text(texts):
    tokenizer = nano_tokenizer()
    parts = [Part((text,) if text else ()) for text in texts]
    (ids,) = tokenized([parts], "joined", (), tokenizer)
    whole = tokenizer("".join(texts), split_special_tokens=True, add_special_tokens=False).input_ids
    assert [token for part in ids for token in part] == whole
    (ids,) = tokenized([parts], "apart", (), tokenizer)
    alone = [tokenizer(text, split_special_tokens=True, add_special_tokens=False).input_ids for text in texts]
    assert ids == alone
