"""A judge in a folder: a model on this machine, decoded greedily."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmreg.asking.endpoint import NoReplyError
from llmreg.asking.replies import Reply
from llmreg.errors import LlmregError
from llmreg.reproduce.base import first_line, weights_hash
from llmreg.reproduce.weights import open_model

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import PreTrainedTokenizerBase


class LocalJudge:
    """A model in the Hub's folder layout, with a tokenizer; remote code is never run."""

    def __init__(self, folder: Path, *, max_tokens: int) -> None:
        """Hash the weights, which are loaded for the first question; raise `LlmregError` where there are none."""
        self.folder, self._most = folder, max_tokens
        self.name = folder.resolve().name
        self._base, self._tokenizer = open_model(folder)
        self.settings = {"weights": weights_hash(folder), "decoding": "greedy", "max_tokens": max_tokens}

    def ask(self, prompt: str) -> Reply:
        """Give the reply; raise `NoReplyError` for a prompt that leaves no room for one."""
        from llmreg.evaluation.generation import answers
        from llmreg.training.context import context_of
        from llmreg.training.encode import Prompt

        model, tokenizer = self._loaded
        ids = self._ids(tokenizer, prompt)
        context = context_of(model.config)
        room = context.tokens if context else None
        if room and len(ids) + self._most > room:
            raise NoReplyError(
                f"{self.name} holds {room:,} tokens, and this takes {len(ids):,} and {self._most:,} for the reply; "
                "lower --max-tokens or take a judge that holds more"
            )
        (text,) = answers(model, tokenizer, [Prompt(ids, "")], self._most)
        return Reply(text, tokens_in=len(ids))

    @cached_property
    def _loaded(self) -> tuple[Any, PreTrainedTokenizerBase]:
        import torch

        model: Any = self._base.load()
        return model.to("cuda" if torch.cuda.is_available() else "cpu"), self._tokenizer

    def _ids(self, tokenizer: PreTrainedTokenizerBase, prompt: str) -> tuple[int, ...]:
        """Put the prompt into the model's own words for a conversation, or leave it as it is where it has none."""
        if not tokenizer.chat_template:
            return tuple(tokenizer(prompt).input_ids)
        messages = [{"role": "user", "content": prompt}]
        try:
            text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        except Exception as error:
            raise LlmregError(
                f"the chat template of the tokenizer in {self.folder} cannot be filled: {first_line(error)}; correct "
                "it, or take it out to ask in plain text"
            ) from None
        return tuple(tokenizer(text, add_special_tokens=False).input_ids)
