"""A base whose weights lie in a folder, as a method asks for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class Folder:
    """A base whose weights lie in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, **options: Any) -> Any:
        import transformers

        return transformers.AutoModelForCausalLM.from_pretrained(self.path, **options).eval()

    def random(self, **options: Any) -> Any:
        import transformers

        config = transformers.AutoConfig.from_pretrained(self.path)
        return transformers.AutoModelForCausalLM.from_config(config, **options).eval()
