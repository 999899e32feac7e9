"""The page is judged by its keys alone, tells no system's name, loses no vote, and is for this machine only."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from judged import UGLY, rows_of, write

from llmreg.errors import LlmregError
from llmreg.judging.answers import read_pairs
from llmreg.judging.ballot import Ballot
from llmreg.judging.blind import BlindServer
from llmreg.judging.journal import Journal
from llmreg.ratings import elo, read

SYSTEMS = ("heron-7b-chat", 'wren "mini" <b>')
LONG = "W" * 300 + "\n\n" + "It goes on for a while, as answers do. " * 40


@pytest.fixture
def named(tmp_path):
    """Answers to five items: ugly, empty, right to left, long, plain."""
    texts = [(UGLY, "plain"), ("", "not empty"), ("مرحبا بالعالم", "hello"), (LONG, "short"), ("one", "two")]
    rows = [
        {"id": f"item-{i}", "system": system, "text": text, "question": f"Question {i}? {UGLY}"}
        for i, both in enumerate(texts)
        for system, text in zip(SYSTEMS, both, strict=True)
    ]
    return write(tmp_path / "answers.jsonl", *rows)


@pytest.fixture
def serve(named, tmp_path):
    """Serve the answers from a thread, the votes going to `votes.jsonl`."""

    @contextmanager
    def serving(rater="ann", answers=named):
        pairs = read_pairs([answers]).found
        with Journal(tmp_path / "votes.jsonl") as journal, BlindServer(Ballot(pairs, rater, 0, journal)) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()

    return serving


class Wire:
    """One direction of a connection, with all that goes over it written down."""

    def __init__(self, stream, traffic):
        self.stream, self.traffic = stream, traffic

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def write(self, data):
        self.traffic.append(bytes(data))
        return self.stream.write(data)

    def read(self, size):
        self.traffic.append(self.stream.read(size))
        return self.traffic[-1]

    def readline(self, size):
        self.traffic.append(self.stream.readline(size))
        return self.traffic[-1]


def tapped(server, traffic):
    """Have a server write down every byte that it reads and sends."""

    class Handler(server.RequestHandlerClass):
        def setup(self):
            super().setup()
            self.rfile, self.wfile = Wire(self.rfile, traffic), Wire(self.wfile, traffic)

    server.RequestHandlerClass = Handler


@pytest.fixture
def visit(browser):
    """Open a page; at the end no message was written to the console and nothing was asked of another host."""
    contexts, messages, hosts = [], [], set()

    def go(url, *, width=1440, height=900, dark=False):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", has_touch=width < 600
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        page.goto(url)
        return page

    yield go
    for context in contexts:
        context.close()
    # what a page still fetches when its server is killed fails, and the browser says so
    assert [each for each in messages if "Failed to load resource: net::ERR_" not in each] == []
    assert hosts == {"127.0.0.1"}


def press(page, key):
    """Hit a key and wait for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press(key)


def said(page):
    return page.locator(".progress label").inner_text()


def answers(page):
    return page.locator(".answers section").all_inner_texts()


def test_keys_alone_vote_skip_and_undo(serve, visit, tmp_path):
    with serve() as server:
        page = visit(server.url)
        for key in ("a", "2", "T"):
            press(page, key)
        assert said(page) == "3 of 5 judged"
        skipped = answers(page)
        press(page, "s")
        assert said(page) == "3 of 5 judged, 1 skipped"
        press(page, "1")
        assert page.locator("h1").inner_text() == "No pair is left but those you skipped"
        press(page, "s")
        assert answers(page) == skipped
        press(page, "b")
        assert page.locator("h1").inner_text() == "All pairs are judged"
        press(page, "u")
        assert (said(page), answers(page)) == ("4 of 5 judged", skipped)
        press(page, "3")
    winners = [row["winner"] for row in rows_of(tmp_path / "votes.jsonl")]
    assert winners == ["first", "second", "tie", "first", "tie"]
    ratings = read([tmp_path / "votes.jsonl"])
    assert (len(ratings), ratings.judges) == (5, ("ann",))
    assert {each.system for each in elo(ratings, orders=5).standings} == set(SYSTEMS)


def test_tab_and_enter_do_without_single_keys_which_can_be_switched_off(serve, visit):
    with serve() as server:
        page = visit(server.url)
        page.locator("#keys").uncheck()
        page.keyboard.press("a")
        page.reload()
        assert (said(page), page.locator("#keys").is_checked()) == ("0 of 5 judged", False)
        for _ in range(2):
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.value") == "tie"
        press(page, "Enter")
        assert said(page) == "1 of 5 judged"


def test_keys_that_belong_to_the_browser_are_left_to_it(serve, visit):
    with serve() as server:
        page = visit(server.url)
        page.keyboard.press("Control+a")
        page.keyboard.press("Alt+b")
        page.reload()
        assert said(page) == "0 of 5 judged"


def test_a_key_that_is_hit_twice_or_held_votes_once(serve, visit):
    with serve() as server:
        page = visit(server.url)
        with page.expect_navigation():
            page.evaluate(
                "for (const repeat of [false, false, true])"
                " document.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', repeat, bubbles: true}))"
            )
        assert said(page) == "1 of 5 judged"


def test_neither_the_page_nor_the_traffic_names_a_system_or_an_answer(serve, visit, tmp_path):
    traffic = []
    with serve() as server:
        tapped(server, traffic)
        page = visit(server.url)
        for key in ("a", "u", "s", "b", "3", "1", "2", "s", "1"):
            press(page, key)
        everything = b"".join(traffic).decode() + page.content()
    for there in ("GET /", "POST /", "act=a", "Location: /", "Question 3?", "All pairs are judged", "accent-color"):
        assert there in everything
    for system in ("heron", "wren", "mini"):
        assert system not in everything
    for row in rows_of(tmp_path / "votes.jsonl"):
        assert row["first_answer"] not in everything
        assert row["item"] not in everything


def test_a_reload_shows_the_same_pair_and_repeats_no_vote(serve, visit, tmp_path):
    with serve() as server:
        page = visit(server.url)
        press(page, "a")
        before = answers(page)
        page.reload()
        page.reload()
        assert (answers(page), said(page)) == (before, "1 of 5 judged")
    assert len(rows_of(tmp_path / "votes.jsonl")) == 1


def test_texts_are_shown_as_they_are(serve, visit, named):
    with serve() as server:
        page = visit(server.url)
        seen = set()
        for _ in range(5):
            seen |= {text.strip() for text in page.locator(".answers p").all_text_contents()}
            press(page, "t")
    assert {UGLY, "This answer is empty.", "مرحبا بالعالم", LONG.strip()} <= seen


@contextmanager
def command(named, votes):
    """Run the command as a user does; give the process and the address that it prints."""
    words = [sys.executable, "-m", "llmreg", "evaluate", "blind", named, "-o", votes, "--rater", "ann"]
    process = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process, process.stdout.readline().removeprefix("open ").strip()
    finally:
        process.kill()
        process.communicate()


def test_no_vote_is_lost_when_the_server_is_killed(named, visit, tmp_path):
    votes, choices = tmp_path / "votes.jsonl", iter("abtab")
    for number in range(1, 4):
        with command(named, votes) as (process, url):
            page = visit(url)
            assert said(page) == f"{number - 1} of 5 judged"
            press(page, next(choices))
            os.kill(process.pid, signal.SIGKILL)
        assert len(rows_of(votes)) == number
    with votes.open("ab") as file:
        file.write(b'{"item": "item-1", "judge": "an')  # as if the kill had come in the middle of a vote
    with command(named, votes) as (process, url):
        page = visit(url)
        assert said(page) == "3 of 5 judged"
        press(page, next(choices))
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0
    assert "ended in a part of a line" in told
    assert f"4 of 5 pairs are judged by ann, in {votes}" in told
    assert [row["winner"] for row in rows_of(votes)] == ["first", "second", "tie", "first"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_state_of_the_page_is_accessible_and_fits(serve, visit, width, dark):
    from axe_playwright_python.sync_playwright import Axe

    with serve() as server:
        page = visit(server.url, width=width, dark=dark)
        for key in ("a", "b", "t", "s", "1", None):
            found = Axe().run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            if key:
                press(page, key)


def test_on_a_phone_the_answers_stand_below_each_other_and_the_votes_stay_in_sight(serve, visit):
    with serve() as server:
        page = visit(server.url, width=390, height=844)
        first, second = (each.bounding_box() for each in page.locator(".answers section").all())
        assert second["y"] >= first["y"] + first["height"]
        for vote in page.locator(".votes button").all():
            box = vote.bounding_box()
            assert box["y"] + box["height"] <= 844
            assert box["height"] >= 24
        with page.expect_navigation():
            page.locator("[value=tie]").tap()
        assert said(page) == "1 of 5 judged"
        wide = visit(server.url)
        first, second = (each.bounding_box() for each in wide.locator(".answers section").all())
        assert (first["y"], first["height"]) == (second["y"], second["height"])


def ask(server, method="GET", path="", *, body=None, **headers):
    """Send a request as anybody could; give the status and the body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    connection.request(method, f"/{server.token}/{path}" if not path.startswith("/") else path, body, headers)
    response = connection.getresponse()
    found = response.status, response.read().decode()
    connection.close()
    return found


def test_only_this_machine_is_listened_to(serve):
    with serve() as server:
        assert server.server_address[0] == "127.0.0.1"
        assert re.fullmatch(rf"http://127\.0\.0\.1:{server.server_port}/[\w-]{{20,}}/", server.url)


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/wrong/", "/style.css", "//"])
def test_who_does_not_know_the_token_gets_nothing(serve, path):
    with serve() as server:
        for method in ("GET", "POST"):
            status, text = ask(server, method, path, body="act=undo" if method == "POST" else None)
            assert (status, text) == (403, "open the whole address that the command printed last\n")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "evil.example:80", ""])
def test_who_comes_by_another_name_gets_nothing(serve, host):
    with serve() as server:
        assert ask(server, Host=host)[0] == 421
        assert ask(server, Host=f"LOCALHOST:{server.server_port}")[0] == 200


@pytest.mark.parametrize(
    "body",
    ["", "act=a", "act=a&pair=x", "act=a&pair=²", "act=win&pair=0", "pair=0", "act=a&pair=-1", "x" * 2000, "\xff\0"],
)
def test_what_is_no_vote_is_refused_and_changes_nothing(serve, body, tmp_path):
    with serve() as server:
        assert ask(server, "POST", body=body.encode()) == (400, "this is no vote\n")
        assert server.ballot.done == 0
        assert ask(server)[0] == 200
    assert rows_of(tmp_path / "votes.jsonl") == []


def test_there_is_no_other_page(serve):
    with serve() as server:
        assert ask(server, path="../votes.jsonl")[0] == 404
        assert ask(server, "POST", path="style.css", body="act=undo")[0] == 400


def test_a_vote_that_cannot_be_written_is_told_and_does_not_count(serve, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with serve() as server:
        number, _ = server.ballot.current
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", full)
            status, text = ask(server, "POST", body=f"act=a&pair={number}")
        assert (status, server.ballot.done) == (507, 0)
        assert "the vote does not count: No space left on device" in text
        assert ask(server, "POST", body=f"act=a&pair={number}")[0] == 303
        assert server.ballot.done == 1


def test_a_port_that_is_taken_is_named(serve, named, tmp_path):
    with serve() as server, Journal(tmp_path / "other.jsonl") as journal:
        ballot = Ballot(read_pairs([named]).found, "bob", 0, journal)
        with pytest.raises(LlmregError, match=rf"port {server.server_port} cannot be had .* --port"):
            BlindServer(ballot, server.server_port)


def test_two_servers_do_not_write_one_file(serve, named, llmreg, tmp_path):
    with serve(), pytest.raises(LlmregError, match="another process is writing it"):
        llmreg("evaluate", "blind", named, "-o", tmp_path / "votes.jsonl")


def test_a_name_that_an_answer_gives_away_is_told_before(tmp_path):
    rows = [{"id": 1, "system": name, "text": f"I am {name}"} for name in ("heron", "wren")]
    with command(write(tmp_path / "a.jsonl", *rows), tmp_path / "v.jsonl") as (process, url):
        assert url.startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert "1 items have no question" in told
    assert "2 answers hold the name of a system in their text" in told
    assert json.dumps("heron") not in told
