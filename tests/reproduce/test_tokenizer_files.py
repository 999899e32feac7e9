"""Tokenizers as their files say: SentencePiece models alone, `legacy`, and files that are broken."""

import json

import pytest

from llmreg.errors import LlmregError
from llmreg.reproduce.tokenizer import save_tokenizer, tokenizer_of

TEXTS = ["Hello there", " two  spaces\n\nand lines", "a</s>USER: b<s> c", "12 + 30 = 42", "🙂 שלום", ""]
SENTENCES = ["The quick brown fox jumps over the lazy dog", "USER: Hello there ASSISTANT: Hi", "two spaces and lines"]


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    """A folder as LLaMA was first given out: a SentencePiece model and a configuration, no tokenizer.json."""
    spm = pytest.importorskip("sentencepiece")
    folder = tmp_path_factory.mktemp("pieces")
    (folder / "text").write_text("\n".join(SENTENCES * 20))
    spm.SentencePieceTrainer.train(
        input=str(folder / "text"), model_prefix=str(folder / "tokenizer"), model_type="bpe", vocab_size=330,
        byte_fallback=True, split_digits=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True, hard_vocab_limit=False, minloglevel=2,
    )  # fmt: skip
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
    return folder


def ids(tokenizer):
    return [tokenizer(text, add_special_tokens=False).input_ids for text in TEXTS]


def test_a_sentencepiece_model_alone_is_read_as_sentencepiece_reads_it(pieces):
    from sentencepiece import SentencePieceProcessor

    own = SentencePieceProcessor(model_file=str(pieces / "tokenizer.model"))
    tokenizer = tokenizer_of(pieces)
    for text in [*SENTENCES, *(text for text in TEXTS if "<" not in text)]:
        assert tokenizer(text, add_special_tokens=False).input_ids == own.encode(text)
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id) == (1, 2)


@pytest.mark.parametrize("legacy", [True, False, None])
def test_a_tokenizer_comes_back_the_same_when_it_is_saved(pieces, tmp_path, legacy):
    """The library forgets `legacy`: text after a special token would lose the space in front of it."""
    for path in pieces.glob("*.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    if legacy is not None:
        config = {"tokenizer_class": "LlamaTokenizer", "legacy": legacy}
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    tokenizer = tokenizer_of(tmp_path)
    after = tokenizer.convert_ids_to_tokens(tokenizer("</s>USER", add_special_tokens=False).input_ids)[1]
    assert after.startswith("▁") is (legacy is not False)
    save_tokenizer(tokenizer, tmp_path / "saved")
    from transformers import AutoTokenizer

    assert ids(tokenizer_of(tmp_path / "saved")) == ids(tokenizer)
    assert ids(AutoTokenizer.from_pretrained(tmp_path / "saved")) == ids(tokenizer)


def test_what_tokenizer_json_says_goes_before_the_rules_of_a_class(pieces, tmp_path):
    """As in LLaMA's converted folders, whose tokenizer.json puts a space in front of every text."""
    from tokenizers import Tokenizer, normalizers

    save_tokenizer(tokenizer_of(pieces), tmp_path)
    stored = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    stored.pre_tokenizer = None
    stored.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    stored.save(str(tmp_path / "tokenizer.json"))
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps(config | {"tokenizer_class": "LlamaTokenizer", "legacy": False})
    )
    assert ids(tokenizer_of(tmp_path)) == [stored.encode(text, add_special_tokens=False).ids for text in TEXTS]


@pytest.mark.parametrize(
    "content", [b"", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", b"\xff\x00no"]
)
@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer.model"])
def test_a_tokenizer_that_cannot_be_loaded_is_named(tmp_path, name, content):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LlmregError, match=rf"{tmp_path} has no tokenizer that can be loaded: .+"):
        tokenizer_of(tmp_path)


def test_a_folder_without_a_tokenizer_is_named(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    with pytest.raises(LlmregError, match=rf"{tmp_path} has no tokenizer that can be loaded"):
        tokenizer_of(tmp_path)
