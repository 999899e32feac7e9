"""Listing a repository of the Hub: at the commit that was asked for, and from a kept list that is of that commit."""

from __future__ import annotations

import gzip
import json
import shutil

import pytest

from llmreg.errors import LlmregError
from llmreg.hub.listing import listing
from llmreg.hub.repository import Repository
from loopback import Handler, Loopback

NAME = "ada/tiny"
ZERO = "0" * 40


def at(revision, *, offline=False):
    return listing(Repository(NAME, "model", revision), offline=offline, say=print)


def test_another_commit_than_the_pinned_one_is_refused_and_not_kept(hub, monkeypatch):
    wanted, other = (hub.add(NAME, {"config.json": content}) for content in (b"{}", b"[]"))
    repo = hub.repos["model", NAME]
    monkeypatch.setattr(repo, "at", lambda _: repo.commits[-1], raising=False)
    with pytest.raises(LlmregError, match=f"asked for {NAME} at {wanted} and lists it at {other}; nothing of it"):
        at(wanted)
    with pytest.raises(LlmregError, match="was never listed"):
        at(wanted, offline=True)


def test_a_kept_list_of_another_commit_than_the_pinned_one_is_not_taken(hub):
    wanted, other = (hub.add(NAME, {"config.json": content}) for content in (b"{}", b"[]"))
    kept = at("main").repository.cache / "llmreg"
    shutil.copyfile(kept / f"{other}.json", kept / f"{wanted}.json")
    assert at(wanted).commit == wanted


def listed(hub, monkeypatch, *rows):
    """List a repository whose files the Hub describes by these rows."""
    hub.add(NAME, {str(number): b"{}" for number in range(len(rows))})
    monkeypatch.setattr("server.sibling", lambda path, _: {"size": 2, "blobId": ZERO, **rows[int(path)]})
    return at("main")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("a\\b", "has a backslash"), ("..\\..\\evil", "has a backslash"), ("a\0b", "has a character that no name has"),
        ("a\nb", "has a character that no name has"), ("a\x1b[2J", "has a character that no name has"), ("", "is empty"),
        (".", "has a part that is `.` or `..`"), ("a/./b", "has a part that is"), ("a/../../b", "has a part that is"),
        ("a//b", "has an empty part"), ("a/", "has an empty part"), ("/etc/x", "begins at the root"),
        ("C:/x", "begins at the root"), ("c:x", "begins at the root"), ("x" * 300, "is too long"),
    ],
)  # fmt: skip
def test_names_that_no_folder_may_take_are_refused_with_the_list(hub, monkeypatch, name, fault):
    with pytest.raises(LlmregError, match="is not well formed") as caught:
        listed(hub, monkeypatch, {"rfilename": "config.json"}, {"rfilename": name})
    assert fault in str(caught.value)
    assert str(caught.value).isprintable()
    with pytest.raises(LlmregError, match="was never listed"):
        at("main", offline=True)


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (["a", "a"], "'a' is listed more than once"),
        (["a", "a/b"], "'a' is a file and a folder"),
    ],
)
def test_names_that_cannot_be_together_are_refused(hub, monkeypatch, rows, fault):
    with pytest.raises(LlmregError, match="is not well formed") as caught:
        listed(hub, monkeypatch, *({"rfilename": name} for name in rows))
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    "row",
    [
        {"rfilename": 7}, {"rfilename": None}, {"rfilename": ["a"]}, {"rfilename": "a", "size": -1}, {"rfilename": "a", "size": "2"},
        {"rfilename": "a", "size": 2.5}, {"rfilename": "a", "size": 10**30}, {"rfilename": "a", "size": True},
        {"rfilename": "a", "blobId": 7}, {"rfilename": "a", "lfs": "x"}, {"rfilename": "a", "lfs": {"sha256": ZERO}},
        {"rfilename": "a", "lfs": {"sha256": ZERO, "size": -5}}, {"rfilename": "a", "blobId": "../../evil"},
        {"rfilename": "a", "blobId": ZERO.upper().replace("0", "A")}, {"rfilename": "a", "blobId": None},
    ],
)  # fmt: skip
def test_files_that_are_described_wrongly_are_refused(hub, monkeypatch, row):
    with pytest.raises(LlmregError, match=r"is not well formed|lists it in no form that is known"):
        listed(hub, monkeypatch, row)


def test_a_kept_list_with_a_name_that_no_folder_may_take_is_not_taken(hub):
    commit = hub.add(NAME, {"config.json": b"{}"})
    place = at("main").repository.cache / "llmreg" / "main.json"
    place.write_text(json.dumps({"commit": commit, "files": [{"path": "../evil", "size": 2, "hash": ZERO}]}))
    with pytest.raises(LlmregError, match="was never listed"):
        at("main", offline=True)
    place.write_text("[" * 100_000)
    assert at("main").files[0].path == "config.json"


class _Raw(Handler):
    def do_GET(self):  # noqa: N802 - a name that http.server calls
        self.served.seen.append(self.path)
        self.close_connection = True
        self.wfile.write(self.served.answer)


class Raw(Loopback):
    """Answers everything with the same bytes."""

    handler = _Raw

    def __init__(self, answer=b"", *, head=b"HTTP/1.1 200 OK\r\n", body=None):
        self.answer = answer or head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        self.seen = []


def asked(raw, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{raw.port}")
    with pytest.raises(LlmregError) as caught:
        at("main")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600
    return str(caught.value)


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"null", b"[" * 100_000, b'{"sha":' * 100_000, b"\xff", b'{"sha": 7}', b"{}",
                                  b'{"sha": "\\ud800"}', b'{"sha": "x", "siblings": {}}', b'{"sha": "x", "siblings": [7]}',
                                  b'{"sha": ' + b"1" * 5000 + b"}"])  # fmt: skip
def test_a_list_in_no_known_form_ends_in_one_sentence(hub, naps, monkeypatch, body):
    with Raw(body=body) as raw:
        assert "lists it in no form that is known" in asked(raw, monkeypatch)
    assert naps == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize(
    "body", [b"[1]", b"[" * 100_000, b"\xff", b'{"error": [{"a": 1}], "errors": [7]}', b"x" * 200_000]
)
def test_an_error_with_any_body_ends_in_one_sentence(hub, naps, monkeypatch, status, body):
    with Raw(
        head=b"HTTP/1.1 %d \x9b2J\r\nX-Error-Message: \x9b\xff\r\nX-Error-Code: \xb2\r\nRetry-After: \xb2\r\n" % status,
        body=body,
    ) as raw:
        assert f"HTTP {status}" in asked(raw, monkeypatch)


def test_a_list_that_unpacks_to_more_than_any_list_is_not_taken(hub, naps, monkeypatch):
    body = gzip.compress(b" " * 2**26, 9)
    with Raw(head=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n", body=body) as raw:
        assert "sent more than 33,554,432 bytes as the list of its files" in asked(raw, monkeypatch)
    assert len(raw.seen) == 1


def test_a_list_that_ends_too_soon_or_never_begins_is_given_up_after_five_tries(hub, naps, monkeypatch):
    monkeypatch.setattr("llmreg.hub.listing._SECONDS", 5)
    for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", b"nonsense\r\n\r\n"):
        with Raw(answer) as raw:
            assert "cannot be reached for ada/tiny" in asked(raw, monkeypatch)
        assert len(raw.seen) == 5


@pytest.mark.parametrize(
    "place", ["http://localhost:9/x", "//localhost:9/x", "https://127.0.0.1:9/", "http://127.0.0.1:9/"]
)
def test_a_list_is_taken_from_no_other_host(hub, naps, monkeypatch, place):
    with Raw(head=b"HTTP/1.1 307 No\r\nLocation: %s\r\n" % place.encode(), body=b"") as raw:
        assert "sends its visitors on to http" in asked(raw, monkeypatch)
    assert (len(raw.seen), naps) == (1, [])


def test_a_hub_that_sends_one_round_in_circles_is_left(hub, naps, monkeypatch):
    with Raw(head=b"HTTP/1.1 307 No\r\nLocation: /round\r\n", body=b"") as raw:
        assert "sent more than 5 redirects as the list" in asked(raw, monkeypatch)
    assert len(raw.seen) == 6


@pytest.mark.parametrize("name", ["", "..", "a/../b", "a/b/c", "a b", "a/b?x", "a\nb"])
def test_a_name_that_no_repository_has_is_not_asked_for(hub, name):
    with pytest.raises(LlmregError, match="is no name of a repository on the Hub"):
        listing(Repository(name), offline=False, say=print)
    assert hub.seen == []
