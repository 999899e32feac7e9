"""Tiny real models with awkward widths, kept on disk so that a method can load them as it would a published one."""

from __future__ import annotations

import pytest

from bases import Folder


@pytest.fixture(scope="session")
def bases(tmp_path_factory):
    """Give bases by architecture; grouped queries and a width that no 4-bit block divides are among them."""
    import torch
    import transformers

    # 48 * 101 is no multiple of 64, the number of weights that share a 4-bit constant.
    sizes = {
        "hidden_size": 48, "intermediate_size": 101, "num_hidden_layers": 3, "num_attention_heads": 4,
        "vocab_size": 96, "max_position_embeddings": 64, "initializer_range": 0.2,
        "bos_token_id": 1, "eos_token_id": None, "pad_token_id": 0,
    }  # fmt: skip
    configs = {
        "llama": transformers.LlamaConfig(**sizes),
        "llama-grouped": transformers.LlamaConfig(**sizes, num_key_value_heads=2),
        "mistral": transformers.MistralConfig(**sizes, num_key_value_heads=2),
        "gpt-neox": transformers.GPTNeoXConfig(**sizes, rotary_pct=0.25),
    }
    folder = tmp_path_factory.mktemp("bases")
    for name, config in configs.items():
        torch.manual_seed(3)
        transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder / name)
    return {name: Folder(folder / name) for name in configs}


@pytest.fixture
def tokens():
    import torch

    return torch.randint(1, 96, (2, 12), generator=torch.Generator().manual_seed(5))


@pytest.fixture
def logits(tokens):
    import torch

    def logits(model, **options):
        with torch.no_grad():
            return model.eval()(input_ids=tokens, **options).logits

    return logits


@pytest.fixture
def train(tokens):
    """Take optimizer steps without weight decay on one batch; give the losses."""
    import torch

    def train(model, steps=1, learning_rate=1e-2):
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=learning_rate, weight_decay=0)
        losses = []
        for _ in range(steps):
            loss = model.train()(input_ids=tokens, labels=tokens).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        model.eval()
        return losses

    return train


@pytest.fixture
def llama_on_meta():
    """Give LLaMA at its published sizes, without memory for its weights."""
    import torch
    import transformers

    # Layers, width, heads and inner width; test_full checks that they add up to the known totals.
    shapes = {
        "7B": (32, 4096, 32, 11008),
        "13B": (40, 5120, 40, 13824),
        "33B": (60, 6656, 52, 17920),
        "65B": (80, 8192, 64, 22016),
    }

    def llama_on_meta(size):
        layers, width, heads, inner = shapes[size]
        config = transformers.LlamaConfig(
            num_hidden_layers=layers, hidden_size=width, num_attention_heads=heads, intermediate_size=inner
        )
        with torch.device("meta"):
            return transformers.LlamaForCausalLM(config)

    return llama_on_meta


@pytest.fixture
def adapt_on_meta():
    """Adapt a model without memory and count what trains, checking the method's word for it."""
    import torch

    def adapt_on_meta(method, model):
        with torch.device("meta"):
            adapted = method.adapt(model)
        trained = {name: parameter for name, parameter in adapted.named_parameters() if parameter.requires_grad}
        assert set(trained) == {name for name, _ in adapted.named_parameters() if method.trains(name)}
        return sum(parameter.numel() for parameter in trained.values())

    return adapt_on_meta
