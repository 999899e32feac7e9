"""What is applied to the base it was made from is the model again, bit for bit; anything else is refused, whole."""

from __future__ import annotations

import errno
import itertools
import json
import os
import signal
import subprocess
import sys

import pytest
import torch
from delta_models import folder, numbers, same_bits
from safetensors.torch import load_file

from builders import SOURCES
from llmreg.deltas.apply import TOLD, apply, make
from llmreg.errors import LlmregError
from llmreg.plugins import load
from llmreg.schema import Model

DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}


def quiet(_):
    pass


def codec(name, **settings):
    return load().codec(name, settings)


def entry_with(name="delta", **stated):
    return Model(
        id="m-delta", name="m", source="page", sources=SOURCES, file_of="m", component="delta",
        codec={"name": name, "base": "b", "source": "page", **stated},
    )  # fmt: skip


def weights(place):
    return {name: tensor for path in place.glob("*.safetensors") for name, tensor in load_file(path).items()}


def parted(tmp_path, name, *, dtype=torch.float16, rows=12, pickled=False, parts=1, near=True):
    """A base, a model near it, and the file that tells the difference."""
    ground = numbers(1, dtype)
    model = numbers(2, dtype, rows, ground if near else None)
    base = folder(tmp_path / "base", ground, pickled=pickled, parts=parts)
    whole = folder(tmp_path / "whole", model, pickled=pickled, parts=parts)
    settings = {"new_rows": "mean"} if rows > 12 else {}
    make(codec(name, **settings), base, whole, tmp_path / "file", quiet)
    return base, model, tmp_path / "file"


@pytest.mark.parametrize(
    ("dtype", "pickled", "parts", "near"), [*itertools.product(DTYPES, (False, True), (1, 2), (False, True))]
)
def test_a_delta_gives_the_model_back_bit_for_bit(dtype, pickled, parts, near, tmp_path):
    base, model, file = parted(tmp_path, "delta", dtype=DTYPES[dtype], pickled=pickled, parts=parts, near=near)
    done = apply(None, base, file, tmp_path / "out", say=quiet)
    assert same_bits(weights(tmp_path / "out"), model)
    assert done.base_checked == "the fingerprint that the file names"
    assert json.loads((tmp_path / "out" / "tokenizer.json").read_text()) == {"words": "whole"}


def test_a_delta_of_safetensors_gives_the_very_files_back(tmp_path):
    base, _, file = parted(tmp_path, "delta", parts=2)
    apply(None, base, file, tmp_path / "out", say=quiet)
    for path in (tmp_path / "whole").glob("*.safetensors"):
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()


def test_rows_that_the_base_lacks_are_taken_from_the_mean_of_its_rows(tmp_path):
    base, model, file = parted(tmp_path, "delta", rows=13, dtype=torch.float32)
    apply(None, base, file, tmp_path / "out", say=quiet)
    assert same_bits(weights(tmp_path / "out"), model)
    row = weights(file)["embed.weight"][12]
    assert torch.allclose(row, model["embed.weight"][12] - weights(base)["embed.weight"].mean(0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("longer", ["whole", "base"])
def test_xor_gives_every_file_back_byte_for_byte(packed, longer, tmp_path):
    base, whole = folder(tmp_path / "base", numbers(1)), folder(tmp_path / "whole", numbers(2))
    (tmp_path / longer / "config.json").write_text(json.dumps({"model_type": "llama", "more": "x" * 5000}))
    (whole / "added_tokens.json").write_text('{"<pad>": 12}')
    make(codec("xor", compressed=packed), base, whole, tmp_path / "file", quiet)
    apply(None, base, tmp_path / "file", tmp_path / "out", say=quiet)
    files = {path.name for path in whole.iterdir()}
    assert files == {path.name for path in (tmp_path / "out").iterdir()} - {"apply.json"}
    assert all((whole / name).read_bytes() == (tmp_path / "out" / name).read_bytes() for name in files)


def nothing_left(tmp_path):
    return not any(path.name.startswith((".out", "out")) for path in tmp_path.iterdir())


def truncated(base, file):
    path = next(file.glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-9])


def missing(base, file):
    sorted(file.glob("*.safetensors"))[-1].unlink()


def told_wrongly(base, file):
    (file / TOLD).write_text("{}")


def other_base(base, file):
    path = next(base.glob("*.safetensors"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))


def base_cut(base, file):
    path = next(base.glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize("name", ["delta", "xor"])
@pytest.mark.parametrize("harm", [truncated, missing, told_wrongly, other_base, base_cut])
def test_what_is_damaged_or_wrong_is_refused_and_leaves_nothing(name, harm, tmp_path):
    base, _, file = parted(tmp_path, name, parts=2)
    harm(base, file)
    with pytest.raises(LlmregError, match=r"fetch|not the base|not there|lacks|names"):
        apply(None, base, file, tmp_path / "out", say=quiet)
    assert nothing_left(tmp_path)


@pytest.mark.parametrize("parts", [1, 2])
def test_without_hashes_a_delta_cut_off_or_without_a_part_is_refused_all_the_same(parts, tmp_path):
    base, _, file = parted(tmp_path, "delta", parts=parts)
    (file / TOLD).unlink()
    for name in ("model.safetensors", "model-00002-of-00002.safetensors"):
        if (file / name).exists():
            (file / name).write_bytes((file / name).read_bytes()[:-1])
    with pytest.raises(LlmregError, match="is broken or cut off"):
        apply(entry_with(), base, file, tmp_path / "out", say=quiet)
    assert nothing_left(tmp_path)


def test_pickles_that_hold_more_than_tensors_are_refused(tmp_path):
    base, _, file = parted(tmp_path, "delta")
    for path in base.glob("*.safetensors"):
        path.unlink()
    torch.save({"x": print}, base / "pytorch_model.bin")
    with pytest.raises(LlmregError, match="holds more than tensors, which could run code"):
        apply(None, base, file, tmp_path / "out", say=quiet)


def test_a_base_of_other_shapes_or_names_is_refused(tmp_path):
    _, _, file = parted(tmp_path, "delta")
    (file / TOLD).unlink()
    other = folder(tmp_path / "other", {**numbers(1), "extra.weight": torch.zeros(2)})
    with pytest.raises(LlmregError, match=r"only .*other has extra\.weight; give the base"):
        apply(entry_with(), other, file, tmp_path / "out", say=quiet)
    wide = folder(tmp_path / "wide", numbers(1, rows=14))
    with pytest.raises(LlmregError, match=r"embed\.weight is 14 x 4 in the base and 12 x 4 here"):
        apply(entry_with(), wide, file, tmp_path / "out", say=quiet)
    assert nothing_left(tmp_path)


def test_a_published_sum_refuses_another_base_before_a_byte_is_written(tmp_path, monkeypatch):
    base, model, file = parted(tmp_path, "delta", dtype=torch.float32)
    (file / TOLD).unlink()
    total = float(sum(tensor.sum() for tensor in model.values()))
    apply(entry_with(total=total, tolerance=0.01), base, file, tmp_path / "right", say=quiet)
    wrong = folder(tmp_path / "wrong", numbers(7, torch.float32))
    monkeypatch.setattr("llmreg.deltas.write.write_parts", lambda *_: pytest.fail("it wrote"))
    with pytest.raises(
        LlmregError, match="is not the base b of this file, or a file is damaged: the result adds up to"
    ):
        apply(entry_with(total=total, tolerance=0.01), wrong, file, tmp_path / "out", say=quiet)
    assert nothing_left(tmp_path)


def test_published_hashes_are_compared(tmp_path):
    import hashlib

    base, _, file = parted(tmp_path, "xor")
    (file / TOLD).unlink()
    name = "model.safetensors"
    right = hashlib.md5((tmp_path / "whole" / name).read_bytes(), usedforsecurity=False).hexdigest()
    done = apply(entry_with("xor", md5={name: right}), base, file, tmp_path / "right", say=quiet)
    assert done.result_checked == "the published md5 of 1 files"
    with pytest.raises(LlmregError, match="did not come out as it should, by its md5"):
        apply(entry_with("xor", md5={name: "0" * 32}), base, file, tmp_path / "out", say=quiet)
    with pytest.raises(LlmregError, match=r"config\.json is another file, by its published sha256"):
        apply(entry_with("xor", base_files={"config.json": "0" * 64}), base, file, tmp_path / "out", say=quiet)
    assert nothing_left(tmp_path)


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    base, _, file = parted(tmp_path, "delta", parts=2)
    times = itertools.count()

    def full(_):
        if next(times) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("llmreg.deltas.write.os.fsync", full)
    with pytest.raises(LlmregError, match="No space left on device; make room, or name another folder"):
        apply(None, base, file, tmp_path / "out", say=quiet)
    assert nothing_left(tmp_path)


def test_a_disk_that_is_too_small_is_said_before_anything_is_written(tmp_path, monkeypatch):
    base, _, file = parted(tmp_path, "delta")
    monkeypatch.setattr("llmreg.deltas.write.shutil.disk_usage", lambda _: Room())
    with pytest.raises(LlmregError, match=r"would take .* free; make room"):
        apply(None, base, file, tmp_path / "out", say=quiet)


class Room:
    free = 10


KILLED = """
import os, signal, sys
from pathlib import Path
import llmreg.deltas.write as write
written, times = write._written, []
def killed(part, place):
    if len(times) == 1:
        place.write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    times.append(part.name)
    return written(part, place)
write._written = killed
from llmreg.deltas.apply import apply
apply(None, Path({base!r}), Path({file!r}), Path({out!r}), say=print)
"""


def test_what_was_killed_goes_on_and_comes_to_the_same(tmp_path, monkeypatch):
    base, model, file = parted(tmp_path, "delta", parts=2)
    script = KILLED.format(base=str(base), file=str(file), out=str(tmp_path / "out"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (tmp_path / "out").exists()
    from llmreg.deltas import write

    written, names = write._written, []
    monkeypatch.setattr(write, "_written", lambda part, place: names.append(part.name) or written(part, place))
    apply(None, base, file, tmp_path / "out", say=quiet)
    assert "model-00001-of-00002.safetensors" not in names
    assert same_bits(weights(tmp_path / "out"), model)


def test_an_output_that_is_in_use_is_left_alone(tmp_path):
    base, _, file = parted(tmp_path, "delta")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(LlmregError, match="is not empty; give -o a new folder"):
        apply(None, base, file, tmp_path / "out", say=quiet)
    assert (tmp_path / "out" / "mine").read_text() == "mine"


def test_a_file_without_a_codec_says_so(tmp_path):
    base, _, file = parted(tmp_path, "delta")
    (file / TOLD).unlink()
    with pytest.raises(LlmregError, match="nothing says by which codec it is applied"):
        apply(None, base, file, tmp_path / "out", say=quiet)
