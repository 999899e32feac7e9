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
A a about all an and Answer answer appropriately are artificial as ASSISTANT Assistant assistant at be BEGINNING
Below between by can Chat chat completes context CONVERSATION conversation curious describes detailed do does for
from further gives GPT have helpful how HUMAN Human human I in Input input Instruction instruction intelligence is
Its its know list model name no not OF Of of on one or output paired polite provides Question question questions
Record record request Response response s system task text that The the them there this to tuned up use USER User
user we what with Write you your
"""
"""Words of nano text and of well-known prompt templates, so that those too make short sequences."""


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
    sentences = " ".join((*words.OPENINGS, words.ANSWER, *words.STATEMENTS.values(), *words.QUESTIONS.values()))
    values = [value for group in words.VALUES.values() for value in group]
    syllables = [syllable for group in words.SYLLABLES.values() for syllable in group]
    spelled = sorted({*re.findall(r"\w+", sentences), *_PROSE.split()})
    for word in (*words.FIELDS, *values, *syllables, *spelled):
        yield word
        yield "Ġ" + word
