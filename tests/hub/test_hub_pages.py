"""A list that comes in pages is read to its end; one that has none, or leads elsewhere, is left."""

from __future__ import annotations

import json

import pytest

from llmreg.errors import LlmregError
from llmreg.hub.pages import rows
from loopback import Handler, Loopback


class _Handler(Handler):
    def do_GET(self):  # noqa: N802 - a name that http.server calls
        self.served.seen.append(self.path)
        after, body = self.served.page(len(self.served.seen))
        self.send_response(self.served.statuses.pop(0) if self.served.statuses else 200)
        self.send_header("Content-Length", str(len(body)))
        if after:
            self.send_header("Link", after if after.startswith("junk") else f'<{after}>; rel="next"')
        self.end_headers()
        self.wfile.write(body)


class Pages(Loopback):
    """Gives the pages that a function of their number makes: the address of the next one, and rows or bytes."""

    handler = _Handler

    def __init__(self, make):
        self.make, self.seen, self.statuses = make, [], []

    def page(self, number):
        after, found = self.make(number, f"http://127.0.0.1:{self.port}")
        return after, found if isinstance(found, bytes) else json.dumps(found).encode()


def read(pages, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{pages.port}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    return list(rows("models", {"full": "True"}, say=print))


def refused(make, monkeypatch, pages=None):
    with Pages(make) as served, pytest.raises(LlmregError) as caught:
        read(served, monkeypatch)
    assert str(caught.value).isprintable()
    return str(caught.value), len(served.seen)


def test_all_pages_are_read_in_order(monkeypatch, naps):
    def make(number, here):
        after = [f"{here}/api/models?cursor=2", "/api/models?cursor=3", None][number - 1]
        return after, [{"id": f"a/{number}"}, {"id": f"b/{number}"}]

    with Pages(make) as served:
        found = read(served, monkeypatch)
    assert [row["id"] for row in found] == ["a/1", "b/1", "a/2", "b/2", "a/3", "b/3"]
    assert served.seen == ["/api/models?full=True", "/api/models?cursor=2", "/api/models?cursor=3"]


def test_a_page_that_fails_is_asked_for_again(monkeypatch, naps):
    with Pages(lambda *_: (None, [{"id": "a"}])) as served:
        served.statuses = [503, 429, 200]
        assert read(served, monkeypatch) == [{"id": "a"}]
    assert naps == [1, 2]


@pytest.mark.parametrize(
    "make",
    [
        lambda number, here: (f"{here}/api/models?full=True", [{"id": "a"}]),
        lambda number, here: (f"/api/models?cursor={number % 3}", [{"id": "a"}]),
        lambda number, here: (f"/api/models?cursor={number}", []),
    ],
    ids=["itself", "in circles", "empty ones for ever"],
)
def test_a_list_without_a_last_page_is_left(monkeypatch, naps, make):
    message, asked = refused(make, monkeypatch)
    assert "has no end; check HF_ENDPOINT" in message
    assert asked <= 10


def test_there_is_a_most_of_pages(monkeypatch, naps):
    monkeypatch.setattr("llmreg.hub.pages._PAGES", 20)
    message, asked = refused(lambda number, here: (f"/api/models?cursor={number}", [{"id": "a"}]), monkeypatch)
    assert "has no end" in message
    assert asked == 20


@pytest.mark.parametrize(
    "place", ["http://localhost:9/x", "//localhost:9/x", "https://127.0.0.1:9/x", "file:///etc/passwd"]
)
def test_the_next_page_is_on_the_same_host(monkeypatch, naps, place):
    message, asked = refused(lambda number, here: (place, [{"id": "a"}]), monkeypatch)
    assert "sends its visitors on to" in message
    assert asked == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"null", b"[" * 100_000, b"\xff", b"[" + b"1" * 5000 + b"]"])
def test_a_page_in_another_form_ends_in_one_sentence(monkeypatch, naps, body):
    message, _ = refused(lambda *_: (None, body), monkeypatch)
    assert "the list of models at http://127.0.0.1:" in message
    assert "cannot be read (" in message


def test_a_page_without_end_is_not_taken(monkeypatch, naps):
    monkeypatch.setattr("llmreg.hub.pages._MOST", 1000)
    message, _ = refused(lambda *_: (None, b" " * 2000), monkeypatch)
    assert "more than 1,000 bytes" in message


def test_a_link_that_is_none_is_the_end(monkeypatch, naps):
    with Pages(lambda *_: ("junk;;<>rel=next", [{"id": "a"}])) as served:
        assert read(served, monkeypatch) == [{"id": "a"}]


def test_offline_nothing_is_asked(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(LlmregError, match=r"offline .HF_HUB_OFFLINE., and the list of models is on the Hub"):
        next(rows("models", {}, say=print))
