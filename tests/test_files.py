"""Files that are written whole or not at all, and what is said where they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from llmreg.errors import LlmregError
from llmreg.files import writing
from llmreg.nano.tokenizer import tokenizer

LARGE = torch.zeros(500_000)


@pytest.mark.parametrize(
    "write",
    [
        lambda place: place.write_bytes(bytes(2**21)),
        lambda place: save_file({"weight": LARGE}, place),
        lambda place: torch.save({"weight": LARGE}, place),
        lambda place: torch.save([LARGE[:261_500], LARGE[:20_000]], place),
        lambda place: (place.with_name("all but 8 KiB").write_bytes(bytes(2**20 - 2**13)), tokenizer().save_pretrained(place)),
    ],
    ids=["Python", "safetensors", "PyTorch", "PyTorch at the end", "tokenizers"],
)  # fmt: skip
def test_a_full_disk_is_told_whichever_library_writes(small_disk, write):
    place = small_disk / "file"
    told = r"to .*/disk/file: (No space left on device|the disk is full or fails); make room$"
    with pytest.raises(LlmregError, match=told), writing("the thing", place, "make room"):
        write(place)


def test_any_other_error_stays_what_it_is():
    with pytest.raises(RuntimeError, match="out of memory"), writing("the thing", Path("x"), "make room"):
        raise RuntimeError("out of memory")
