"""Read what lies on disk as a card: a model's or an adapter's folder, a file of weights, a README, the Hub's cache."""

from __future__ import annotations

import json
import re
import struct
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.importers.checkout import Checkout
from llmreg.importers.gguf import whole_metadata
from llmreg.importers.hub_cards import Card, front_matter
from llmreg.importers.record import Place, Skipped
from llmreg.schema.ids import is_hub_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llmreg.importers.hub_stated import Kind

_README, _CONFIG, _ADAPTER = "README.md", "config.json", "adapter_config.json"
_WEIGHTS = (".gguf", ".safetensors")
_CACHED = re.compile(r"(models|datasets)--(.+)")
_MOST = 100 * 1024 * 1024
"""Bytes of a header that safetensors itself takes at the most."""
_BASES = ("base_model_name_or_path", "base_model", "modelspec.base_model", "ss_sd_model_name", "ss_base_model_version")
_DATA = ("datasets", "dataset")


def local(path: Path) -> list[Card | Skipped]:
    """Return the cards of what lies at a path; nothing for what is no such thing, as a file of many cards is.

    Raises `LlmregError` for a file that is broken: what cannot be read would seem to say nothing.
    """
    if path.is_file():
        if path.name in (_CONFIG, _ADAPTER):
            return [_of_folder(path.parent)]
        weights = path.suffix.lower() in _WEIGHTS
        return [_of_folder(path.parent, path)] if weights or path.suffix.lower() == ".md" else []
    if not path.is_dir():
        return []
    if cached := [*_cached(path)]:
        return [_of_folder(each) for each in cached]
    if any((path / name).is_file() for name in (_README, _CONFIG, _ADAPTER)):
        return [_of_folder(path)]
    found = sorted(each for each in path.iterdir() if each.suffix.lower() in _WEIGHTS) if not _cards(path) else []
    return [_of_folder(path, found[0])] if found else []


def _cards(folder: Path) -> bool:
    return any(folder.glob("*/README.md")) or any(folder.glob("*/*/README.md"))


def _cached(path: Path) -> Iterator[Path]:
    """Yield the newest snapshot of each repository in a cache of the Hub, or in one repository's folder there."""
    folders = [path] if _CACHED.fullmatch(path.name) else [*path.iterdir()]
    for folder in sorted(each for each in folders if _CACHED.fullmatch(each.name) and (each / "snapshots").is_dir()):
        main = folder / "refs" / "main"
        commit = main.read_text(errors="replace").strip() if main.is_file() else ""
        there = sorted((each for each in (folder / "snapshots").iterdir() if each.is_dir()), key=_time)
        named = [each for each in there if each.name == commit]
        yield from (named or there)[-1:]


def _time(path: Path) -> float:
    return path.stat().st_mtime


def _named(folder: Path) -> tuple[str, Kind] | None:
    """Return the repository of which a folder is a snapshot in the Hub's cache."""
    place = folder.resolve().parts[-3:]
    found = _CACHED.fullmatch(place[0]) if len(place) == 3 and place[1] == "snapshots" else None
    name = found[2].replace("--", "/", 1) if found else ""
    if found is None or not is_hub_id(name):
        return None
    return name, "dataset" if found[1] == "datasets" else "model"


def _of_folder(folder: Path, file: Path | None = None) -> Card:
    """Return the card that the files of a folder make together, with what one file of weights says in its header."""
    named = _named(folder)
    readme = file if file and file.suffix.lower() == ".md" else folder / _README
    said, twice = front_matter(_text(readme)) if readme.is_file() else ({}, ())
    config = _object(folder / _CONFIG) if (folder / _CONFIG).is_file() else {}
    if (folder / _ADAPTER).is_file():
        config = {**config, "peft": _object(folder / _ADAPTER)}
    if not named and not said.get("base_model") and "peft" not in config:
        said = {**said, **_origin(config)}
    header = _header(file) if file and file != readme else {}
    value: dict[str, Any] = {"cardData": {**header, **said}, "config": config}
    value["tags"] = [*_tags(header, said)]
    place = Place(str(file or folder))
    if named:
        return Card(place, {**value, "id": named[0]}, twice, named[1])
    weights = file is not None and file != readme
    name = file.stem if file and weights else folder.resolve().name
    return Card(place, value, twice, "model" if weights or config else None, name)


def _origin(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the repository from which a model was loaded before it was trained and saved, as transformers notes it."""
    name = config.get("_name_or_path")
    return {"base_model": name} if isinstance(name, str) and "/" in name and is_hub_id(name) else {}


def _tags(header: Mapping[str, Any], said: Mapping[Any, Any]) -> Iterator[str]:
    """Yield as tags what a header says where the card says something too, so that neither hides the other."""
    for key, begin in (("license", "license:"), ("base_model", "base_model:"), ("datasets", "dataset:")):
        if key in header and key in said:
            values = header[key] if isinstance(header[key], list) else [header[key]]
            yield from (f"{begin}{value}" for value in values)


def _header(file: Path) -> dict[str, Any]:
    return _of_gguf(whole_metadata(file)) if file.suffix.lower() == ".gguf" else _of_safetensors(file)


def _of_gguf(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return as a card's fields what a GGUF header says: the license, what was converted, its bases and its data."""
    license_ = {
        key: said.get(f"general.{key.replace('_', '.')}") for key in ("license", "license_name", "license_link")
    }
    source = said.get("general.source.huggingface.repository") or said.get("general.source.repo_url")
    bases = [*([source] if source else []), *_numbered(said, "base_model")]
    data = said.get("general.datasets")
    data = [*(data if isinstance(data, list) else [data] if data else []), *_numbered(said, "dataset")]
    found = {"base_model": bases, "datasets": data, **license_}
    if source:
        found["base_model_relation"] = "quantized"
    return {key: value for key, value in found.items() if value}


def _numbered(said: Mapping[str, Any], what: str) -> Iterator[str]:
    """Yield what `general.base_model.0.*` and the like name: by address where there is one, else in words."""
    numbers = sorted({int(found[1]) for key in said if (found := re.match(rf"general\.{what}\.(\d{{1,6}})\.", key))})
    for number in numbers:
        begin = f"general.{what}.{number}."
        address = said.get(f"{begin}repo_url") or said.get(f"{begin}url")
        yield str(
            address or " ".join(str(said[each]) for each in (f"{begin}organization", f"{begin}name") if each in said)
        )


def _of_safetensors(file: Path) -> dict[str, Any]:
    with file.open("rb") as opened:
        head = opened.read(8)
        size = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        raw = opened.read(size) if 0 < size <= _MOST else b""
    try:
        said = json.loads(raw).get("__metadata__", {}) if len(raw) == size else None
    except (ValueError, AttributeError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise LlmregError(f"{file}: no whole header of safetensors; was the file cut off?")
    license_ = said.get("license") or said.get("modelspec.license")
    found = {
        "license": license_,
        "base_model": [said[key] for key in _BASES if said.get(key)],
        "datasets": [said[key] for key in _DATA if said.get(key)],
    }
    return {key: value for key, value in found.items() if value}


def _object(path: Path) -> dict[str, Any]:
    found = Checkout(path).json(path)
    if not isinstance(found, dict):
        raise LlmregError(f"{path}: should be a JSON object")
    return found


def _text(path: Path) -> str:
    return Checkout(path).text(path)
