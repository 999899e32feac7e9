"""XOR: a model's files as their bytes against those of the base, as Open Assistant distributed its LLaMA models.

The rule is that of LAION-AI/Open-Assistant@f1e6ed9 scripts/xor-codec/xor_codec.py: file by file of the same name, the
base filled up with zeros or cut to the length of the payload, `added_tokens.json` as it is. That script goes on after
any error in a file; here every file comes out or none.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import llmreg

_BLOCK = 2**20
_NOT_PAYLOAD = ("README.md", "LICENSE", "llmreg-delta.json")


class Xor(llmreg.Codec):
    """Tells each file as its bytes against those of the base's file of the same name."""

    name: ClassVar[str] = "xor"

    compressed: bool = False
    """Whether the payload's files are packed with gzip."""
    copied: tuple[str, ...] = ("added_tokens.json",)
    """Files that travel as they are."""

    def made(self, base: Path, whole: Path) -> Sequence[llmreg.Part]:
        """Return the payload; a file that the base has not must be among those that are copied."""
        return [self._part(path, base, pack=self.compressed) for path in self._files(whole, base)]

    def applied(self, base: Path, delta: Path) -> Sequence[llmreg.Part]:
        """Return the files of the whole model."""
        return [self._part(path, base, unpack=self.compressed) for path in self._files(delta, base)]

    def fingerprint(self, folder: Path, like: Path) -> str:
        """Return a hash of the base's files of the same names."""
        digest = hashlib.sha256()
        for path in self._files(like, folder):
            if path.name not in self.copied:
                with (folder / path.name).open("rb") as file:
                    digest.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
        return digest.hexdigest()

    def _files(self, folder: Path, base: Path) -> list[Path]:
        if not folder.is_dir() or not base.is_dir():
            raise llmreg.LlmregError(f"no folder {base if folder.is_dir() else folder}; give one with a model's files")
        files = [
            path
            for path in sorted(folder.iterdir())
            if path.is_file() and not path.name.startswith(".") and path.name not in _NOT_PAYLOAD
        ]
        missing = [path.name for path in files if path.name not in self.copied and not (base / path.name).is_file()]
        if missing or not files:
            what = f"{base} has no {', '.join(missing[:3])}" if missing else f"{folder} holds no files"
            raise llmreg.LlmregError(
                f"{what}; give the base in the very conversion that the payload was made from, which has files of the "
                "same names"
            )
        return files

    def _part(self, path: Path, base: Path, *, pack: bool = False, unpack: bool = False) -> llmreg.Part:
        if path.name in self.copied:
            return llmreg.Part(path.name, lambda: _plain(path), path.stat().st_size)
        size = None if pack or unpack else path.stat().st_size
        mixed = partial(_mixed, path, base / path.name, unpack=unpack)
        return llmreg.Part(path.name, partial(_packed, mixed) if pack else mixed, size)


def _plain(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _mixed(path: Path, base: Path, *, unpack: bool) -> Iterator[bytes]:
    import numpy as np

    with path.open("rb") as plain, base.open("rb") as ground:
        payload: Any = gzip.GzipFile(fileobj=plain) if unpack else plain
        while block := _read(payload, path):
            against = ground.read(len(block)).ljust(len(block), b"\0")
            yield (np.frombuffer(block, np.uint8) ^ np.frombuffer(against, np.uint8)).tobytes()


def _read(file: BinaryIO, path: Path) -> bytes:
    try:
        return file.read(_BLOCK)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise llmreg.LlmregError(f"{path} is damaged or cut off ({error}); fetch it again") from None


def _packed(mixed: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)  # gzip without a time in its head, so that equal files have equal hashes
    for piece in mixed():
        yield packer.compress(piece)
    yield packer.flush()


@llmreg.hookimpl
def register_codecs() -> list[type[llmreg.Codec]]:
    """Offer XOR."""
    return [Xor]
