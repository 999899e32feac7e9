"""What a repository on the Hub is called and where it lies, on the Hub and in huggingface_hub's cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

BRANCH = "main"
"""The revision that is meant where none is named."""


@dataclass(frozen=True)
class Repository:
    """A repository at a revision: a commit (40 hexadecimal digits) or a branch."""

    id: str
    """`owner/name`."""
    kind: Literal["model", "dataset"] = "model"
    revision: str = BRANCH

    def __str__(self) -> str:
        """Give its name for messages."""
        return f"{'the dataset ' if self.kind == 'dataset' else ''}{self.id}"

    @property
    def pinned(self) -> bool:
        """Tell whether the revision is a commit, which never changes."""
        return len(self.revision) == 40 and set(self.revision) <= set("0123456789abcdef")

    @property
    def page(self) -> str:
        """Give the address of its page, where terms are read and accepted."""
        from huggingface_hub import constants

        return f"{constants.ENDPOINT}/{'datasets/' if self.kind == 'dataset' else ''}{self.id}"

    @property
    def api(self) -> str:
        """Return the address at which the Hub lists its files."""
        from huggingface_hub import constants

        revision = quote(self.revision, safe="")
        return f"{constants.ENDPOINT}/api/{self.kind}s/{quote(self.id)}/revision/{revision}?blobs=true"

    @property
    def instead(self) -> str:
        """Give the option that takes local files in its place."""
        return "--data FILE" if self.kind == "dataset" else "--base DIR"

    @property
    def cache(self) -> Path:
        """Give its folder in huggingface_hub's cache (`HF_HOME`, `HF_HUB_CACHE`), which may not exist yet."""
        from huggingface_hub import constants
        from huggingface_hub.file_download import repo_folder_name

        return Path(constants.HF_HUB_CACHE).expanduser() / repo_folder_name(repo_id=self.id, repo_type=self.kind)
