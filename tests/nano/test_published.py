"""Made-up rows as published: each reader takes its own, whole."""

import json

import pytest

from llmreg.nano.published import published_like
from llmreg.training.formats import READERS
from llmreg.training.formats.reader import Tally

INPUT = "an input was put after its instruction"


@pytest.mark.parametrize("reader", READERS)
def test_each_reader_reads_the_rows_made_for_it_and_leaves_none_out(reader, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, published_like(reader, 5, 1))))
    for form in READERS[reader].gives:
        tally = Tally()
        rows = [row for _, row in READERS[reader].rows(path, form, tally)]
        assert len(rows) == (10 if reader == "hc3" else 5)
        assert len({json.dumps(row) for row in rows}) == 5
        assert set(tally) <= {INPUT, "of several exchanges the first was taken"}


def test_a_seed_gives_its_rows_again_and_another_seed_others():
    assert published_like("sharegpt", 3, 1) == published_like("sharegpt", 3, 1)
    assert published_like("sharegpt", 3, 1) != published_like("sharegpt", 3, 2)
