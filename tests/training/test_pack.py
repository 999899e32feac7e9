from collections import Counter
from itertools import pairwise

import pytest
from promises import packed

from llmreg.errors import LlmregError
from llmreg.training.batch import collate
from llmreg.training.encode import Example


def segments(row):
    bounds = [*row.starts, len(row.input_ids)]
    return [(row.input_ids[begin:end], row.labels[begin:end]) for begin, end in pairwise(bounds)]


def test_every_sample_is_packed_whole_and_once(examples):
    rows = packed(examples, 64)
    found = Counter(part for one in rows for part in segments(one))
    assert found == Counter((example.input_ids, example.labels) for example in examples)
    assert all(len(one.input_ids) <= 64 for one in rows)
    total = sum(len(example.input_ids) for example in examples)
    assert len(rows) == -(-total // 64), "best fit fills these lengths without waste"


def test_no_sample_is_asked_to_predict_the_next_ones_first_token(examples):
    for one in packed(examples, 64):
        assert all(one.labels[start] == -100 for start in one.starts)


def test_a_sample_longer_than_the_pack_is_an_error():
    with pytest.raises(LlmregError, match="sample 2 has 9 tokens, more than a packed sequence of 8 holds"):
        packed([Example((1,) * 3, (1,) * 3), Example((1,) * 9, (1,) * 9)], 8)


def test_samples_without_company_keep_an_ordinary_mask():
    batch = collate([Example((5, 6, 7), (-100, 6, 7)), Example((5,), (-100,))], pad_token_id=9)
    assert batch["input_ids"].tolist() == [[5, 6, 7], [5, 9, 9]]
    assert batch["labels"].tolist() == [[-100, 6, 7], [-100, -100, -100]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert "position_ids" not in batch


def test_packed_samples_count_their_own_positions_and_have_no_mask():
    batch = collate([Example((5,) * 4, (-100,) * 4, (0, 3)), Example((5, 6), (-100, 6))], pad_token_id=9)
    assert batch["position_ids"].tolist() == [[0, 1, 2, 0], [0, 1, 0, 1]]
    assert "attention_mask" not in batch
