"""What a model answers: greedy continuations of prompts, in batches of like length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.evaluation.modes import judging

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from transformers import PreTrainedTokenizerBase

    from llmreg.training.encode import Prompt

BATCH = 32


class Answer(str):
    """The text of an answer, and whether the model had ended it when there was no more room."""

    __slots__ = ("ended",)
    ended: bool

    def __new__(cls, text: str, *, ended: bool) -> Self:
        """Keep the text with whether it was ended."""
        answer = super().__new__(cls, text)
        answer.ended = ended
        return answer


def answers(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Prompt],
    max_new_tokens: int,
    batch_size: int = BATCH,
) -> list[Answer]:
    """Return the greedy continuation of each prompt without surrounding space; prompts of like length share a batch.

    An answer ends at a token that ends answers, be it the template's, the tokenizer's or the model's own, or at the
    template's closing text.
    """
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index].input_ids))
    found = [Answer("", ended=True)] * len(prompts)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        batch = [prompts[index] for index in chosen]
        ends = _ends(model, tokenizer, batch)
        new = _generate(model, tokenizer, batch, _room(model, batch, max_new_tokens), ends)
        for index, tokens in zip(chosen, new, strict=True):
            found[index] = _answer(tokenizer, prompts[index], tokens, ends)
    return found


def unended(given: Sequence[str]) -> tuple[str, ...]:
    """Say how many answers were cut for want of room, as a note; nothing where none was."""
    cut = sum(isinstance(each, Answer) and not each.ended for each in given)
    return (f"answers cut for want of room: {cut:,} of {len(given):,}",) if cut else ()


def _room(model: Any, prompts: Sequence[Prompt], max_new_tokens: int) -> int:
    """Return how many tokens an answer may have, so that the model reads prompt and answer whole."""
    context = getattr(model.config, "max_position_embeddings", None)
    if model.config.is_encoder_decoder or not isinstance(context, int) or context <= 0:
        return max_new_tokens
    longest = max(len(prompt.input_ids) for prompt in prompts)
    if longest >= context:
        raise LlmregError(
            f"a question takes {longest:,} tokens, and the model reads {context:,}: there is no room for an answer; "
            "take the row out"
        )
    return min(max_new_tokens, context - longest)


def _ends(model: Any, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt]) -> list[int]:
    """List all tokens that end an answer."""
    own = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    named = [tokenizer.eos_token_id, *(own if isinstance(own, list | tuple) else [own])]
    return sorted({end for end in (*named, *(end for prompt in prompts for end in prompt.ends)) if end is not None})


def _answer(tokenizer: PreTrainedTokenizerBase, prompt: Prompt, tokens: list[int], ends: list[int]) -> Answer:
    """Read an answer up to its end, without what the template writes in front of it."""
    end = next((place for place, token in enumerate(tokens) if token in ends), None)
    text: str = tokenizer.decode(tokens[:end], skip_special_tokens=True)
    before, stop, _ = text.partition(prompt.end) if prompt.end else (text, "", "")
    answer = before.strip().removeprefix(prompt.opening.strip()).strip()
    return Answer(answer, ended=end is not None or bool(stop))


def padding(tokenizer: PreTrainedTokenizerBase) -> int:
    """Give a token to fill gaps with, which masks hide: the padding token, else the end token, else any."""
    for token in (tokenizer.pad_token_id, tokenizer.eos_token_id):
        if token is not None:
            return int(token)
    return 0


def _generate(
    model: Any, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt], max_new_tokens: int, ends: list[int]
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
        eos_token_id=ends or None,
        decoder_start_token_id=start,
    )
    with judging(model) as device:
        tensors = {"input_ids": torch.tensor(ids, device=device), "attention_mask": torch.tensor(mask, device=device)}
        begun = width if start is None else 1
        output: list[list[int]] = model.generate(**tensors, generation_config=how)[:, begun:].tolist()
    return output
