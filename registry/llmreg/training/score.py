"""Score a model: its loss on held-out examples, and how often it answers exactly."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.training.batch import collate
from llmreg.training.encode import IGNORED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import nn
    from transformers import PreTrainedTokenizerBase

    from llmreg.training.encode import Example, Prompt

BATCH = 32


def held_out_losses(
    model: nn.Module, examples: Sequence[Example], pad_token_id: int, batch_size: int = 8
) -> list[float]:
    """Give for each example the mean loss over its label tokens, in nats."""
    from torch.nn.functional import cross_entropy

    losses = []
    with _judging(model) as device, _uncached(model):
        for start in range(0, len(examples), batch_size):
            tensors = collate(examples[start : start + batch_size], pad_token_id)
            batch = {name: value.to(device) for name, value in tensors.items()}
            labels = batch.pop("labels")
            logits = model(**batch).logits[:, :-1].float()
            each = cross_entropy(logits.transpose(1, 2), labels[:, 1:], ignore_index=IGNORED, reduction="none")
            losses += (each.sum(1) / (labels[:, 1:] != IGNORED).sum(1)).tolist()
    return losses


def exact_match(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt], max_new_tokens: int
) -> float:
    """Give the share of prompts, 0 to 1, that the model answers with exactly the expected text, decoding greedily."""
    if not prompts:
        raise LlmregError("there is nothing to score: no prompts were given")
    given = answers(model, tokenizer, prompts, max_new_tokens)
    return sum(text == prompt.answer for text, prompt in zip(given, prompts, strict=True)) / len(prompts)


def answers(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt], max_new_tokens: int
) -> list[str]:
    """Give the greedy continuation of each prompt without surrounding space; prompts of like length share a batch."""
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index].input_ids))
    texts = [""] * len(prompts)
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        new = _generate(model, tokenizer, [prompts[index] for index in chosen], max_new_tokens)
        for index, tokens in zip(chosen, new, strict=True):
            text = tokenizer.decode(tokens, skip_special_tokens=True)
            end = prompts[index].end
            texts[index] = (text.split(end)[0] if end else text).strip()
    return texts


def _generate(
    model: Any, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt], max_new_tokens: int
) -> list[list[int]]:
    """Continue prompts padded on the left, so that every continuation starts in the same column."""
    import torch
    from transformers import GenerationConfig

    pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    width = max(len(prompt.input_ids) for prompt in prompts)
    gaps = [width - len(prompt.input_ids) for prompt in prompts]
    ids = [[*[pad] * gap, *prompt.input_ids] for gap, prompt in zip(gaps, prompts, strict=True)]
    mask = [[int(place >= gap) for place in range(width)] for gap in gaps]
    how = GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=False,
        num_beams=1,
        pad_token_id=pad,
        eos_token_id=tokenizer.eos_token_id,
    )
    with _judging(model) as device:
        tensors = {"input_ids": torch.tensor(ids, device=device), "attention_mask": torch.tensor(mask, device=device)}
        output: list[list[int]] = model.generate(**tensors, generation_config=how)[:, width:].tolist()
    return output


@contextmanager
def _uncached(model: Any) -> Iterator[None]:
    """Switch the cache off for a while: with one, `transformers` takes packed samples for a single long one."""
    cache, model.config.use_cache = model.config.use_cache, False
    try:
        yield
    finally:
        model.config.use_cache = cache


@contextmanager
def _judging(model: nn.Module) -> Iterator[Any]:
    """Switch dropout and gradients off for a while; give the model's device."""
    import torch

    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield next(model.parameters()).device
    finally:
        model.train(training)
