"""A Hub on the loopback that speaks as much of the API as huggingface_hub needs, and fails when told to."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from loopback import Handler, Loopback

LARGE = (".safetensors", ".bin", ".parquet", ".model")
"""Files that are stored as large files (LFS), by SHA-256."""


@dataclass
class Fault:
    """What goes wrong with the requests that it matches."""

    match: str
    """A pattern for `METHOD path`."""
    times: int = 10**9
    """How often; afterwards everything is well again."""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Bytes of the body after which the connection is closed."""
    body: Callable[[bytes], bytes] | None = None
    """What becomes of the content on its way."""
    pause: float = 0
    """Seconds before each piece of 4,096 bytes."""


@dataclass
class Repo:
    """A repository: its commits, oldest first, each a mapping of path to content."""

    commits: list[tuple[str, dict[str, bytes]]] = field(default_factory=list)
    private: bool = False

    def commit(self, files: dict[str, bytes]) -> str:
        text = json.dumps([len(self.commits), {name: sha256(content) for name, content in sorted(files.items())}])
        self.commits.append((hashlib.sha1(text.encode()).hexdigest(), files))
        return self.commits[-1][0]

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        if revision == "main":
            return self.commits[-1]
        return next((commit for commit in self.commits if commit[0] == revision), None)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sibling(path: str, content: bytes) -> dict[str, Any]:
    """Describe a file as the answer about a repository does when asked for `blobs`."""
    row: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": git_hash(content)}
    if path.endswith(LARGE):
        row["lfs"] = {"sha256": sha256(content), "size": len(content), "pointerSize": 134}
    return row


def git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Hub(Loopback):
    """The server; a context manager that runs it in a thread."""

    def __init__(self) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.stored: dict[str, bytes] = {}
        """Large files by SHA-256, whether or not a commit names them."""
        self.faults: list[Fault] = []
        self.seen: list[str] = []
        """`METHOD path` of each request, and ` from N` for one that resumes."""
        self.sent = 0
        """Bytes of file contents."""
        self.unknown: list[str] = []
        """Requests that no route took or that should not have been made."""
        self.ranges = True
        """Whether parts of a file may be asked for."""
        self.lock = threading.Lock()

    def add(self, name: str, files: dict[str, bytes], kind: str = "model") -> str:
        """Commit files to a repository, made if it is new; give the commit."""
        repo = self.repos.setdefault((kind, name), Repo())
        self.stored |= {sha256(content): content for path, content in files.items() if path.endswith(LARGE)}
        return repo.commit({**(repo.commits[-1][1] if repo.commits else {}), **files})

    def fail(self, match: str, **fault: Any) -> Fault:
        self.faults.append(Fault(match, **fault))
        return self.faults[-1]

    def files(self, name: str, kind: str = "model") -> dict[str, bytes]:
        return self.repos[kind, name].commits[-1][1]

    def take(self, request: str) -> Fault:
        """Give the fault that a request meets, counting it."""
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and re.search(fault.match, request):
                    fault.times -= 1
                    return fault
        return Fault("")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def elsewhere(self) -> str:
        """Where large files are: another host to a client, as on the Hub."""
        return f"http://localhost:{self.port}"


@dataclass
class Answer:
    """What a route sends back: bytes, or a value as JSON."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class _RefusedError(Exception):
    """Ends a route with the answer it carries."""


_INFO = re.compile(r"/api/(model|dataset)s/([^/]+/[^/]+)(?:/revision/([^/]+))?")
_TREE = re.compile(r"/api/(model|dataset)s/([^/]+/[^/]+)/tree/([^/]+)(?:/(.+))?")
_WRITE = re.compile(r"/api/(model|dataset)s/([^/]+/[^/]+)/(preupload|commit)/main")
_FILE = re.compile(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_BATCH = re.compile(r"/(datasets/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch")


class _Handler(Handler):
    served: Hub

    def _serve(self) -> None:
        self.path = unquote(urlsplit(self.path).path)
        request = f"{self.command} {self.path}"
        resumed = re.search(r"[1-9]\d*", self.headers.get("Range", ""))
        self.served.seen.append(f"{request} from {resumed[0]}" if resumed else request)
        self.content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.fault = self.served.take(request)
        if self.fault.status:
            return self._send(Answer({"error": "made to fail"}, self.fault.status, self.fault.headers))
        for pattern, route in _ROUTES:
            if match := pattern.fullmatch(self.path):
                try:
                    return self._send(route(self, *match.groups()))
                except _RefusedError as refused:
                    return self._send(refused.args[0])
        self.served.unknown.append(request)
        return self._send(Answer({"error": "no such route"}, 404))

    do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815 - names that http.server calls

    def _send(self, answer: Answer) -> None:
        body = answer.body
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            body = self.fault.body(body) if self.fault.body else body
        self.send_response(answer.status)
        changed = {} if self.fault.status else self.fault.headers
        for name, value in {"Content-Length": str(len(body)), **answer.headers, **changed}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.fault.cut_after
        body = body if cut is None else body[:cut]
        for start in range(0, len(body), 4096):
            time.sleep(self.fault.pause)
            self.wfile.write(body[start : start + 4096])
            self.wfile.flush()
        if cut is not None:
            self.close_connection = True
            self.connection.shutdown(2)

    def _at(self, kind: str, name: str, revision: str) -> tuple[str, dict[str, bytes]]:
        repo = self.served.repos.get((kind, name))
        if repo is None:
            raise _RefusedError(Answer({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"}))
        found = repo.at(revision)
        if found is None:
            raise _RefusedError(Answer({"error": "Invalid rev id"}, 404, {"X-Error-Code": "RevisionNotFound"}))
        return found

    def info(self, kind: str, name: str, revision: str | None) -> Answer:
        commit, files = self._at(kind, name, revision or "main")
        private = self.served.repos[kind, name].private
        siblings = [sibling(path, content) for path, content in files.items()]
        return Answer({"id": name, "sha": commit, "private": private, "tags": [], "siblings": siblings})

    def tree(self, kind: str, name: str, revision: str, folder: str | None) -> Answer:
        rows, files = [], self._at(kind, name, revision)[1]
        if folder and not any(path.startswith(f"{folder}/") for path in files):
            return Answer({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
        for path, content in sorted(files.items()):
            row: dict[str, Any] = {"type": "file", "path": path, "size": len(content), "oid": git_hash(content)}
            if path.endswith(LARGE):
                row["lfs"] = {"oid": sha256(content), "size": len(content), "pointerSize": 134}
            rows.append(row)
        return Answer(rows)

    def file(self, datasets: str | None, name: str, revision: str, path: str) -> Answer:
        commit, files = self._at("dataset" if datasets else "model", name, revision)
        if path not in files:
            headers = {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit}
            return Answer({"error": "Entry not found"}, 404, headers)
        content = files[path]
        headers = {"X-Repo-Commit": commit, "ETag": f'"{git_hash(content)}"'}
        if path.endswith(LARGE):
            digest = sha256(content)
            headers |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
            return Answer(b"", 302, {**headers, "Location": f"{self.served.elsewhere}/content/{digest}"})
        return self._content(content, headers)

    def large(self, digest: str) -> Answer:
        if "authorization" in self.headers:
            self.served.unknown.append("a token that went to another host")
        return self._content(self.served.stored[digest], {"ETag": f'"{digest}"'})

    def _content(self, content: bytes, headers: dict[str, str]) -> Answer:
        content = self.fault.body(content) if self.fault.body else content
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None or not self.served.ranges:
            self.served.sent += len(content)
            return Answer(content, 200, headers)
        start, end = int(asked[1]), int(asked[2] or len(content) - 1)
        part = content[start : end + 1]
        self.served.sent += len(part)
        return Answer(part, 206, {**headers, "Content-Range": f"bytes {start}-{end}/{len(content)}"})

    def whoami(self) -> Answer:
        if "authorization" not in self.headers:
            return Answer({"error": "Invalid username or password."}, 401)
        return Answer({"type": "user", "name": "ada", "fullname": "Ada", "orgs": []})

    def valid(self) -> Answer:
        return Answer({"errors": [], "warnings": []})

    def nothing(self) -> Answer:
        return Answer({})

    def create(self) -> Answer:
        if "authorization" not in self.headers:
            return Answer({"error": "Invalid username or password."}, 401)
        asked = json.loads(self.content)
        name = f"{asked.get('organization') or 'ada'}/{asked['name']}"
        kind, url = asked.get("type") or "model", f"{self.served.url}/{name}"
        if (kind, name) in self.served.repos:
            return Answer({"error": "You already created this repo", "url": url}, 409)
        repo = self.served.repos[kind, name] = Repo(
            private=asked.get("private") or asked.get("visibility") == "private"
        )
        repo.commit({".gitattributes": b"*.safetensors filter=lfs\n"})
        return Answer({"url": url, "name": name, "id": name})

    def write(self, kind: str, name: str, what: str) -> Answer:
        files = dict(self._at(kind, name, "main")[1])
        if what == "preupload":
            asked = json.loads(self.content)["files"]
            return Answer({"files": [self._upload(file["path"], files.get(file["path"])) for file in asked]})
        for line in self.content.splitlines():
            step = json.loads(line)
            if step["key"] == "file":
                files[step["value"]["path"]] = base64.b64decode(step["value"]["content"])
            elif step["key"] == "lfsFile":
                files[step["value"]["path"]] = self.served.stored[step["value"]["oid"]]
        commit = self.served.repos[kind, name].commit(files)
        url = f"{self.served.url}/{name}/commit/{commit}"
        return Answer({"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})

    def _upload(self, path: str, there: bytes | None) -> dict[str, Any]:
        large = path.endswith(LARGE)
        row = {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}
        return row if there is None else {**row, "oid": (sha256 if large else git_hash)(there)}

    def batch(self, datasets: str | None, name: str) -> Answer:
        objects = []
        for asked in json.loads(self.content)["objects"]:
            upload = {"upload": {"href": f"{self.served.url}/upload/{asked['oid']}"}}
            objects.append({**asked, **({} if asked["oid"] in self.served.stored else {"actions": upload})})
        return Answer({"transfer": "basic", "objects": objects})

    def upload(self, digest: str) -> Answer:
        if sha256(self.content) != digest:
            return Answer({"error": "wrong content"}, 400)
        self.served.stored[digest] = self.content
        return Answer({})


_ROUTES: list[tuple[re.Pattern[str], Callable[..., Answer]]] = [
    (_TREE, _Handler.tree),
    (_INFO, _Handler.info),
    (_WRITE, _Handler.write),
    (_FILE, _Handler.file),
    (_BATCH, _Handler.batch),
    (re.compile(r"/content/([0-9a-f]{64})"), _Handler.large),
    (re.compile(r"/upload/([0-9a-f]{64})"), _Handler.upload),
    (re.compile(r"/api/whoami-v2"), _Handler.whoami),
    (re.compile(r"/api/validate-yaml"), _Handler.valid),
    (re.compile(r"/api/repos/create"), _Handler.create),
    (re.compile(r"/api/agent-harnesses"), _Handler.nothing),
]
Hub.handler = _Handler
