"""When a model saw data whose stage its tracker does not name."""

from __future__ import annotations

import pytest

from llmreg.importers.stages import stage_of_data


@pytest.mark.parametrize(
    ("names", "has_base", "stage"),
    [
        ((), False, "pretrain"),
        (("bigcode/starcoderbase", "text-generation"), False, "pretrain"),
        (("allenai/c4-en-chatter",), False, "pretrain"),
        ((), True, "sft"),
        (("me/bert-finetuned-squad",), False, "sft"),
        (("me/bert_fine_tuned",), False, "sft"),
        (("me/Falcon-7B-Instruct",), False, "sft"),
        (("me/m", "trl", "sft"), False, "sft"),
        (("me/vicuna_lora",), False, "sft"),
        (("me/m", "instruction-following"), False, "sft"),
    ],
)
def test_data_is_for_tuning_where_there_is_a_base_or_a_word_of_it(names, has_base, stage):
    assert stage_of_data(*names, has_base=has_base) == stage
