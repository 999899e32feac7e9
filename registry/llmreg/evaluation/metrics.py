"""The metrics that benchmarks name: how llmreg works a figure out, or what that takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llmreg.evaluation.figures import mean, share
from llmreg.evaluation.tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor
    from transformers import PretrainedConfig, PreTrainedTokenizerBase

    from llmreg.evaluation.figures import Figure
    from llmreg.objective import Scores
    from llmreg.schema import RecipeData, Template, Training
    from llmreg.training.rows import Rows

MAX_NEW_TOKENS = 24
"""Tokens that an answer to a held-out row may have; more where the longest expected answer takes more."""


@dataclass(frozen=True)
class HeldOut:
    """The rows that a run kept back, and how its recipe puts them."""

    rows: Rows
    data: RecipeData
    training: Training
    template: Template | None


def _exact_match(model: Any, tokenizer: PreTrainedTokenizerBase, held: HeldOut) -> Figure:
    """Give the share of rows answered exactly, in percent."""
    from llmreg.evaluation.generation import answers, unended
    from llmreg.evaluation.tasks.exact_match import matches
    from llmreg.training.encode import decoder_start, prompts

    asked = prompts(held.rows, held.data, held.template, tokenizer, decoder_start(model.config))
    given = answers(model, tokenizer, asked, max([MAX_NEW_TOKENS, *(prompt.room + 1 for prompt in asked)]))
    name = "exact-match"
    figure = share(name, [matches(text, [prompt.answer])[name] for text, prompt in zip(given, asked, strict=True)])
    return replace(figure, notes=unended(given))


def _held_out_loss(model: Any, tokenizer: PreTrainedTokenizerBase, held: HeldOut) -> Figure:
    """Give the mean over the rows of the loss per label token, in nats."""
    from llmreg.evaluation.generation import padding
    from llmreg.evaluation.likelihood import held_out_losses
    from llmreg.training.encode import decoder_start, encode

    start = decoder_start(model.config)
    examples = encode(held.rows, held.data, held.training, held.template, tokenizer, start)
    return mean("held-out-loss", held_out_losses(model, examples, padding(tokenizer)), "nats")


def _chosen_likelier(model: Any, tokenizer: PreTrainedTokenizerBase, held: HeldOut) -> Figure:
    """Give the share of pairs whose chosen answer the model finds likelier than the rejected one, in percent."""
    from llmreg.evaluation.generation import padding
    from llmreg.evaluation.likelihood import token_losses
    from llmreg.objective import Pairs
    from llmreg.training.encode import decoder_start
    from llmreg.training.formats.reader import Tally
    from llmreg.training.samples import samples_of

    class Ranked(Pairs):
        """The pairs as the objectives read them."""

        name = "ranked"

        def loss(self, scores: Scores) -> dict[str, Tensor]:
            return {self.name: (scores.sums("rejected") - scores.sums("chosen")).sum()}

    start = decoder_start(model.config)
    found = samples_of(Ranked(), held.rows, held.data, held.training, held.template, tokenizer, start, Tally())
    examples = [sample.parts[part] for sample in found for part in Ranked.parts]
    losses = list(map(sum, token_losses(model, examples, padding(tokenizer))))
    right = [chosen < rejected for chosen, rejected in zip(losses[::2], losses[1::2], strict=True)]
    return share("chosen-likelier", right)


def check_room(config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase, held: HeldOut) -> None:
    """Refuse a held-out row that leaves no room for an answer in the model's context; its question is never cut."""
    from llmreg.training.context import check_lengths
    from llmreg.training.encode import decoder_start, prompts

    start = decoder_start(config)
    asked = prompts(held.rows, held.data, held.template, tokenizer, start)
    row = sum if start is None else max
    lengths = [row((len(prompt.input_ids), MAX_NEW_TOKENS)) for prompt in asked]
    what = " when it is asked, with room for the answer"
    check_lengths(lengths, held.rows, config, held.training.sequence_length, what, "take the row out")


ON_HELD_OUT_ROWS: dict[str, Callable[[Any, PreTrainedTokenizerBase, HeldOut], Figure]] = {
    "exact-match": _exact_match,
    "held-out-loss": _held_out_loss,
    "chosen-likelier": _chosen_likelier,
}
"""The metrics that a run measures on the rows it kept back."""

_MATCHES = "and it takes the answers of every system of the tournament"
ELSEWHERE = {
    "gpt4-score-relative-to-chatgpt": "GPT-4 scores the answers beside ChatGPT's (`llmreg evaluate judge`, `relative`)",
    "elo-vicuna-gpt4": f"GPT-4 judges, {_MATCHES} (`llmreg evaluate judge`, `elo`)",
    "elo-oasst1-gpt4": f"GPT-4 judges, {_MATCHES} (`llmreg evaluate judge`, `elo`)",
    "elo-vicuna-human": f"people judge, {_MATCHES} (`llmreg evaluate blind`, `elo`)",
    "wins-against-text-davinci-003": "people compare the answers with text-davinci-003's (`llmreg evaluate blind`)",
}
"""The metrics that take more than a model and rows, with what they take."""


def tasks_giving(metric: str) -> list[str]:
    """Name the tasks of `llmreg evaluate model` that give a metric."""
    return [name for name, task in TASKS.items() if metric in task.metrics]
