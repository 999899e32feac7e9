"""Read how people name a repository of the Hub or a model of Ollama: ids, addresses, revisions and tags."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from llmreg.schema.ids import hub_entry_id, is_hub_id

Kind = Literal["model", "dataset"]
_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/(?:api/)?|hf://(?=[^/])|hf:(?=[^/]+/)", re.IGNORECASE
)
_PAGES = re.compile(
    r"/(?:tree|blob|resolve|raw|commit|commits|discussions|viewer|revision)(?:/(?P<revision>[^/]+).*)?$"
)
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", re.ASCII)
_TAG = re.compile(
    r"(?P<host>ollama(?:_chat)?[:/])?(?P<model>[a-z0-9][\w.-]*)(?::(?P<tag>[\w.-]+))?", re.ASCII | re.IGNORECASE
)
_LATEST = "latest"
_LONGEST = 400


class Reference(NamedTuple):
    """A repository of the Hub that a text names."""

    hub_id: str
    kind: Kind | None = None
    """None where the text does not tell."""
    revision: str | None = None

    def entry_id(self, kind: Kind | None = None) -> str:
        """Return the id of the entry that stands for it; a revision that is named has an entry of its own."""
        at = f"+at-{self.revision}" if self.revision else ""
        return hub_entry_id(self.hub_id, self.kind or kind or "model") + at

    def __str__(self) -> str:
        """Return it as `import hub` takes it."""
        at = f"@{self.revision}" if self.revision else ""
        return f"{'datasets/' if self.kind == 'dataset' else ''}{self.hub_id}{at}"


def reference(text: str) -> Reference | None:
    """Return what `owner/name`, an address on the Hub or `hf://...` names, each perhaps with `@revision`.

    Return None for anything else: a name without an owner names a repository only in an address.
    """
    text = text.strip()
    if not text.isascii() or len(text) > _LONGEST:
        return None
    rest, addressed = _ADDRESS.subn("", text, count=1) if _ADDRESS.match(text) else (text, 0)
    rest = re.split(r"[?#]", rest)[0].strip("/") if addressed else rest
    rest, kind = _kind(rest)
    revision = None
    if addressed and (page := _PAGES.search(rest)):
        rest, revision = rest[: page.start()], page["revision"]
    rest, mark, at = rest.partition("@")
    if mark:
        at = at.partition("/")[0] if addressed else at
        revision = at
    if addressed and rest.count("/") > 1:  # a file in a repository
        rest = "/".join(rest.split("/")[:2])
    if not is_hub_id(rest) or not (addressed or "/" in rest) or (mark and not revision):
        return None
    if revision is not None and not _REVISION.fullmatch(revision):
        return None
    return Reference(rest, kind, revision if revision != "main" else None)


def _kind(path: str) -> tuple[str, Kind | None]:
    for word, kind in (("datasets/", "dataset"), ("models/", "model")):
        if path.lower().startswith(word) and path.count("/") >= 1:
            return path[len(word) :], kind  # type: ignore[return-value]
    return path, None


def ollama_aliases(text: str) -> list[str]:
    """Return the aliases under which the catalog has a tag of Ollama; `latest` is what no tag means.

    A name alone is no tag: it must be written with one, or with `ollama/` before it.
    """
    found = _TAG.fullmatch(text.strip())
    if not found or not (found["host"] or found["tag"]):
        return []
    model, tag = found["model"], found["tag"]
    return [f"ollama:{model}:{tag}"] if tag and tag != _LATEST else [f"ollama:{model}", f"ollama:{model}:{_LATEST}"]
