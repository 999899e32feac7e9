"""What tests of published formats share: reading rows that are given, and writing the usual ones."""

import json

from llmreg.training.formats import READERS
from llmreg.training.formats.reader import Tally


def read(tmp_path, reader, form, *published):
    """Give the rows and what was left out of a file that holds these."""
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in published))
    tally = Tally()
    return [row for _, row in READERS[reader].rows(path, form, tally)], dict(tally)
