"""Templates as tokenizers carry them: byte for byte what training saw."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmreg.catalog import load_catalog
from llmreg.nano.tokenizer import tokenizer
from llmreg.reproduce.chat import chat_template
from llmreg.schema import Template
from llmreg.training.layout import Layout

CATALOG = load_catalog()
EXPRESSIBLE = {
    template_id: template
    for template_id in CATALOG.ids(Template)
    if chat_template(template := CATALOG.get_as(Template, template_id))
}
UGLY = [
    "",
    "Why?",
    "{{ 7 * 7 }}{% raw %}",
    'it\'s "quoted"\n\tand\\n more',
    "<script>{instruction}</script>",
    "🦙 שלום",
]


def saw(template, messages, words):
    """Give the text of a conversation as training lays it out, special tokens by name."""
    layout = Layout(template, "conversation", words)
    pieces = [piece for part in layout.sample({"messages": messages}, "here") for piece in part.pieces]
    return "".join(piece if isinstance(piece, str) else words.convert_ids_to_tokens(piece) for piece in pieces)


def carries(template, messages, words, **options):
    words.chat_template = chat_template(template)
    return words.apply_chat_template(messages, tokenize=False, **options)


def conversation(texts, system=None):
    said = [{"role": ("user", "assistant")[index % 2], "content": text} for index, text in enumerate(texts)]
    return said if system is None else [{"role": "system", "content": system}, *said]


def test_most_templates_of_the_catalog_can_be_carried():
    left_out = set(CATALOG.ids(Template)) - set(EXPRESSIBLE)
    assert len(EXPRESSIBLE) > 8
    # A whole text, or a place for an input in every form, cannot be filled from messages.
    assert left_out == {
        template_id for template_id in CATALOG.ids(Template)
        if "{text}" in (template := CATALOG.get_as(Template, template_id)).prompt
        or "{input}" in (template.prompt_without_input or template.prompt)
    }  # fmt: skip


@pytest.mark.parametrize("template", EXPRESSIBLE.values(), ids=EXPRESSIBLE.keys())
@pytest.mark.parametrize("system", [None, 'Be brief: "{x}".\n'], ids=["", "system"])
@pytest.mark.parametrize("turns", [2, 4, 6])
def test_a_conversation_has_the_bytes_that_training_saw(template, system, turns):
    words, messages = tokenizer(), conversation(UGLY[:turns], system)
    assert carries(template, messages, words) == saw(template, messages, words)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(EXPRESSIBLE)),
    st.lists(st.text(max_size=20), min_size=2, max_size=6).filter(lambda texts: len(texts) % 2 == 0),
    st.none() | st.text(max_size=20),
)
def test_any_text_comes_through_unchanged(template_id, texts, system):
    words, messages = tokenizer(), conversation(texts, system)
    template = EXPRESSIBLE[template_id]
    assert carries(template, messages, words) == saw(template, messages, words)


@pytest.mark.parametrize("template", EXPRESSIBLE.values(), ids=EXPRESSIBLE.keys())
def test_an_answer_is_opened_as_generation_starts(template):
    words, asked = tokenizer(), conversation(["Why?"])
    opened = carries(template, asked, words, add_generation_prompt=True)
    assert saw(template, conversation(["Why?", "Because."]), words).startswith(opened)
    opening = template.response.partition("{output}")[0].rstrip()
    assert opened == carries(template, asked, words) + opening


def test_marks_and_line_ends_of_a_template_are_kept():
    ugly = {"system": "\n'\"\\ {{ x }} {% y %} \u202e🦙\r\n", "prompt": " {instruction}\n\n", "response": "\t{output}"}
    made = Template.model_construct(**ugly)
    template = made.model_copy(update={"begin_token": False, "end_token": False})
    words, messages = tokenizer(), conversation(["a", "b"])
    assert carries(template, messages, words) == "\n'\"\\ {{ x }} {% y %} \u202e🦙\r\n a\n\n\tb"
