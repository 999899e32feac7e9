"""The local page on which a person compares answers without knowing whose they are.

It listens on this machine only, answers who knows the token in its address, and sends no name of a system.
"""

from __future__ import annotations

import hmac
import secrets
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from llmreg.errors import LlmregError
from llmreg.site.style import STATIC, stylesheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Template

    from llmreg.judging.ballot import Ballot
    from llmreg.ratings.rows import Winner

_HERE = Path(__file__).parent
_HOST = "127.0.0.1"
_MOST = 1000
"""Bytes of a vote; more is no vote."""
_VOTES: dict[str, Winner] = {"a": "first", "b": "second", "tie": "tie"}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class BlindServer(ThreadingHTTPServer):
    """Serves one rater's ballot; `url` is where."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, ballot: Ballot, port: int = 0) -> None:
        """Listen on a port of this machine, by default a free one; raise `LlmregError` where it is taken."""
        try:
            super().__init__((_HOST, port), _Handler)
        except OSError as error:
            raise LlmregError(
                f"port {port} cannot be had ({error.strerror}); leave out --port for a free one"
            ) from None
        self.ballot = ballot
        self.token = secrets.token_urlsafe(16)
        self.url = f"http://{_HOST}:{self.server_port}/{self.token}/"
        self.hosts = {f"{name}:{self.server_port}" for name in (_HOST, "localhost")}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a browser hang up without a word; anything else is told."""
        import sys

        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: BlindServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "llmreg", ""
    timeout = 60

    def log_message(self, *_: Any) -> None:
        """Say nothing: what a rater does is between them and the file."""

    def do_GET(self) -> None:
        """Give the page or one of its files."""
        path = self._path()
        if path == "":
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", page(self.server.ballot).encode())
        elif path in _FILES:
            kind, content = _FILES[path]
            self._send(HTTPStatus.OK, kind, content())
        elif path is not None:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")

    def do_POST(self) -> None:
        """Take a vote, and lead back to the page once it is on the disk."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST:
            self.close_connection = True
            self._refuse(HTTPStatus.BAD_REQUEST, "this is no vote")
            return
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(int(length)).decode("latin-1")).items()}
        if (path := self._path()) is None:
            return
        try:
            understood = not path and _act(self.server.ballot, form)
        except OSError as error:
            self._refuse(
                HTTPStatus.INSUFFICIENT_STORAGE,
                f"the vote does not count: {error.strerror}; make room, go back and vote again",
            )
            return
        if understood:
            self._send(HTTPStatus.SEE_OTHER, "text/plain", b"", {"Location": f"/{self.server.token}/"})
        else:
            self._refuse(HTTPStatus.BAD_REQUEST, "this is no vote")

    def _path(self) -> str | None:
        """Give the path below the token; refuse, and give none, for who does not know it or comes by another host."""
        token, _, path = self.path.removeprefix("/").partition("/")
        if self.headers.get("Host", "").lower() not in self.server.hosts:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST, "this page is for this machine only")
        elif not hmac.compare_digest(token.encode(), self.server.token.encode()):
            self._refuse(HTTPStatus.FORBIDDEN, "open the whole address that the command printed last")
        else:
            return path
        return None

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._send(status, "text/plain; charset=utf-8", f"{why}\n".encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **_HEADERS, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def page(ballot: Ballot) -> str:
    """Write the page for what is to be judged now, or for the end."""
    current = ballot.current
    shown = {"number": current[0], "pair": current[1]} if current else {"number": None, "pair": None}
    return _template().render(ballot=ballot, rater=ballot.rater, **shown) + "\n"


def _act(ballot: Ballot, form: dict[str, str]) -> bool:
    """Do what a form says; tell whether it says something."""
    act, number = form.get("act", ""), form.get("pair", "")
    if act in _VOTES and number.isdecimal():
        ballot.vote(int(number), _VOTES[act])
    elif act == "skip" and number.isdecimal():
        ballot.skip(int(number))
    elif act == "undo":
        ballot.undo()
    elif act == "again":
        ballot.look_again()
    else:
        return False
    return True


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("blind.html")


_FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "style.css": (
        "text/css; charset=utf-8",
        lambda: (stylesheet() + (_HERE / "static" / "blind.css").read_text(encoding="utf-8")).encode(),
    ),
    "blind.js": ("text/javascript; charset=utf-8", (_HERE / "static" / "blind.js").read_bytes),
    "icon.svg": ("image/svg+xml", (STATIC / "icon.svg").read_bytes),
}
