"""What a model answers: greedy continuations of prompts, in batches of like length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.evaluation.modes import judging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

    from llmreg.training.encode import Prompt

BATCH = 32


def answers(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Prompt],
    max_new_tokens: int,
    batch_size: int = BATCH,
) -> list[str]:
    """Give the greedy continuation of each prompt without surrounding space; prompts of like length share a batch."""
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index].input_ids))
    texts = [""] * len(prompts)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        new = _generate(model, tokenizer, [prompts[index] for index in chosen], max_new_tokens)
        for index, tokens in zip(chosen, new, strict=True):
            text = tokenizer.decode(tokens, skip_special_tokens=True)
            end = prompts[index].end
            texts[index] = (text.split(end)[0] if end else text).strip()
    return texts


def padding(tokenizer: PreTrainedTokenizerBase) -> int:
    """Give a token to fill gaps with, which masks hide: the padding token, else the end token, else any."""
    for token in (tokenizer.pad_token_id, tokenizer.eos_token_id):
        if token is not None:
            return int(token)
    return 0


def _generate(
    model: Any, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt], max_new_tokens: int
) -> list[list[int]]:
    """Continue prompts padded on the left, so that every continuation starts in the same column.

    An encoder-decoder answers in a row of its own, after the token with which its decoder begins.
    """
    import torch
    from transformers import GenerationConfig

    from llmreg.training.encode import decoder_start

    start = decoder_start(model.config)
    pad = padding(tokenizer)
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
        decoder_start_token_id=start,
    )
    with judging(model) as device:
        tensors = {"input_ids": torch.tensor(ids, device=device), "attention_mask": torch.tensor(mask, device=device)}
        begun = width if start is None else 1
        output: list[list[int]] = model.generate(**tensors, generation_config=how)[:, begun:].tolist()
    return output
