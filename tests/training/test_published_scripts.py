"""Training tokens against those of the published scripts, of which each is stated again here in a few lines.

Read in tatsu-lab/stanford_alpaca@761dc5b train.py (preprocess), tloen/alpaca-lora@da6b427 finetune.py (tokenize),
lm-sys/FastChat@00d9e667 and @0e6d3e4 fastchat/train/train.py (preprocess) and artidoro/qlora@7f4e95a qlora.py
(DataCollatorForCausalLM). The tokenizer is like LLaMA's: SentencePiece BPE with bytes, begin and end.
"""

import json
from pathlib import Path

import pytest

from llmreg.schema import Model, Template, Training
from llmreg.training.encode import IGNORED, encode, prompts

SHARED = Path(__file__).parents[3] / "shared" / "data" / "alpaca-libre-tasks-v1.jsonl"
WRITTEN = [
    {"instruction": "Name three colours.", "input": "", "output": "Red, green and blue."},
    {"instruction": "Translate.", "input": "Guten Tag", "output": "Good day"},
    {"instruction": "  Write a list\n", "input": "a\nb  c", "output": "1. a\n2. b\n\n3. c  "},
    {"instruction": "What is 12 + 30?", "input": "", "output": "42"},
    {"instruction": "Say it in Hebrew: peace 🙂", "input": "", "output": " שלום"},
    {"instruction": "Repeat.", "input": "###", "output": ":!"},
    {"instruction": "Say nothing.", "input": "", "output": ""},
]


@pytest.fixture(scope="session")
def rows():
    """60 rows of alpaca-libre where they are at hand, and always a few uglier ones."""
    if not SHARED.is_file():
        return WRITTEN
    lines = SHARED.read_text(encoding="utf-8").splitlines()[:60]
    found = [json.loads(line) for line in lines]
    return [{name: row[name] for name in ("instruction", "input", "output")} for row in found] + WRITTEN


@pytest.fixture(scope="session")
def sentences(tmp_path_factory, rows):
    """Train a small SentencePiece model as LLaMA's was: bytes for what is unknown, digits apart, nothing normalized."""
    spm = pytest.importorskip("sentencepiece")
    folder = tmp_path_factory.mktemp("sentencepiece")
    lines = [line for row in rows for text in row.values() for line in text.splitlines() if line.strip()]
    (folder / "text").write_text("\n".join([*lines, *["USER: ASSISTANT: ### Instruction: Response"] * 9] * 3))
    spm.SentencePieceTrainer.train(
        input=str(folder / "text"), model_prefix=str(folder / "tokenizer"), model_type="bpe", vocab_size=500,
        byte_fallback=True, split_digits=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True, hard_vocab_limit=False, minloglevel=2,
    )  # fmt: skip
    return folder


@pytest.fixture(scope="session", params=["legacy", "first space only", "space by normalizer"])
def llama(sentences, request):
    """LLaMA's tokenizer as of 2023, as it reads text after a special token now, and as its `tokenizer.json` has it."""
    from tokenizers import normalizers
    from transformers import LlamaTokenizer

    legacy = request.param != "first space only"
    tokenizer = LlamaTokenizer.from_pretrained(sentences, legacy=legacy, add_bos_token=True)
    tokenizer.pad_token = "<unk>"
    if request.param == "space by normalizer":
        tokenizer.backend_tokenizer.pre_tokenizer = None
        tokenizer.backend_tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
        )
    return tokenizer


def alpaca_prompt(row, after):
    """Stanford's and, with a line break after it, alpaca-lora's prompt; QLoRA's has a space there."""
    with_input = ", paired with an input that provides further context" if row["input"] else ""
    given = f"### Input:\n{row['input']}\n\n" if row["input"] else ""
    return (
        f"Below is an instruction that describes a task{with_input}. Write a response that appropriately completes "
        f"the request.\n\n### Instruction:\n{row['instruction']}\n\n{given}### Response:{after}"
    )


def stanford(tokenizer, row, longest):
    """Source and target are one text; as many labels are masked as the source alone has tokens."""
    source = alpaca_prompt(row, "")
    whole, alone = (
        tokenizer(text, max_length=longest, truncation=True).input_ids
        for text in (source + row["output"] + tokenizer.eos_token, source)
    )
    return whole, [IGNORED] * min(len(alone), len(whole)) + whole[len(alone) :]


def alpaca_lora(tokenizer, row, longest, on_inputs=True):
    """The end token is put behind the one text where there is room; the loss is over all, or behind the prompt."""
    whole = tokenizer(alpaca_prompt(row, "\n") + row["output"], max_length=longest, truncation=True).input_ids
    if len(whole) < longest:
        whole = [*whole, tokenizer.eos_token_id]
    alone = 0 if on_inputs else len(tokenizer(alpaca_prompt(row, "\n"), max_length=longest, truncation=True).input_ids)
    return whole, [IGNORED] * alone + whole[alone:]


def qlora(tokenizer, source, target, source_longest, target_longest, on_source=False):
    """Source and target are texts of their own, with begin and end written into them."""
    options = {"truncation": True, "add_special_tokens": False}
    before = tokenizer(tokenizer.bos_token + source, max_length=source_longest, **options).input_ids
    after = tokenizer(target + tokenizer.eos_token, max_length=target_longest, **options).input_ids
    return before + after, (before if on_source else [IGNORED] * len(before)) + after


def fastchat(tokenizer, turns, longest):
    """A conversation is one text; rounds are counted apart, and questions up to the space after `ASSISTANT:`."""
    text = (
        "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, "
        "detailed, and polite answers to the user's questions. "
    )
    for asked, answered in turns:
        text += f"USER: {asked} ASSISTANT: {answered}</s>"
    whole = tokenizer(text, max_length=longest, truncation=True).input_ids
    labels, done = list(whole), 1
    for number, turn in enumerate(text.split("</s>")[:-1]):
        # The script counts a later round alone, which says the same where a space goes in front of every text; where
        # it goes in front of the first one only, the count has to be taken behind an end token.
        before = "</s>" if number else ""
        question = len(tokenizer(before + turn.split(" ASSISTANT: ")[0] + " ASSISTANT: ").input_ids) - bool(number)
        # The begin token is not the round's, and the last space is the answer's.
        labels[done : done + question - 2] = [IGNORED] * len(labels[done : done + question - 2])
        done += len(tokenizer(before + turn).input_ids) - bool(number)
    return whole, labels[:done] + [IGNORED] * len(labels[done:])


def ours(catalog, entry_id, row, tokenizer, **training):
    """What llmreg trains on for a row by the entry's recipe, and how it begins to answer."""
    data = catalog.get_as(Model, entry_id).recipe.data
    template = catalog.get_as(Template, data.template)
    (example,) = encode([row], data, Training(**training), template, tokenizer)
    return example


def same(example, script):
    """The first token is never predicted, so its label does not matter."""
    ids, labels = script
    assert list(example.input_ids) == list(ids)
    assert list(example.labels[1:]) == list(labels[1:])


def learnable(script):
    return any(label != IGNORED for label in script[1][1:])


@pytest.mark.parametrize("longest", [512, 60])
def test_stanford_alpaca(built_in, llama, rows, longest):
    compared = 0
    for row in rows:
        if learnable(script := stanford(llama, row, longest)):
            same(ours(built_in, "alpaca-7b", row, llama, sequence_length=longest), script)
            compared += 1
    assert compared == len(rows) or longest < 512


@pytest.mark.parametrize("longest", [512, 60])
@pytest.mark.parametrize("on_inputs", [True, False])
def test_alpaca_lora(built_in, llama, rows, longest, on_inputs):
    data = built_in.get_as(Model, "alpaca-lora-7b").recipe.data
    if not on_inputs:
        data = data.model_copy(update={"loss_on": "response"})
    template = built_in.get_as(Template, "alpaca-lora")
    for row in rows:
        if learnable(script := alpaca_lora(llama, row, longest, on_inputs)):
            (example,) = encode([row], data, Training(sequence_length=longest), template, llama)
            same(example, script)


@pytest.mark.parametrize("longest", [(512, 512), (40, 12)])
def test_qlora(built_in, llama, rows, longest):
    limits = dict(zip(("source_max_length", "target_max_length"), longest, strict=True))
    for row in rows:
        script = qlora(llama, alpaca_prompt(row, " "), row["output"], *longest)
        same(ours(built_in, "qlora-alpaca-7b", row, llama, **limits), script)
        plain = {"instruction": row["instruction"], "output": row["output"]}
        script = qlora(llama, row["instruction"], row["output"], *longest)
        same(ours(built_in, "qlora-chip2-7b", plain, llama, **limits), script)
        text = f"### Human: {row['instruction']}### Assistant: {row['output']}"
        script = qlora(llama, "", text, *longest, on_source=True)
        same(ours(built_in, "guanaco-7b", {"text": text}, llama, **limits), script)


@pytest.mark.parametrize("longest", [2048, 90])
@pytest.mark.parametrize("rounds", [1, 3])
def test_fastchat(built_in, llama, rows, longest, rounds):
    rows = [row for row in rows if row["output"]]
    for number in range(0, len(rows) - rounds + 1, rounds):
        turns = [(row["instruction"], row["output"]) for row in rows[number : number + rounds]]
        said = [(role, text) for turn in turns for role, text in zip(("user", "assistant"), turn, strict=True)]
        row = {"messages": [{"role": role, "content": text} for role, text in said]}
        if learnable(script := fastchat(llama, turns, longest)):
            same(ours(built_in, "vicuna-7b-v1.1", row, llama, sequence_length=longest), script)


@pytest.mark.parametrize("entry_id", ["alpaca-7b", "alpaca-lora-7b", "qlora-alpaca-7b", "vicuna-7b-v1.1"])
def test_generation_starts_from_the_tokens_in_front_of_the_answer(built_in, llama, rows, entry_id):
    data = built_in.get_as(Model, entry_id).recipe.data.model_copy(update={"loss_on": "response"})
    template = built_in.get_as(Template, data.template)
    if data.format == "conversation":
        rows = [
            {
                "messages": [
                    {"role": "user", "content": row["instruction"]},
                    {"role": "assistant", "content": row["output"]},
                ]
            }
            for row in rows
        ]
    for example, prompt in zip(
        encode(rows, data, Training(), template, llama), prompts(rows, data, template, llama), strict=True
    ):
        count = next(place for place, label in enumerate(example.labels) if label != IGNORED)
        assert len(prompt.input_ids) == count
        # A token may span the border of question and answer; nothing else may differ.
        assert prompt.input_ids[:-1] == example.input_ids[: count - 1]


def test_a_recipe_says_the_same_as_its_template_where_both_do(built_in):
    for entry_id in built_in.ids(Model):
        recipe = built_in.get_as(Model, entry_id).recipe
        if recipe and recipe.data.tokenize and recipe.data.template:
            assert recipe.data.tokenize == built_in.get_as(Template, recipe.data.template).tokenize
            assert "data.tokenize" in recipe.evidence
