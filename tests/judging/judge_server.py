"""An OpenAI-compatible endpoint on loopback that replies by a rule, and misbehaves when a test asks for it."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import deque
from typing import Any

from loopback import Handler, Loopback


def status(code: int, headers: dict[str, str] | None = None, body: Any = None) -> dict[str, Any]:
    return {"status": code, "headers": headers or {}, "body": body or {"error": {"message": "made to fail"}}}


SLOW = {"pause": 1.6}
HANG_UP = {"hang_up": True}
CUT = {"cut": 40}
GARBAGE = {"raw": b"<html>the proxy says hello"}
NO_CHOICES = {"raw": b'{"object": "error", "choices": []}'}
A_LIST = {"raw": b"[1, 2]"}


def wire(*parts: bytes, pause: float = 0, times: int = 1) -> dict[str, Any]:
    """Send bytes as they are, the last of them `times` times with a pause after each, and close the connection."""

    def send(handler: Handler) -> None:
        for part in (*parts[:-1], *[parts[-1]] * times):
            handler.wfile.write(part)
            handler.wfile.flush()
            time.sleep(pause)

    return {"wire": send}


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def packed(content: bytes, code: int = 200) -> dict[str, Any]:
    body = gzip.compress(content, 9)
    return {"status": code, "headers": {"Content-Encoding": "gzip"}, "raw": body}


def completion(**changes: Any) -> dict[str, Any]:
    """Answer with a chat completion in which some fields are others."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Verdict: 1"}}
    return {
        "body": {"choices": [choice], "model": "m", "usage": {"prompt_tokens": 3, "completion_tokens": 4}, **changes}
    }


def says(text: str | None, finish: str = "stop") -> dict[str, Any]:
    return {"says": text, "finish": finish}


class JudgeServer(Loopback):
    """A context manager that runs the server in a thread; `rule` gives the reply to a prompt."""

    def __init__(self, rule=lambda prompt: "Both are fine.\nVerdict: 1") -> None:
        self.rule = rule
        self.faults: deque[dict[str, Any]] = deque()
        """What happens to the next requests, one each."""
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.at_once = self.most_at_once = 0
        self.pause = 0.0
        self.lock = threading.Lock()

    @property
    def prompts(self) -> list[str]:
        return [body["messages"][0]["content"] for body in self.bodies]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


class _Handler(Handler):
    served: JudgeServer

    def _take(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.served.lock:
            self.served.bodies.append(body)
            self.served.paths.append(self.path)
            self.served.headers.append({name.lower(): value for name, value in self.headers.items()})
            fault = self.served.faults.popleft() if self.served.faults else {}
            self.served.at_once += 1
            self.served.most_at_once = max(self.served.most_at_once, self.served.at_once)
        try:
            self._answer(body, fault)
        finally:
            with self.served.lock:
                self.served.at_once -= 1

    do_POST = _take  # noqa: N815 - a name that http.server calls

    def _answer(self, body: dict[str, Any], fault: dict[str, Any]) -> None:
        time.sleep(fault.get("pause", self.served.pause))
        if fault.get("hang_up"):
            self.close_connection = True
            self.connection.shutdown(2)
            return
        if "wire" in fault:
            self.close_connection = True
            fault["wire"](self)
            return
        prompt = body["messages"][0]["content"]
        text = fault["says"] if "says" in fault else self.served.rule(prompt)
        reply = {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": f"{body['model']}-2026",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": fault.get("finish", "stop"),
                    "message": {"role": "assistant", "content": text},
                }
            ],
            "usage": {"prompt_tokens": len(prompt) // 4, "completion_tokens": 7, "total_tokens": 0},
        }
        content = fault.get("raw") or json.dumps(fault.get("body") or reply).encode()
        self.send_response(fault.get("status", 200))
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in {**headers, **fault.get("headers", {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: fault.get("cut")])
        if "cut" in fault:
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)


JudgeServer.handler = _Handler
