"""The endpoint is asked with patience; whatever it does ends in a reply or in an error that says what to do."""

from __future__ import annotations

import pytest
from judge_server import (
    A_LIST,
    CUT,
    GARBAGE,
    HANG_UP,
    NO_CHOICES,
    SLOW,
    says,
    status,
)

from llmreg.asking.endpoint import Endpoint, NoReplyError, RefusedError
from llmreg.errors import UsageError

PROMPT = "lines that read # stands\n# answer of assistant 1\nlong\n#\n# answer of assistant 2\nx\n#"
KEY = "sk-very-secret"


def test_a_question_goes_out_with_its_settings_and_the_reply_comes_back(make, server):
    reply = make(key=KEY).ask(PROMPT)
    assert (reply.text, reply.finish, reply.model) == ("Length decides.\nVerdict: 1", "stop", "gpt-4-2026")
    assert (reply.tokens_in, reply.tokens_out) == (len(PROMPT) // 4, 7)
    (body,) = server.bodies
    assert {name: body[name] for name in ("model", "temperature", "seed", "max_tokens")} == {
        "model": "gpt-4", "temperature": 0, "seed": 5, "max_tokens": 99,
    }  # fmt: skip
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_the_users_token_for_the_hub_goes_to_no_endpoint(make, server, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    make().ask(PROMPT)
    assert "hf_secret" not in str(server.headers)


@pytest.mark.parametrize("ending", ["", "/", "/chat/completions"])
def test_the_address_may_be_given_up_to_v1_or_whole(make, server, ending):
    make(server.url + ending).ask(PROMPT)
    assert server.paths == ["/v1/chat/completions"]


@pytest.mark.parametrize(
    "fault",
    [status(500), status(503), HANG_UP, CUT, GARBAGE, NO_CHOICES, A_LIST, SLOW],
    ids=["500", "503", "hangs up", "cut", "garbage", "no choices", "a list", "slow"],
)
def test_what_passes_is_tried_again(make, server, naps, fault):
    server.faults += [fault, fault]
    assert make().ask(PROMPT).text.endswith("Verdict: 1")
    assert naps == [1, 2]


def test_retry_after_is_honored(make, server, naps):
    server.faults += [status(429, {"Retry-After": "7"})]
    make().ask(PROMPT)
    assert naps == [7]


def test_a_wait_that_is_too_long_is_left_to_the_user(make, server, naps):
    server.faults += [status(429, {"Retry-After": "4000"})]
    with pytest.raises(NoReplyError, match=r"no more requests for now .*for another 4000 s.*made to fail"):
        make().ask(PROMPT)
    assert naps == []


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (status(500), "failed .HTTP 500: .*made to fail"),
        (HANG_UP, "did not answer"),
        (GARBAGE, "what came back is no chat completion"),
        (SLOW, "did not answer .*timed out"),
    ],
    ids=["500", "hangs up", "garbage", "slow"],
)
def test_what_does_not_pass_is_reported_after_five_tries(make, server, naps, fault, says):
    server.faults += [fault] * 5
    with pytest.raises(NoReplyError, match=says):
        make(timeout=0.2).ask(PROMPT)
    assert len(naps) == 4
    assert len(server.bodies) == 5


def test_a_bad_request_is_not_repeated(make, server, naps):
    server.faults += [status(400, body={"error": {"message": "this prompt is too long"}})]
    with pytest.raises(NoReplyError, match=r"HTTP 400: .*this prompt is too long"):
        make().ask(PROMPT)
    assert naps == []


@pytest.mark.parametrize(
    ("code", "key", "says"),
    [
        (401, None, "wants a key, and none was sent .* set the environment variable JUDGE"),
        (401, KEY, "refuses the key"),
        (403, KEY, "refuses the key"),
        (404, KEY, "has no chat completions by 'gpt-4' .* --endpoint"),
    ],
)
def test_what_would_meet_every_question_is_refused_at_once(make, server, naps, code, key, says):
    server.faults += [status(code)]
    with pytest.raises(RefusedError, match=says):
        make(key=key).ask(PROMPT)
    assert naps == []


def test_no_message_holds_the_key_though_the_server_says_it(make, server, told, naps):
    server.faults += [status(500), status(401, body={"error": {"message": f"the key {KEY} is wrong"}})]
    with pytest.raises(RefusedError) as caught:
        make(key=KEY).ask(PROMPT)
    assert "the key *** is wrong" in str(caught.value)
    assert KEY not in str(caught.value) + str(told)


@pytest.mark.parametrize("text", ["", None])
def test_a_reply_without_words_is_a_reply(make, server, text):
    server.faults += [says(text, "content_filter")]
    reply = make().ask(PROMPT)
    assert (reply.text, reply.finish) == ("", "content_filter")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gpt-4",
        "ftp://host/v1",
        "https://user:pass@host/v1",
        "https://host/v1?key=1",
        "https://host/v1#x",
        "http://",
    ],
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused(make, url):
    with pytest.raises(UsageError, match="--endpoint takes an address"):
        Endpoint("m", url, key=None, seed=0, max_tokens=1, timeout=1, say=print, hint="")


def test_a_key_that_would_travel_in_the_clear_is_told(make, told):
    make("http://judge.example/v1", key=KEY)
    assert told == ["the key goes to judge.example unencrypted; use https where the endpoint has it"]
    make("https://judge.example/v1", key=KEY)
    make("http://judge.example/v1")
    assert len(told) == 1


def test_nobody_at_the_address(make, naps):
    with pytest.raises(NoReplyError, match=r"did not answer \(Connection refused\); check the address and the network"):
        make("http://127.0.0.1:9/v1").ask(PROMPT)


def test_the_same_trouble_is_told_once(make, server, told, naps):
    endpoint = make()
    for _ in range(3):
        server.faults += [status(503)]
        endpoint.ask(PROMPT)
    assert told == ["HTTP 503; trying again in 1 s"]
