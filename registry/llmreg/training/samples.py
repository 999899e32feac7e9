"""Turn rows into an objective's samples: it says which texts they hold, and each is encoded as a row of its own."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.objective import Objective, Sample
from llmreg.training.encode import encode
from llmreg.training.formats.files import broken
from llmreg.training.rows import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from transformers import PreTrainedTokenizerBase

    from llmreg.objective import Draft
    from llmreg.schema import RecipeData, Template, Training
    from llmreg.training.encode import Example
    from llmreg.training.formats.reader import Tally
    from llmreg.training.rows import Rows

FORMS = {"text": "text", "instruction": "instruction", "messages": "conversation"}
"""The format of a row that an objective writes, by the field that only such rows have."""


class _Texts(list[Any]):
    """Rows that an objective wrote, each with the place of the row that it was written from."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[str] = []

    def place(self, number: int) -> str:
        """Say where a row comes from."""
        return self.places[number]


def samples_of(
    objective: Objective,
    rows: Rows,
    data: RecipeData,
    training: Training,
    template: Template | None,
    tokenizer: PreTrainedTokenizerBase,
    start: int | None,
    tally: Tally,
) -> list[Sample]:
    """Return the samples of all rows, in order; raise `LlmregError` as `encode` does."""
    if type(objective).drafts is Objective.drafts:
        part = objective.parts[0]
        last = objective.last_answer
        found = encode(rows, data, training, template, tokenizer, start, tally, last=last)
        return [Sample({part: example}) for example in found]
    if start is not None:
        raise LlmregError(
            f"the objective {objective.name!r} learns from several texts of a row, which an encoder-decoder does not "
            "take yet; use a decoder, or the objective sft"
        )
    drafts, texts = _written(objective, rows)
    examples: dict[str, Iterator[Example]] = {}
    for form, written in texts.items():
        of_form = data.model_copy(update={"format": form})
        found = encode(written, of_form, training, template, tokenizer, None, tally, last=objective.last_answer)
        examples[form] = iter(found)
    return [
        Sample({part: next(examples[_form(row)]) for part, row in draft.parts.items()}, draft.facts) for draft in drafts
    ]


def _written(objective: Objective, rows: Rows) -> tuple[list[Draft], dict[str, _Texts]]:
    """Have the objective write its drafts, and collect their rows by format."""
    drafts: list[Draft] = []
    texts: dict[str, _Texts] = defaultdict(_Texts)
    later = chain(islice(rows, 1, None), islice(rows, 1))
    for number, (row, after) in enumerate(zip(rows, later, strict=True)):
        place = place_of(rows, number)
        for draft in _drafted(objective, row, after, place):
            drafts.append(draft)
            for each in draft.parts.values():
                texts[_form(each)].append(each)
                texts[_form(each)].places.append(place)
    return drafts, texts


def _drafted(objective: Objective, row: Mapping[str, Any], after: Mapping[str, Any], place: str) -> list[Draft]:
    try:
        return list(objective.drafts(row, after))
    except KeyError as error:
        has = ", ".join(map(repr, row))
        raise broken(place, f"the field {error} is missing; its fields are {has}") from None


def _form(row: Mapping[str, Any]) -> str:
    return next((form for field, form in FORMS.items() if field in row), "text")
