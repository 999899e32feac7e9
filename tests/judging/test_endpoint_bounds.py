"""What an endpoint can do is bounded: in time, in bytes, in where questions go, and in what its words may be."""

from __future__ import annotations

import asyncio
import gc
import json
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judge_server import (
    CHUNKED,
    CUT,
    HANG_UP,
    HEAD,
    JudgeServer,
    completion,
    packed,
    says,
    status,
    wire,
)

from llmreg.asking.endpoint import NoReplyError, RefusedError
from llmreg.errors import UsageError

PROMPT = "lines that read # stands\n# answer of assistant 1\nlong\n#\n# answer of assistant 2\nx\n#"
KEY = "sk-very-secret"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["http://localhost:{other}/v1/chat/completions", "//localhost:{other}/x", "https://127.0.0.1:{port}/x",
                                   "http://127.0.0.1:{other}/v1/chat/completions", "ftp://127.0.0.1/x"])  # fmt: skip
def test_no_question_goes_to_another_host_unasked(make, server, naps, code, place):
    with JudgeServer() as other:
        server.faults += [status(code, {"Location": place.format(port=server.port, other=other.port)})]
        with pytest.raises(RefusedError, match=r"sends its visitors on to .* give its address with --endpoint"):
            make(key=KEY).ask(PROMPT)
        assert other.bodies == []
    assert len(server.bodies) == 1
    assert naps == []


@pytest.mark.parametrize("code", [307, 308])
def test_a_question_follows_where_the_same_host_has_moved_it(make, server, code):
    server.faults += [status(code, {"Location": "/elsewhere"})]
    assert make(key=KEY).ask(PROMPT).text.endswith("Verdict: 1")
    assert server.paths == ["/v1/chat/completions", "/elsewhere"]
    assert [headers["authorization"] for headers in server.headers] == [f"Bearer {KEY}"] * 2
    assert server.prompts == [PROMPT] * 2


def test_a_host_that_sends_one_round_in_circles_is_left(make, server):
    server.faults += [status(307, {"Location": "/round"})] * 9
    with pytest.raises(NoReplyError, match="sent more than 5 redirects"):
        make().ask(PROMPT)
    assert len(server.bodies) == 6


@pytest.mark.parametrize(
    "place", ["http://[", "http://a b/", "\\x", "http://\x9b31m.example/", "http:///x", "x" * 9000]
)
def test_a_place_that_is_none_ends_in_one_sentence(make, server, naps, place):
    server.faults += [wire(f"HTTP/1.1 307 T\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))] * 9
    with pytest.raises((RefusedError, NoReplyError)) as caught:
        make().ask(PROMPT)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    "fault",
    [
        wire(b"", pause=3),
        wire(HEAD, pause=3),
        wire(HEAD, b"X-Drip: x\r\n", pause=0.05, times=60),
        wire(b"", b"H", pause=0.05, times=60),
        wire(HEAD + b"Content-Length: 99\r\n\r\n", b" ", pause=0.05, times=60),
        wire(CHUNKED, b"1\r\n \r\n", pause=0.05, times=60),
        wire(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.05, times=60),
        wire(b"HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\n", b" ", pause=0.05, times=60),
    ],
    ids=[
        "hangs",
        "hangs in the head",
        "drips headers",
        "drips a line",
        "drips",
        "drips chunks",
        "drips 100",
        "drips an error",
    ],
)
def test_however_slowly_a_reply_comes_there_is_an_end(make, server, naps, fault):
    server.faults += [fault] * 5
    begun = time.monotonic()
    with pytest.raises(NoReplyError, match=r"did not answer \(timed out after 0.15 s\)"):
        make(timeout=0.15).ask(PROMPT)
    assert time.monotonic() - begun < 10
    assert len(naps) == 4


@pytest.mark.parametrize(
    "fault",
    [
        packed(b" " * 2**25),
        wire(CHUNKED, b"100000\r\n" + b" " * 2**20 + b"\r\n", times=40),
        wire(HEAD + b"Content-Length: 99999999999\r\n\r\n", b" " * 2**20, times=40),
        {"headers": {"Content-Encoding": "gzip, gzip"}, "raw": b"x"},
    ],
    ids=["bomb", "endless chunks", "endless", "packed twice"],
)
def test_more_than_a_reply_can_be_is_not_taken(make, server, naps, fault):
    server.faults += [fault]
    with pytest.raises(
        NoReplyError, match=r"sent (more than 16,777,216 bytes|a body that is packed more than once), so nothing"
    ):
        make(timeout=20).ask(PROMPT)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("fault", [packed(b"x" * 2**22, 400), {"status": 400, "raw": b"x" * 2**17}])
def test_the_body_of_an_error_that_is_too_long_is_not_read(make, server, fault):
    server.faults += [fault]
    with pytest.raises(NoReplyError, match=r"failed \(HTTP 400\)$"):
        make(timeout=20).ask(PROMPT)


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"choices":' * 100_000, b"\xff\xfe", b"1" * 5000, b"null", b'{"choices": {}}',
                                 b'{"choices": [{"message": "x"}]}', b'{"choices": [{"message": {"content": ["x"]}}]}',
                                 b"\x1f\x8bbroken"])  # fmt: skip
def test_what_is_no_chat_completion_ends_in_one_sentence(make, server, naps, raw):
    server.faults += [{"raw": raw}] * 5
    with pytest.raises(NoReplyError, match="what came back is no chat completion"):
        make().ask(PROMPT)
    assert len(naps) == 4


def test_a_body_that_is_not_packed_as_it_says_ends_in_one_sentence(make, server, naps):
    server.faults += [{"headers": {"Content-Encoding": "gzip"}, "raw": b"plain"}] * 5
    with pytest.raises(NoReplyError, match="did not answer"):
        make().ask(PROMPT)


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b'[1, "x"]', b'{"error": [1]}', b'{"error": {"message": {"x": 1}}}', b"\xff", b"1" * 5000]
)
def test_an_error_in_any_form_ends_in_one_sentence(make, server, raw):
    server.faults += [{"status": 400, "raw": raw}]
    with pytest.raises(NoReplyError, match=r"failed \(HTTP 400") as caught:
        make().ask(PROMPT)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("usage", ["text", [1], 7, None, {}, {"prompt_tokens": "3", "completion_tokens": -1},
                                   {"prompt_tokens": True, "completion_tokens": 10**30}])  # fmt: skip
def test_usage_that_is_none_is_not_known(make, server, usage):
    server.faults += [completion(usage=usage)]
    reply = make().ask(PROMPT)
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ("Verdict: 1", None, None)


def test_names_that_are_none_are_left_out_and_long_ones_cut(make, server):
    choice = {"message": {"content": "Verdict: 1"}, "finish_reason": ["stop"]}
    server.faults += [completion(model={"x": 1}, choices=[choice]), completion(model="x" * 10**6)]
    assert (make().ask(PROMPT).finish, make().ask(PROMPT).model) == (None, "x" * 200)


def test_half_a_surrogate_pair_is_replaced_and_a_whole_one_stays(make, server):
    raw = b'{"choices": [{"message": {"content": "a\\ud800b \\ud83e\\udd99"}}], "model": "m\\udfff"}'
    server.faults += [{"raw": raw}]
    reply = make().ask(PROMPT)
    assert (reply.text, reply.model) == ("a\ufffdb \U0001f999", "m\ufffd")


@pytest.mark.parametrize("value", ["²", "-5", "", "soon", "1e3", "٣", "Mon, 99 Jan 2026 00:00:00 GMT", "Mon, 01 Jan 2001 00:00:00 -0000",
                                   "Thu, 01 Jan 1970 00:00:00 +99999999", "NaN", "inf", "0x10"])  # fmt: skip
def test_a_wait_that_is_none_is_not_waited(make, server, naps, value):
    server.faults += [wire(f"HTTP/1.1 429 No\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n".encode())]
    assert make().ask(PROMPT).text.endswith("Verdict: 1")
    assert naps == [1]


@pytest.mark.parametrize("value", ["1000000000", "9" * 5000, "Fri, 01 Jan 2999 00:00:00 GMT"])
def test_a_wait_without_end_is_left_to_the_user(make, server, naps, value):
    server.faults += [status(429, {"Retry-After": value})]
    with pytest.raises(NoReplyError, match=r"no more requests for now .HTTP 429, for another \d{9,11} s"):
        make().ask(PROMPT)
    assert naps == []


@pytest.mark.parametrize(
    "said", [KEY.upper(), KEY[::-1], "sk%2Dvery%2Dsecret", "c2stdmVyeS1zZWNyZXQ=", "736b2d766572792d736563726574"]
)
@pytest.mark.parametrize("code", [401, 400, 503])
def test_no_message_holds_the_key_in_another_form(make, server, told, naps, said, code):
    server.faults += [{"status": code, "raw": f"{word} {said}\x1b[2J".encode()} for word in ("wrong", "bad") * 3]
    with pytest.raises((RefusedError, NoReplyError)) as caught:
        make(key=KEY).ask(PROMPT)
    for text in (str(caught.value), *told):
        assert said not in text
        assert text.isprintable()


def test_no_line_about_the_connection_holds_the_key(make, server, told, naps):
    server.faults += [wire(f"{KEY} \x1b[2J\r\n\r\n".encode())] * 5
    with pytest.raises(NoReplyError, match="did not answer") as caught:
        make(key=KEY).ask(PROMPT)
    for text in (str(caught.value), *told):
        assert KEY not in text
        assert text.isprintable()


def test_a_reply_that_repeats_the_key_is_kept_without_it(make, server):
    server.faults += [says(f"Your key is {KEY}.\nVerdict: 1", finish=KEY)]
    reply = make(key=KEY).ask(PROMPT)
    assert (reply.text, reply.finish) == ("Your key is ***.\nVerdict: 1", "***")


def test_connections_are_closed_whatever_happens(make, server, naps):
    server.faults += [wire(b"", pause=0.5), HANG_UP, CUT, packed(b" " * 2**25)]
    with warnings.catch_warnings(record=True) as seen:  # what is left open is found when it is collected
        warnings.simplefilter("always")
        with pytest.raises(NoReplyError):
            make(timeout=0.2).ask(PROMPT)
        gc.collect()
    assert [str(each.message) for each in seen] == []
    assert len(naps) == 3


def test_it_can_be_asked_from_an_event_loop_and_from_several_threads(make, server):
    endpoint = make()

    async def ask():
        return endpoint.ask(PROMPT)

    with ThreadPoolExecutor(4) as pool:  # in the main thread a browser of other tests may have a loop of its own
        assert pool.submit(lambda: asyncio.run(ask())).result().text.endswith("Verdict: 1")
        assert len(list(pool.map(endpoint.ask, [PROMPT] * 8))) == 8


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 86_401])
def test_a_time_that_is_no_limit_is_refused(make, timeout):
    with pytest.raises(UsageError, match="--timeout takes seconds, at most 86,400"):
        make(timeout=timeout)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["choices", "message", "content", "error"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | JSON, st.sampled_from([200, 204, 300, 304, 400, 401, 404, 418, 500, 599]))
def test_whatever_comes_back_is_a_reply_or_one_printable_sentence(make, server, naps, body, code):
    raw = (
        body
        if isinstance(body, bytes)
        else json.dumps({"choices": [{"message": {"content": body}}], "error": body}).encode()
    )
    server.faults.clear()
    server.faults += [{"status": code, "raw": raw or b" "}] * 5
    said = ""
    try:
        make(key=KEY, timeout=5).ask(PROMPT).text.encode()
    except (NoReplyError, RefusedError) as error:
        said = str(error)
    assert said == "" or said.isprintable()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=40), st.sampled_from([b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", HEAD, CHUNKED]))
def test_whatever_bytes_come_back_the_end_is_one_printable_sentence(make, server, naps, noise, before):
    server.faults.clear()
    server.faults += [wire(before + noise)] * 5
    with pytest.raises((NoReplyError, RefusedError)) as caught:
        make(key=KEY, timeout=5).ask(PROMPT)
    assert str(caught.value).isprintable()
