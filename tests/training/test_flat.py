import pytest
from promises import packed as put_together

from llmreg.errors import LlmregError
from llmreg.schema import Training
from llmreg.training import flat
from llmreg.training.encode import Example
from llmreg.training.flat import join, lay_flat, refuse_leaking, samples_apart
from llmreg.training.loop import train

STEP = Training(
    learning_rate=1.0, batch_size=20, steps=1, optimizer="sgd", schedule="constant", max_grad_norm=0, seed=1
)


def test_examples_lie_end_to_end_and_no_first_token_is_a_label():
    row = join([Example((1, 2, 3), (1, 2, 3)), Example((4, 5, 6), (4, 5, 6), (0, 2))])
    assert row == Example((1, 2, 3, 4, 5, 6), (-100, 2, 3, -100, 5, -100), (0, 3, 5))


def test_a_row_holds_no_padding_and_counts_positions_anew():
    laid = lay_flat([Example((7, 8, 9), (-100, 8, 9)), Example((5, 6), (-100, 6))])
    assert laid["input_ids"].tolist() == [[7, 8, 9, 5, 6]]
    assert laid["position_ids"].tolist() == [[0, 1, 2, 0, 1]]
    assert laid["bounds"].tolist() == [3, 2]


def model_of(architecture):
    """A tiny model of any architecture that the catalog's bases have."""
    import torch
    import transformers

    torch.manual_seed(3)
    sizes = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = {
        "llama": lambda: transformers.LlamaConfig(**sizes, intermediate_size=48),
        "mistral": lambda: transformers.MistralConfig(**sizes, intermediate_size=48, num_key_value_heads=2),
        "gpt_neox": lambda: transformers.GPTNeoXConfig(**sizes, intermediate_size=48),
        "gptj": lambda: transformers.GPTJConfig(vocab_size=64, n_embd=32, n_layer=2, n_head=4, rotary_dim=4),
        "opt": lambda: transformers.OPTConfig(**sizes, ffn_dim=48, word_embed_proj_dim=32, max_position_embeddings=128),
        "mpt": lambda: transformers.MptConfig(vocab_size=64, d_model=32, n_layers=2, n_heads=4, max_seq_len=128),
        "falcon": lambda: transformers.FalconConfig(**sizes),
        "bloom": lambda: transformers.BloomConfig(vocab_size=64, hidden_size=32, n_layer=2, n_head=4),
    }[architecture]()
    for dropout in ("resid_pdrop", "embd_pdrop", "attn_pdrop", "dropout", "hidden_dropout", "attention_dropout"):
        if isinstance(getattr(config, dropout, None), float):
            setattr(config, dropout, 0.0)
    return transformers.AutoModelForCausalLM.from_config(config)


FLAT = ("llama", "mistral", "gpt_neox", "opt")
PADDED = ("gptj", "mpt", "falcon", "bloom")


@pytest.mark.parametrize("architecture", FLAT + PADDED)
def test_every_architecture_takes_the_step_of_torchs_own_loss_flat_or_padded(architecture, examples, tmp_path):
    """The mean over all labels, each sample run alone through the model's own forward pass and full logits."""
    import torch

    model, twin = model_of(architecture), model_of(architecture)
    with samples_apart(model, 60) as row:
        assert (row is not None) == (architecture in FLAT)
    train(model, examples, STEP, tmp_path, pad_token_id=0)
    labels = sum(label != -100 for example in examples for label in example.labels)
    for example in examples:
        logits = twin.train()(input_ids=torch.tensor([example.input_ids])).logits[0, :-1]
        targets = torch.tensor(example.labels[1:])
        (torch.nn.functional.cross_entropy(logits, targets, reduction="sum") / labels).backward()
    for (name, value), other in zip(model.named_parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(value, other - other.grad, rtol=1e-4, atol=2e-6, msg=name)


@pytest.mark.parametrize("architecture", ["falcon", "mpt", "bloom"])
def test_packing_is_refused_where_packed_samples_would_see_each_other(architecture, examples, tmp_path):
    packed = STEP.model_copy(update={"packing": True, "sequence_length": 64})
    with pytest.raises(LlmregError, match=rf"would see each other in {architecture}, .* training\.packing=false"):
        train(model_of(architecture), examples, packed, tmp_path, pad_token_id=0)


@pytest.mark.parametrize("seed", range(3))
def test_experts_that_round_by_what_else_is_in_a_row_are_no_reason_to_refuse(seed):
    import torch
    import transformers

    torch.manual_seed(seed)
    config = transformers.MixtralConfig(
        vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, num_local_experts=4, initializer_range=0.2,
    )  # fmt: skip
    refuse_leaking(transformers.MixtralForCausalLM(config))


def test_packed_samples_that_padded_rows_keep_apart_take_the_step_of_each_alone(examples, tmp_path):
    import torch

    packs = len(put_together(examples, 64))
    packed = STEP.model_copy(update={"packing": True, "sequence_length": 64, "batch_size": packs})
    together, alone = model_of("gptj"), model_of("gptj")
    train(together, examples, packed, tmp_path / "together", pad_token_id=0)
    train(alone, examples, STEP, tmp_path / "alone", pad_token_id=0)
    for (name, value), other in zip(together.named_parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(value, other, rtol=1e-4, atol=2e-6, msg=name)


def test_a_model_that_lets_samples_see_each_other_is_found_out_and_padded(make_model, monkeypatch):
    def leaky(own, row, layer, query, key, value, *_, **options):
        return own(layer, query, key, value, None, **options)

    monkeypatch.setattr(flat, "_attend", leaky)
    model = make_model()
    with samples_apart(model, 60) as row:
        assert row is None
        assert model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("change", [{"sliding_window": 59}, {"attention_chunk_size": 8}, {"attention": "eager"}])
def test_attention_that_is_not_over_all_that_stands_before_is_left_alone(make_model, change):
    model = make_model()
    if "attention" in change:
        model.set_attn_implementation(change["attention"])
    else:
        model.config.update(change)
    with samples_apart(model, 60) as row:
        assert row is None


def test_the_models_own_attention_is_back_afterwards(make_model):
    model = make_model().train()
    with samples_apart(model, 60):
        assert model.config._attn_implementation == "sdpa_by_sample"
    assert model.config._attn_implementation == "sdpa"
    assert model.training
    assert model.config.use_cache


LONG, SHORT = Example((5, 6, 7), (5, 6, 7)), Example((8, 9, 10, 11), (8, 9, 10, 11))


def logits(model, row, samples):
    """What a model gives for samples that lie flat in a row."""
    laid = lay_flat(samples)
    row.sizes = laid.pop("bounds").tolist()
    del laid["labels"]
    return model(**laid, use_cache=False).logits.detach()


@pytest.mark.parametrize("shared", [False, True], ids=["apart", "one configuration"])
def test_two_models_in_use_at_a_time_do_not_meet(make_model, shared):
    import torch

    first, second = make_model(), make_model()
    if shared:
        second = type(first)(first.config)
        second.load_state_dict(first.state_dict())
    with samples_apart(first, 16) as row:
        alone = logits(first, row, [LONG, SHORT])
        with samples_apart(second, 16) as other:
            torch.testing.assert_close(logits(second, other, [SHORT, SHORT, LONG])[:, -3:], alone[:, :3])
            assert torch.equal(logits(first, row, [LONG, SHORT]), alone)
        assert torch.equal(logits(first, row, [LONG, SHORT]), alone)


def test_models_leave_in_any_order(make_model):
    import torch

    first, second = make_model(), make_model()
    one, two = samples_apart(first, 16), samples_apart(second, 16)
    one.__enter__()
    other = two.__enter__()
    before = logits(second, other, [LONG, SHORT])
    one.__exit__(None, None, None)
    padded = first(torch.tensor([[5, 6, 7, 0]]), attention_mask=torch.tensor([[1, 1, 1, 0]])).logits
    torch.testing.assert_close(padded[:, :3], before[:, :3])
    assert torch.equal(logits(second, other, [LONG, SHORT]), before)
    two.__exit__(None, None, None)


def test_the_same_model_may_be_used_within_its_own_use(make_model):
    import torch

    model = make_model()
    with samples_apart(model, 16) as row:
        before = logits(model, row, [LONG, SHORT])
        with samples_apart(model, 16) as inner:
            assert inner is not None
            torch.testing.assert_close(logits(model, inner, [SHORT, LONG, SHORT])[:, 4:], before)
        assert torch.equal(logits(model, row, [LONG, SHORT]), before)
    assert model.config._attn_implementation == "sdpa"


def test_what_goes_wrong_within_leaves_nothing_behind(make_model):
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    model, known = make_model(), set(ALL_ATTENTION_FUNCTIONS)
    config = model.config
    with (
        pytest.raises(ZeroDivisionError),
        samples_apart(model, 16),
        samples_apart(model, 16),
        samples_apart(make_model(), 16),
    ):
        raise ZeroDivisionError
    assert set(ALL_ATTENTION_FUNCTIONS) == known
    assert all(part.config is config for part in model.modules() if hasattr(part, "config"))
    assert config._attn_implementation == "sdpa"


def eye(**sizes):
    """A small part that sees pictures."""
    import transformers

    config = transformers.CLIPVisionConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=2, image_size=8, patch_size=4,
        **sizes,
    )  # fmt: skip
    return transformers.CLIPVisionModel(config)


@pytest.mark.parametrize("within", [False, True], ids=["next to the decoder", "in the decoder"])
def test_a_part_that_sees_pictures_is_not_cut_by_the_samples_of_the_text(make_model, within):
    """It has as many tokens as a picture has patches, whatever the text."""
    import torch

    model, picture = make_model(), torch.rand(1, 3, 8, 8)
    (model.model if within else model).sight = eye()
    seen = model.get_submodule("model.sight" if within else "sight")
    added = []

    def look(_, __, found):
        added.append(seen(picture).last_hidden_state.mean().detach())
        return found + added[-1]

    model.get_input_embeddings().register_forward_hook(look)
    with samples_apart(model, 16) as row:
        flat_row = logits(model, row, [LONG, SHORT])
    alone = [model(torch.tensor([each.input_ids])).logits for each in (LONG, SHORT)]
    torch.testing.assert_close(flat_row, torch.cat(alone, dim=1))
    assert len({float(each) for each in added}) == 1


def test_a_model_made_of_two_parts_keeps_the_samples_of_its_text_apart():
    import torch
    import transformers

    text = transformers.LlamaConfig(
        vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4
    )
    config = transformers.LlavaConfig(text_config=text, vision_config=eye().config, image_token_index=63)
    model = transformers.LlavaForConditionalGeneration(config).eval()
    with samples_apart(model, 16) as row:
        assert row is not None
        assert config.vision_config._attn_implementation == "sdpa"
        flat_row = logits(model, row, [LONG, SHORT])
    alone = [model(torch.tensor([each.input_ids])).logits for each in (LONG, SHORT)]
    torch.testing.assert_close(flat_row, torch.cat(alone, dim=1))


def test_nothing_is_kept_below_the_first_layer_that_trains(make_model, examples):
    """Autograd keeps what a gradient needs; below the first layer that trains, none is asked for."""
    import torch

    def kept(model):
        found = []
        laid = lay_flat(examples)
        sizes, labels = laid.pop("bounds").tolist(), laid.pop("labels")
        own = {value.data_ptr() for value in model.parameters()}
        with (
            samples_apart(model, 60) as row,
            torch.autograd.graph.saved_tensors_hooks(lambda value: found.append(value) or value, lambda value: value),
        ):
            row.sizes = sizes
            model(**laid).logits[labels != -100].sum().backward()
        return sum(value.numel() for value in found if value.data_ptr() not in own)

    whole, top = make_model(), make_model()
    top.model.requires_grad_(False)
    top.model.layers[1].mlp.requires_grad_(True)
    # The upper layer's feed-forward part and what is above: no attention, no lower layer.
    assert kept(top) < 0.4 * kept(whole)
