"""The nano tokenizer: every byte is a token, and so are the words and syllables of nano data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.nano import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transformers import PreTrainedTokenizerFast

SPECIAL = ("<pad>", "<begin>", "<end>")
_PROSE = """
A a about all an and answer appropriately are artificial assistant Assistant ASSISTANT an as assistant at be
BEGINNING Below between by can chat Chat completes context CONVERSATION conversation curious describes detailed do
does for from further gives GPT have helpful how human Human HUMAN I in input Input instruction Instruction
intelligence is it it's its list model name no not of OF on one or output paired polite provides question Question
questions record Record request Response response s system task text that the The them there this to tuned up use
USER user User what with Write you your Answer
"""
"""Words of questions and of well-known prompt templates, so that those too make short sequences."""


def tokenizer() -> PreTrainedTokenizerFast:
    """Build the tokenizer; any text encodes and comes back unchanged, and nothing is learnt or downloaded.

    A text is cut into words, and a word into as few tokens as possible.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = pre_tokenizers.ByteLevel.alphabet()
    pieces = dict.fromkeys([*SPECIAL, *sorted(alphabet), *_pieces()])
    # Equal costs make the shortest cut win; the unknown token is never used, since every byte is known.
    model = models.Unigram([(piece, -10.0) for piece in pieces], unk_id=0, byte_fallback=False)
    backend = Tokenizer(model)
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token=SPECIAL[0],
        bos_token=SPECIAL[1],
        eos_token=SPECIAL[2],
        clean_up_tokenization_spaces=False,
    )


def _pieces() -> Iterator[str]:
    """Give words and syllables, each alone and after a space, in the tokenizer's spelling of bytes."""
    asked = " ".join(question for group in words.QUESTIONS.values() for question in group).replace("{name}", "")
    spelled = [*re.findall(r"\w+", asked), *_PROSE.split()]
    values = [value for group in words.VALUES.values() for value in group]
    for word in (*words.FIELDS, *values, *words.SYLLABLES, *sorted(set(spelled))):
        yield word
        yield "Ġ" + word
