"""The model that is judged: its weights, its tokenizer, and the template through which it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from llmreg.errors import LlmregError
from llmreg.evaluation import generation, likelihood
from llmreg.schema import RecipeData, Template
from llmreg.training.context import context_of
from llmreg.training.encode import IGNORED, Example, decoder_start, prompts
from llmreg.training.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

_ASKED = RecipeData(format="instruction")


class Question(NamedTuple):
    """What is asked; `input` has a place of its own in some templates."""

    text: str
    input: str = ""


@dataclass(frozen=True)
class Subject:
    """A model put to questions through a template, or as plain text after the begin token where there is none."""

    model: Any
    tokenizer: PreTrainedTokenizerBase
    template: Template | None = None
    batch_size: int = likelihood.BATCH

    @property
    def plain(self) -> bool:
        """Tell whether the model continues plain text: nothing tells it to stop after an answer."""
        return self.template is None

    @cached_property
    def context(self) -> int | None:
        """Give how many tokens the model reads, where its configuration says."""
        found = context_of(self.model.config)
        return found.tokens if found else None

    @cached_property
    def start(self) -> int | None:
        """Give the token with which an encoder-decoder's answers begin; None for a model that is a decoder alone."""
        return decoder_start(self.model.config)

    def answers(self, questions: Sequence[Question], max_new_tokens: int) -> list[str]:
        """Give the greedy answer to each question, without surrounding space."""
        rows = [{"instruction": question.text, "input": question.input, "output": ""} for question in questions]
        asked = prompts(rows, _ASKED, self._template, self.tokenizer, self.start)
        row = sum if self.start is None else max
        self._check_length([row((len(prompt.input_ids), max_new_tokens)) for prompt in asked])
        return generation.answers(self.model, self.tokenizer, asked, max_new_tokens, self.batch_size)

    def continuations(self, pairs: Sequence[tuple[Question, str]]) -> list[float]:
        """Give the log-likelihood of each answer to its question, in nats."""
        return self._likelihoods([self._example(question, answer) for question, answer in pairs])

    def openings(self, answers: Sequence[str]) -> list[float]:
        """Give the log-likelihood of each answer to nothing: after the token that begins a text."""
        texts = [self._template.response.replace("{output}", answer) for answer in answers]
        return self._likelihoods([self._opening(self.tokens(text)) for text in texts])

    def losses(self, examples: Sequence[Example]) -> list[list[float]]:
        """Give the loss of each label token, in nats."""
        return likelihood.token_losses(
            self.model, examples, generation.padding(self.tokenizer), batch_size=self.batch_size
        )

    def tokens(self, text: str) -> list[int]:
        """Give the tokens of a text, without any that begin or end it."""
        found: list[int] = self.tokenizer(
            text, add_special_tokens=False, split_special_tokens=True, verbose=False
        ).input_ids
        return found

    @cached_property
    def first_token(self) -> int:
        """Give the token before a text's first: what begins texts, or else, as in lm-eval, what ends them."""
        for token in (self.tokenizer.bos_token_id, self.tokenizer.eos_token_id):
            if token is not None:
                return int(token)
        raise LlmregError("the tokenizer has neither a token that begins texts nor one that ends them")

    @cached_property
    def _template(self) -> Template:
        if self.template is not None:
            return self.template
        # Not an entry: it adds to a text only the token that begins it, where the tokenizer has one, and the token that
        # ends what an encoder reads.
        begins = self.tokenizer.bos_token_id is not None
        return Template.model_construct(
            id="plain",
            name="plain text",
            sha256="",
            prompt="{instruction}",
            response=" {output}",
            begin_token=begins,
            end_token=self.start is not None,
        )

    def _example(self, question: Question, answer: str) -> Example:
        """Tokenize question and answer as one text and split it where the question's tokens end, as lm-eval does."""
        layout = Layout(self._template, "instruction", self.tokenizer, encoder=self.start is not None)
        row = {"instruction": question.text, "input": question.input, "output": ""}
        parts, _ = layout.question(row, 1)
        pieces = [piece for part in parts for piece in part.pieces]
        last = pieces.pop() if pieces and isinstance(pieces[-1], str) else ""
        assert isinstance(last, str)  # noqa: S101
        before = [token for piece in pieces for token in (self.tokens(piece) if isinstance(piece, str) else [piece])]
        asked = last.rstrip()
        answered = last[len(asked) :] + self._template.response.replace("{output}", answer)
        context = [*before, *self.tokens(asked)]
        whole = self.tokens(asked + answered)[len(self.tokens(asked)) :]
        if not whole:
            raise LlmregError(f"the answer {answer!r} has no tokens of its own after {asked[-40:]!r}")
        if self.start is not None:
            return Example((self.start, *whole), (IGNORED, *whole), source=(*context, *layout.end))
        context = context or [self.first_token]
        return Example((*context, *whole), (*[IGNORED] * len(context), *whole))

    def _opening(self, tokens: list[int]) -> Example:
        if self.start is None:
            return Example((self.first_token, *tokens), (IGNORED, *tokens))
        return Example((self.start, *tokens), (IGNORED, *tokens), source=(self.first_token,))

    def _likelihoods(self, examples: list[Example]) -> list[float]:
        self._check_length([max(len(each.input_ids) - 1, len(each.source or ())) for each in examples])
        return [-sum(losses) for losses in self.losses(examples)]

    def _check_length(self, sizes: Sequence[int]) -> None:
        """Refuse what the model cannot read whole; cut prompts would be other questions."""
        longest = max(sizes, default=0)
        if self.context and longest > self.context:
            number = sizes.index(longest) + 1
            raise LlmregError(
                f"question {number} takes {longest:,} tokens with its examples and answer, and the model reads "
                f"{self.context:,}; give fewer examples (--few-shot) or take the row out"
            )
