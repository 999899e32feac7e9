"""The model that is judged: its weights, its tokenizer, and the template through which it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from llmreg.errors import LlmregError
from llmreg.evaluation import generation, likelihood
from llmreg.schema import RecipeData, Template
from llmreg.training.context import context_of
from llmreg.training.encode import IGNORED, Example, decoder_start, prompts, way_of
from llmreg.training.layout import Layout
from llmreg.training.tokens import tokenized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

    from llmreg.training.layout import Part

_ASKED = RecipeData(format="instruction")


class Question(NamedTuple):
    """What is asked; `input` has a place of its own in some templates."""

    text: str
    input: str = ""
    expected: tuple[str, ...] = ()
    """The answers that count, for which there has to be room."""


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

    def answers(self, questions: Sequence[Question], max_new_tokens: int) -> list[generation.Answer]:
        """Return the greedy answer to each question, without surrounding space.

        An answer may have `max_new_tokens`, or as many as the longest that is expected takes.
        """
        for number, question in enumerate(questions, start=1):
            if question.input and not self.plain and "{input}" not in self._template.prompt:
                raise LlmregError(
                    f"question {number} has an input, for which the template {self._template.id} has no place; "
                    "write it into the question"
                )
        rows = [{"instruction": question.text, "input": question.input, "output": ""} for question in questions]
        asked = prompts(rows, _ASKED, self._template, self.tokenizer, self.start)
        expected = [
            {"instruction": "", "output": answer}
            for answer in dict.fromkeys(answer for question in questions for answer in question.expected)
        ]
        known = prompts(expected, _ASKED, self._template, self.tokenizer, self.start)
        most = max([max_new_tokens, *(prompt.room + 1 for prompt in known)])
        row = sum if self.start is None else max
        self._check_length([row((len(prompt.input_ids), most)) for prompt in asked])
        return generation.answers(self.model, self.tokenizer, asked, most, self.batch_size)

    def continuations(self, pairs: Sequence[tuple[Question, str]], *, ended: bool = False) -> list[float]:
        """Return the log-likelihood of each answer to its question, in nats.

        `ended` includes what ends an answer by the template, so that "Yes" is not also the start of "Yes, but".
        """
        return self._likelihoods([self._example(question, answer, ended) for question, answer in pairs])

    def openings(self, answers: Sequence[str], *, ended: bool = False) -> list[float]:
        """Return the log-likelihood of each answer to nothing: after the token that begins a text."""
        parts = [self._answer(answer, ended) for answer in answers]
        found = tokenized([[part] for part in parts], "apart", (), self.tokenizer)
        return self._likelihoods([self._opening(ids) for (ids,) in found])

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

    @property
    def lacking(self) -> tuple[str, ...]:
        """List the special tokens that the template writes and the tokenizer does not have."""
        return self._layout.lacking

    @cached_property
    def first_token(self) -> int:
        """Give the token before a text's first: what begins texts, or else, as in lm-eval, what ends them."""
        for token in (self.tokenizer.bos_token_id, self.tokenizer.eos_token_id):
            if token is not None:
                return int(token)
        raise LlmregError(
            f"the tokenizer in {self.tokenizer.name_or_path} has neither a token that begins texts nor one that ends "
            "them; name eos_token in its tokenizer_config.json"
        )

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

    @cached_property
    def _layout(self) -> Layout:
        return Layout(self._template, "instruction", self.tokenizer, encoder=self.start is not None)

    def _example(self, question: Question, answer: str, ended: bool = False) -> Example:
        """Tokenize question and answer as training does; plain text as one, split as lm-eval does."""
        context, whole = self._plain(question, answer) if self.plain else self._through(question, answer, ended)
        if not whole:
            raise LlmregError(f"the answer {answer!r} has no tokens of its own after {question.text[-40:]!r}")
        if self.start is not None:
            return Example((self.start, *whole), (IGNORED, *whole), source=(*context, *self._layout.end))
        context = context or [self.first_token]
        return Example((*context, *whole), (*[IGNORED] * len(context), *whole))

    def _answer(self, text: str, ended: bool) -> Part:
        return self._layout.ended(text) if ended and not self.plain else self._layout.answer(text)

    def _through(self, question: Question, answer: str, ended: bool) -> tuple[list[int], list[int]]:
        row = {"instruction": question.text, "input": question.input, "output": ""}
        parts = [*self._layout.question(row, "the question")[0], self._answer(answer, ended)]
        way = way_of(_ASKED, self._template) if self.start is None else "apart"
        (ids,) = tokenized([parts], way, self._layout.begin, self.tokenizer)
        return [token for part in ids[:-1] for token in part], ids[-1]

    def _plain(self, question: Question, answer: str) -> tuple[list[int], list[int]]:
        """Split question and answer, read as one text, where the question's tokens end without its last space."""
        asked = question.text.rstrip()
        answered = question.text[len(asked) :] + self._layout.template.response.replace("{output}", answer)  # type: ignore[union-attr]
        alone = self.tokens(asked)
        return [*self._layout.begin, *alone], self.tokens(asked + answered)[len(alone) :]

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
