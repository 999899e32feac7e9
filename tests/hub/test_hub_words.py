"""What another machine says is shown on one line, without control characters and without the secret in any form."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmreg.hub.words import mended, shown

KEY = "sk-Very+Secret/0123456789abcdef"


@pytest.mark.parametrize(
    "said",
    [
        KEY, KEY.upper(), KEY.lower(), KEY.swapcase(), KEY[::-1], quote(KEY, safe=""), quote(quote(KEY, safe=""), safe=""),
        KEY.encode().hex(), " ".join(KEY), KEY.replace("-", "\u200b-"), "".join(f"&#{ord(sign)};" for sign in KEY),
        "".join(f"\\u00{ord(sign):02x}" for sign in KEY), "".join(f"%{ord(sign):02X}" for sign in KEY),
        *(b64encode(b"Bearer:"[:size] + KEY.encode()).decode() for size in range(4)),
        KEY[:20], KEY[-18:], f"{KEY[:20]}\x1b[0m{KEY[20:]}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", 'bad key "{}", sorry', "x{}y"])
def test_no_form_of_the_secret_is_shown(said, around):
    text = shown(around.format(said), KEY)
    assert "***" in text or text == "its words repeat the key, so they are not shown"
    for part in (KEY[:12], KEY[-12:], said[:16], said[-16:]):
        assert part.casefold() not in text.casefold()


def test_the_key_as_it_is_and_in_another_case_is_blotted_out_and_the_rest_stays():
    assert shown(f"no {KEY}, no {KEY.upper()}: use another", KEY) == "no ***, no ***: use another"
    assert shown("the model sk-proj is not yours", KEY) == "the model sk-proj is not yours"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb\tc\r\nd", "a b c d"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("\x1b]8;;http://evil\x07click\x1b]8;;\x07", "]8;;http://evil click ]8;;"),
        ("\x9b31m \x85 \u202egnihtemos\u2066 \ud800", "31m gnihtemos"),
        ("x" * 1000, "x" * 300),
        ("", ""),
    ],
)
def test_a_terminal_takes_nothing_of_it_for_a_command(text, line):
    assert shown(text) == line


@given(st.text(st.characters()), st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_any_text_comes_out_printable_and_short(text, secret):
    line = shown(text, secret)
    assert line.isprintable()
    assert len(line) <= 300
    assert not secret or len(secret) < 4 or secret.casefold() not in line.casefold()


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_written_once_it_is_mended(text):
    assert mended(text).encode().decode() == mended(text)
