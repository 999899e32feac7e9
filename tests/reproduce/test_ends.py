"""The token that ends an answer is kept from training through the artifact, the merged model and GGUF."""

import json

import pytest
import tiny
import torch

from builders import catalog, edge, model
from llmreg.nano.tokenizer import tokenizer as nano_tokenizer
from llmreg.reproduce.architecture import config_of
from llmreg.reproduce.base import FolderBase
from llmreg.reproduce.ends import carry_ends, ends_of
from llmreg.reproduce.execute import Work, execute
from llmreg.reproduce.gguf import write_gguf
from llmreg.reproduce.merge import merge
from llmreg.schema import RecipeData, Template, Training
from llmreg_methods.full import Full
from llmreg_methods.lora import Lora

ROWS = [{"instruction": f"Name number {number}.", "output": f"number {number}"} for number in range(8)]
FORM = {
    "system": "",
    "prompt_without_input": None,
    "prompt": "<|im_start|>{instruction}<|im_end|>\n",
    "response": "{output}",
}


def template(**fields):
    given = {**FORM, "turn_end": "<|im_end|>\n", "begin_token": False, "end_token": False, **fields}
    sources = {"here": {"path": "tests", "read": "live", "seen": "2026-11-30"}}
    digest = Template.model_construct(**given).content_hash()
    return Template(id="chatml", name="ChatML", source="here", sources=sources, sha256=digest, **given)


@pytest.fixture(scope="module")
def words():
    tokenizer = nano_tokenizer()
    tokenizer.add_special_tokens({"extra_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    return tokenizer


@pytest.fixture(scope="module")
def base(tmp_path_factory, words):
    import transformers

    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(3)
    ends = {"vocab_size": len(words), "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    config = config_of({**tiny.LLAMA, **ends})
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def trained(method, base, words, form, folder):
    """Take a step of training and write the artifact."""
    training = Training(learning_rate=1e-4, steps=1, batch_size=2, seed=1)
    data = RecipeData(format="instruction", loss_on="response")
    work = Work(method, FolderBase(base), words, ROWS, [], data, training, form, folder)
    execute(work, resume=False, say=lambda text: None)
    return folder / "artifact"


def named(folder):
    return json.loads((folder / "generation_config.json").read_text())["eos_token_id"]


def test_the_artifact_names_the_end_that_was_learnt(base, words, tmp_path):
    end = words.convert_tokens_to_ids("<|im_end|>")
    whole = trained(Full(), base, words, template(), tmp_path / "full")
    assert named(whole) == [end, 2]
    assert ends_of(whole) == (end, 2)
    adapter = trained(Lora(rank=2, targets="all-linear"), base, words, template(), tmp_path / "lora")
    assert named(adapter) == [end, 2]


def test_a_merged_model_and_its_gguf_file_name_it_too(base, words, tmp_path):
    gguf = pytest.importorskip("gguf")
    how = Lora(rank=2, targets="all-linear")
    adapter = trained(how, base, words, template(), tmp_path / "run")
    recipe = {"method": "lora", "settings": how.model_dump(mode="json"), "data": {"format": "text"}, "source": "page"}
    entries = catalog(model("base"), model("tuned", edge("adapter", "base"), recipe=recipe))
    merge(entries, adapter, tmp_path / "whole", base=base, entry="tuned", say=lambda text: None)
    end = words.convert_tokens_to_ids("<|im_end|>")
    assert named(tmp_path / "whole") == [end, 2]
    from llmreg.reproduce import gguf as writer

    with pytest.MonkeyPatch.context() as patch:  # the nano tokenizer is none that GGUF holds
        patch.setattr(writer, "_scores", lambda folder, described: {})
        patch.setattr(writer, "_spaces_in_front", lambda tokenizer: False)
        write_gguf(tmp_path / "whole", tmp_path / "whole.gguf", kind="f32")
    fields = gguf.GGUFReader(tmp_path / "whole.gguf").fields
    assert fields["tokenizer.ggml.eos_token_id"].contents() == 2
    assert fields["tokenizer.ggml.eot_token_id"].contents() == end


@pytest.mark.parametrize(
    "form", [None, template(end_token=True), template(turn_end="###"), template(turn_end="<|no_such|>")]
)
def test_nothing_is_written_where_the_end_is_known_or_is_text(base, words, tmp_path, form):
    carry_ends(form, words, FolderBase(base).load(), tmp_path)
    assert not (tmp_path / "generation_config.json").exists()


def test_what_is_cut_is_said_and_comes_out_of_the_run(base, words, tmp_path):
    """Rows of training and rows held back, each counted by itself."""
    said = []
    long = [{"instruction": "Name it.", "output": "number " * 40}]
    training = Training(learning_rate=1e-4, steps=1, batch_size=2, seed=1, sequence_length=32)
    data = RecipeData(format="instruction", loss_on="response")
    method, start = Full(), FolderBase(base)
    work = Work(method, start, words, ROWS + long, long * 2, data, training, template(), tmp_path)
    done = execute(work, resume=False, say=said.append)
    cut, lost = (
        "a row was cut to training.sequence_length=32",
        "a row lost the end of its last answer, which was cut off",
    )
    held = "of the rows held back: "
    assert done.encoding == {cut: 1, lost: 1, held + cut: 2, held + lost: 2}
    assert {f"1 time {cut}", f"2 times {held}{lost}"} <= set(said)
