"""Lay a row out through a prompt template: stretches of context, and answers to learn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from transformers import PreTrainedTokenizerBase

    from llmreg.schema import Template

    Row = Mapping[str, Any]
    Pieces = tuple[str | int, ...]

_PLACEHOLDERS = ("{instruction}", "{input}", "{output}", "{text}")
_LOOKS_SPECIAL = re.compile(r"<\|[^<>|\s]+\|>|</?s>")
"""What people write for a special token."""


class Turn(NamedTuple):
    """A question and its answer; the last turn of a conversation may wait for one."""

    instruction: str
    input: str
    output: str | None


@dataclass(frozen=True)
class Part:
    """A stretch of a sample: texts to tokenize, and special tokens by id."""

    pieces: Pieces
    answer: bool = False


class Layout:
    """A template put together with a tokenizer's begin, end and special tokens."""

    def __init__(
        self, template: Template | None, form: str, tokenizer: PreTrainedTokenizerBase, *, encoder: bool = False
    ) -> None:
        """Check that template, format and tokenizer go together.

        What an `encoder` reads begins with the begin token only where the tokenizer has one, which T5's has not.
        """
        if template is None and form != "text":
            raise LlmregError(f"data.template is not given; rows of the format {form!r} need one")
        self.template = template
        self.form = form
        begins = template.begin_token if template else None
        self.begin = self._special(tokenizer, "bos_token_id", None if encoder and begins else begins)
        self.end = self._special(tokenizer, "eos_token_id", template.end_token if template else None)
        added = tokenizer.added_tokens_decoder.items()
        self._ids: dict[str, str | int] = {str(token): number for number, token in added if token.special}
        self._cut = _any_of([*self._ids, *_PLACEHOLDERS])
        self._special_text = _any_of(self._ids) if self._ids else None
        self.ends, self.stop, self._closing = self._ending({str(token): number for number, token in added})
        self.lacking = tuple(name for name in _special_names(template) if name not in self._ids)
        """Special tokens that the template writes and the tokenizer does not have, so that they are read as text."""

    def sample(self, row: Row, place: object) -> list[Part]:
        """Give a row's context and answers in order; errors call the row `place`."""
        if self.form == "text":
            text = _field(row, "text", place)
            pieces = self._render(self.template.prompt, place, {"text": text}) if self.template else (text,)
            return [self._opening(None), Part((*pieces, *self.end), answer=True)]
        system, turns = self._turns(row, place)
        parts = [self._opening(system)]
        for turn in turns:
            parts.append(self._asking(turn, place))
            parts += self._answering(turn, place)
        return _joined(parts)

    def question(self, row: Row, place: object) -> tuple[list[Part], str]:
        """Return all that stands before a row's last answer, and that answer's own text."""
        assert self.template is not None  # noqa: S101
        system, turns = self._turns(row, place)
        if turns and turns[-1].output is None:
            turns.pop()
        if not turns:
            raise LlmregError(f"{place}: has no answer to compare with")
        parts = [self._opening(system)]
        for turn in turns[:-1]:
            parts += [self._asking(turn, place), *self._answering(turn, place)]
        parts.append(self._asking(turns[-1], place))
        return _joined(parts), (turns[-1].output or "").strip()

    def answer(self, text: str) -> Part:
        """Return an answer as the template writes it, without what ends it."""
        assert self.template is not None  # noqa: S101
        return Part(self._render(self.template.response, "the answer", {"output": text}), answer=True)

    def ended(self, text: str) -> Part:
        """Return an answer with what ends it, as it is learnt, and with nothing after the token that ends it."""
        assert self.template is not None  # noqa: S101
        written = self.template.response.partition("{output}")[0] + "{output}"
        answer = self._render(written, "the answer", {"output": text})
        return Part(_merged((*answer, *self._closing)), answer=True)

    def answered(self, text: str) -> list[Part]:
        """Return an answer as it is learnt, with what ends it."""
        return self._answering(Turn("", "", text), "the answer")

    @property
    def opening(self) -> str:
        """Return the text that the template writes in front of an answer's own; no special token of it is text."""
        pieces = self._render(self.template.response.partition("{output}")[0], "response") if self.template else ()
        return "".join(piece for piece in pieces if isinstance(piece, str))

    def leaves_out(self, row: Row) -> bool:
        """Tell whether a row has an input for which the template has no place."""
        return bool(self.form == "instruction" and row.get("input") and "{input}" not in self.template.prompt)  # type: ignore[union-attr]

    def writes_special(self, parts: Sequence[Part]) -> str | None:
        """Return the first special token that a row's own text writes, and that stays text."""
        texts = (piece for part in parts for piece in part.pieces if isinstance(piece, str))
        found = (self._special_text.search(text) for text in texts) if self._special_text else ()
        return next((match[0] for match in found if match), None)

    def _ending(self, added: Mapping[str, int]) -> tuple[tuple[int, ...], str, Pieces]:
        """Return the ids and the text that end an answer: a special token if there is one, else the closing text.

        The third is all that is written up to there.
        """
        if self.template is None:
            return self.end, "", self.end
        after = self.template.response.partition("{output}")[2]
        pieces = (*self._render(after, "response"), *self.end, *self._render(self.template.turn_end, "turn_end"))
        ends = tuple(piece for piece in pieces if isinstance(piece, int))[:1]
        closing = pieces[: pieces.index(ends[0]) + 1] if ends else pieces
        text = "".join(piece for piece in closing if isinstance(piece, str))
        stop = text.strip() or ("" if ends else text)
        return ends or ((added[stop],) if stop in added else ()), stop, closing

    def _special(self, tokenizer: PreTrainedTokenizerBase, name: str, wanted: bool | None) -> tuple[int, ...]:
        """Give the token's id if the template asks for it, or without a template if the tokenizer has it."""
        token = getattr(tokenizer, name)
        if wanted and token is None:
            raise LlmregError(f"the template {self.template.id!r} asks for a token that the tokenizer lacks: {name}")  # type: ignore[union-attr]
        return () if token is None or wanted is False else (token,)

    def _opening(self, system: str | None) -> Part:
        """Give what comes once; a row's own system message stands in for the template's, with its closing space."""
        default = self.template.system if self.template else ""
        if system is not None:
            return Part((*self.begin, system + default[len(default.rstrip()) :]))
        return Part((*self.begin, *self._render(default, "the template's system text")))

    def _asking(self, turn: Turn, place: object) -> Part:
        assert self.template is not None  # noqa: S101
        bare = self.template.prompt_without_input
        text = self.template.prompt if turn.input or bare is None else bare
        return Part(self._render(text, place, {"instruction": turn.instruction, "input": turn.input}))

    def _answering(self, turn: Turn, place: object) -> list[Part]:
        """Give the answer and what ends it; without an end token the closing text itself has to be learnt."""
        assert self.template is not None  # noqa: S101
        if turn.output is None:
            return []
        answer = self._render(self.template.response, place, {"output": turn.output})
        closing = self._render(self.template.turn_end, place)
        if self.end:
            return [Part((*answer, *self.end), answer=True), Part(closing)]
        return [Part(_merged((*answer, *closing)), answer=True)]

    def _render(self, text: str, place: object, fields: Mapping[str, str] | None = None) -> Pieces:
        """Put the fields into the text in one pass; only special tokens that the text itself writes become ids."""
        given = {f"{{{name}}}": value for name, value in (fields or {}).items()}
        pieces: list[str | int] = []
        for chunk in self._cut.split(text):
            if chunk in _PLACEHOLDERS:
                if chunk not in given:
                    where = f"which rows of the format {self.form!r} do not give there"
                    raise LlmregError(f"{place}: the template asks for {chunk}, {where}")
                pieces.append(given[chunk])
            else:
                pieces.append(self._ids.get(chunk, chunk))
        return _merged(pieces)

    def _turns(self, row: Row, place: object) -> tuple[str | None, list[Turn]]:
        """Read a row as the system message, if it has one, and its turns."""
        if self.form == "instruction":
            given = row.get("input")
            extra = "" if given is None else _field(row, "input", place)
            return None, [Turn(_field(row, "instruction", place), extra, _field(row, "output", place))]
        messages = row.get("messages")
        if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
            raise LlmregError(f"{place}: a conversation has a list `messages` of objects with `role` and `content`")
        contents = [_field(message, "content", place, index) for index, message in enumerate(messages, 1)]
        said = [(message.get("role"), content) for message, content in zip(messages, contents, strict=True)]
        system = said.pop(0)[1] if said and said[0][0] == "system" else None
        roles = [role for role, _ in said]
        if not roles or roles != [("user", "assistant")[index % 2] for index in range(len(roles))]:
            raise LlmregError(f"{place}: user and assistant must take turns, the user first; the roles are {roles}")
        texts = [text for _, text in said]
        pairs = zip_longest(texts[::2], texts[1::2])
        return system, [Turn(question, "", answer) for question, answer in pairs]


def _field(row: Row, name: str, place: object, message: int | None = None) -> str:
    """Give a text that can be tokenized; raise `LlmregError` where it is missing, no text, or has half a character."""
    value = row.get(name)
    where = f", message {message}" if message else ""
    if not isinstance(value, str):
        has = "is missing" if name not in row else f"is {type(value).__name__}, not text"
        raise LlmregError(f"{place}{where}: the field {name!r} {has}; its fields are {', '.join(map(repr, row))}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        half = f"{value[error.start]!a}, half of a surrogate pair, as character {error.start + 1:,}"
        raise LlmregError(
            f"{place}{where}: the field {name!r} has {half}; write the character whole, or take it out"
        ) from None
    return value


def _merged(pieces: Sequence[str | int]) -> Pieces:
    """Join texts that touch, so that they are tokenized as one."""
    result: list[str | int] = []
    for piece in pieces:
        if isinstance(piece, str) and result and isinstance(result[-1], str):
            result[-1] += piece
        elif piece != "":
            result.append(piece)
    return tuple(result)


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Join context that touches, so that it is tokenized as one."""
    result: list[Part] = []
    for part in parts:
        if result and not part.answer and not result[-1].answer:
            result[-1] = Part(_merged((*result[-1].pieces, *part.pieces)))
        else:
            result.append(part)
    return result


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds each of the names, the longest first."""
    return re.compile("(" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + ")")


def _special_names(template: Template | None) -> list[str]:
    """List the special tokens that a template writes: those it declares, and those that are written like one."""
    if template is None:
        return []
    fields = (template.system, template.prompt, template.prompt_without_input, template.response, template.turn_end)
    text = "".join(filter(None, fields))
    return list(dict.fromkeys([*template.special_tokens, *_LOOKS_SPECIAL.findall(text)]))
