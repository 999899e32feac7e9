"""Hours and cost: operations against what is known of published runs, and the table of GPUs."""

from __future__ import annotations

import statistics

import pytest

from llmreg import plugins
from llmreg.catalog import Catalog
from llmreg.catalog import built_in as built_in_folder
from llmreg.catalog.gpus import gpu_named, gpus, require_gpu, require_gpu_id
from llmreg.errors import CatalogError, LlmregError
from llmreg.reproduce.architecture import config_of, full_config
from llmreg.reproduce.base import ConfigBase
from llmreg.reproduce.cost import UTILIZATION, estimates, operations, utilization
from llmreg.reproduce.memory import Shapes, lay_out
from llmreg.reproduce.recipe import resolve
from llmreg.schema import Hardware, Model, Training

GPU_HOURS = {
    "llama-7b": (82_432, 1.0e12),
    "llama-13b": (135_168, 1.0e12),
    "llama-2-7b": (184_320, 2.0e12),
    "pythia-1b": (4_830, 299_892_736_000),
    "pythia-1.4b": (7_120, 299_892_736_000),
    "pythia-2.8b": (14_240, 299_892_736_000),
    "pythia-6.9b": (33_500, 299_892_736_000),
    "pythia-12b": (72_300, 299_892_736_000),
}
"""GPU-hours on A100s as the entries note them, and tokens as the papers give them."""


@pytest.fixture(scope="module")
def per_token(built_in):
    """Give a function from an entry to its operations for a token."""
    found = plugins.load()

    def count(entry_id):
        entry = built_in.get_as(Model, entry_id)
        resolved, method = resolve(entry, found)
        laid = lay_out(method, method.load(Shapes(full_config(built_in, entry_id))))
        return operations(laid, resolved.training, resolved.training.sequence_length or 0)

    return count


def test_a_token_takes_six_operations_a_parameter_when_all_train(per_token):
    assert per_token("alpaca-7b") == pytest.approx(6 * 6.6e9, rel=0.05)


def test_frozen_weights_take_four(per_token):
    assert per_token("llama-adapter-v1-7b") == pytest.approx(4 * 6.6e9, rel=0.05)


@pytest.mark.parametrize(("method", "settings"), [("full", {}), ("lora", {"targets": "all-linear"})])
@pytest.mark.parametrize("again", [False, True])
def test_an_encoder_decoders_operations_are_those_that_torch_counts(method, settings, again):
    """To a twentieth: of attention, whose operands both have gradients, `operations` counts one.

    Its rows are equally long here, so that it does not matter for which of them keys and values are counted.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    sizes = {"d_model": 256, "d_kv": 64, "d_ff": 512, "num_layers": 3, "num_decoder_layers": 2, "num_heads": 4}
    config = config_of({"model_type": "t5", "vocab_size": 512, "feed_forward_proj": "gated-gelu", **sizes})
    how = plugins.load().build(method, settings)
    laid = lay_out(how, how.load(Shapes(config, "float32")))
    model = how.adapt(ConfigBase(config).random())
    tokens = torch.zeros((1, 128), dtype=torch.int64)
    with FlopCounterMode(display=False) as counter:
        logits = model(input_ids=tokens, decoder_input_ids=tokens, use_cache=False).logits
        forward = counter.get_total_flops()
        logits.sum().backward()
        measured = counter.get_total_flops() + (forward if again else 0)
    found = 256 * operations(laid, Training(gradient_checkpointing=again), 128, 128)
    assert found == pytest.approx(measured, rel=0.05)


def test_the_better_utilization_is_the_median_of_published_pretraining(per_token, built_in):
    a100 = require_gpu(built_in, "A100-80GB")
    shares = []
    for entry_id, (hours, tokens) in GPU_HOURS.items():
        note = built_in.get_as(Model, entry_id).recipe.hardware.note
        assert f"{hours:,}" in note
        shares.append(utilization(per_token(entry_id) * tokens, Hardware(hours=hours), a100))
    assert statistics.median(shares) == pytest.approx(UTILIZATION[1], abs=0.01)


def test_the_worse_utilization_is_that_of_alpacas_three_hours(per_token, built_in):
    hardware = built_in.get_as(Model, "alpaca-7b").recipe.hardware
    total = per_token("alpaca-7b") * 52_002 * 3 * 512
    assert utilization(total, hardware, require_gpu(built_in, "a100-80gb")) == pytest.approx(UTILIZATION[0], abs=0.005)


def test_llama_adapters_hour_lies_between(per_token, built_in):
    """Its code pads every sample to 512 tokens, so the tokens are not an upper bound."""
    total = per_token("llama-adapter-v1-7b") * 52_002 * 5 * 512
    share = utilization(total, Hardware(hours=1, gpus=8), require_gpu(built_in, "a100-80gb"))
    assert UTILIZATION[0] < share < UTILIZATION[1]


def test_hours_and_dollars_follow_from_operations(built_in):
    found = {each.gpu: each for each in estimates(312e12 * 3600, 41e9, gpus(built_in))}
    assert found["a100-80gb"].hours == pytest.approx((1 / UTILIZATION[1], 1 / UTILIZATION[0]))
    price = require_gpu(built_in, "a100-80gb").usd_per_hour
    assert found["a100-80gb"].usd == pytest.approx(tuple(hours * price for hours in found["a100-80gb"].hours))
    assert found["h200"].usd is None
    assert [each.fits for each in (found["t4"], found["a100-40gb"], found["h200"])] == [False, True, True]


def test_no_hours_no_utilization(built_in):
    assert utilization(1e18, Hardware(), require_gpu(built_in, "t4")) is None


def test_gpus_go_by_id_name_and_the_words_of_recipes(built_in):
    assert {gpu_named(built_in, name).name for name in ("a100-40gb", "A100-40GB", "NVIDIA A100 40 GB (SXM)")} == {
        "NVIDIA A100 40 GB (SXM)"
    }
    assert require_gpu_id(built_in, "h100") == "h100-80gb"
    assert gpu_named(built_in, "A100") is None, "40 or 80 GB is not said"
    with pytest.raises(LlmregError, match="did you mean 'h200'"):
        require_gpu(built_in, "h20")


def test_a_users_own_gpu_lies_over_the_built_in_ones(tmp_path):
    (tmp_path / "gpus.yaml").write_text(
        "gpus: {t4: {name: Ours, memory: 15, tflops: 60, evidence: {memory: seen, tflops: seen}}}\n"
        "sources: {seen: {url: 'https://example.org', read: live, seen: 2026-11-21}}\n"
    )
    catalog = Catalog(built_in_folder(), tmp_path)
    assert gpus(catalog)["t4"].name == "Ours"
    assert "h200" in gpus(catalog)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{name: X, memory: 15, tflops: 60, evidence: {memory: seen}}", "tflops: without a source"),
        ("{name: X, memory: 15, tflops: 60, evidence: {memory: seen, tflops: gone}}", "no source 'gone'"),
        ("{name: X, memory: 0, tflops: 60, evidence: {memory: seen, tflops: seen}}", "takes a number above 0"),
    ],
)
def test_a_figure_without_a_source_is_refused(tmp_path, text, message):
    (tmp_path / "gpus.yaml").write_text(
        f"gpus: {{x: {text}}}\nsources: {{seen: {{url: 'https://example.org', read: live, seen: 2026-11-21}}}}\n"
    )
    with pytest.raises(CatalogError, match=message):
        gpus(Catalog(tmp_path))
