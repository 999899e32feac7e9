"""Read cards of the Hub: JSON lines, JSON documents, a folder of cards with front matter, or the Hub itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from llmreg.errors import LlmregError
from llmreg.importers.checkout import MAX_BYTES, Checkout
from llmreg.importers.hub_stated import Kind
from llmreg.importers.record import Place, Skipped

LIVE = "live"
"""The path that stands for the Hub itself."""
_KEPT_TWICE = ("base_model", "datasets")
"""Keys of which every value counts where one is written twice: what a model is made from never vanishes."""
_WANTED = "a card is a JSON object with `id` and `cardData`"


class Card(NamedTuple):
    """One card, where it stands, and the keys that it writes twice."""

    place: Place
    value: Mapping[str, Any]
    twice: tuple[str, ...] = ()
    kind: Kind | None = None
    """What it is the card of; None where only its fields tell."""
    local: str | None = None
    """The name of a folder or file on this machine that it is about; None for a repository of the Hub."""
    entry_id: str | None = None
    """The id of its entry, where that is not made from the name, as at another revision."""


def cards(path: Path) -> Iterator[Card | Skipped]:
    """Give every card, and every row that cannot be read with the reason.

    Raises `LlmregError` for a file of which no row can be read or that ends inside a row, and `UsageError` where there
    is neither file nor folder.
    """
    if str(path) == LIVE:
        return _live()
    from llmreg.importers.hub_local import local

    if found := local(path):
        return iter(found)
    return _folder(Checkout(path)) if path.is_dir() else _file(Checkout(path))


def _file(checkout: Checkout) -> Iterator[Card | Skipped]:
    """Give the cards of a file: one in a line, or one or a list of them as a JSON document."""
    document = None if _begins_with_a_line(checkout) else _document(checkout)
    found = 0
    for item in _lines(checkout) if document is None else document:
        found += isinstance(item, Card)
        yield item
    if not found:
        raise LlmregError(f"{checkout.path}:1: {_WANTED}; the file holds none")


def _begins_with_a_line(checkout: Checkout) -> bool:
    """Tell whether the first row is an object by itself, or one that is too long or broken; a list never is."""
    first = next((line for _, line in checkout.rows(checkout.path) if not isinstance(line, str) or line.strip()), "")
    if isinstance(first, str):
        return isinstance(_parsed(first)[0], dict)
    with checkout.path.open("rb") as file:
        return not file.read(1000).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _document(checkout: Checkout) -> list[Card | Skipped] | None:
    """Give the cards of a file of JSON values over several lines, lists taken apart; nothing where it is none."""
    if checkout.path.stat().st_size > MAX_BYTES:
        return None
    try:
        text = checkout.text(checkout.path).removeprefix("\ufeff").strip()
    except LlmregError:
        return None
    values: list[tuple[Any, tuple[str, ...]]] = []
    while text:
        value, twice, rest = _first(text)
        if not isinstance(value, dict | list):
            return None
        values += [(one, twice) for one in (value if isinstance(value, list) else [value])]
        text = rest
    name = checkout.name(checkout.path)
    return [
        Card(place, one, twice) if isinstance(one, dict) else Skipped(place, "wrong-shape", _WANTED)
        for number, (one, twice) in enumerate(values, 1)
        for place in [Place(name, f"card {number}")]
    ]


def _lines(checkout: Checkout) -> Iterator[Card | Skipped]:
    """Give the card of each line; the first row that cannot be read ends all where none before it or after it can."""
    bad: list[Skipped] = []
    good = False
    name = checkout.name(checkout.path)
    for number, line in checkout.rows(checkout.path):
        if isinstance(line, str) and not line.strip():
            continue
        value, twice = _parsed(line) if isinstance(line, str) else (line, ())
        place = Place(name, f"line {number}")
        if isinstance(value, dict):
            yield from bad
            bad, good = [], True
            yield Card(place, value, twice)
            continue
        where = f"{checkout.path}:{number}"
        if isinstance(value, ValueError) and isinstance(line, str) and not line.endswith("\n"):
            raise LlmregError(f"{where}: not a line of JSON; was the file cut off?")
        skip = Skipped(
            place, "wrong-shape", str(value).removeprefix(f"{where}: ") if isinstance(value, Exception) else _WANTED
        )
        if good:
            yield skip
        else:
            bad.append(skip)
    if bad:
        raise LlmregError(f"{checkout.path}:{str(bad[0].place.locator).removeprefix('line ')}: {bad[0].detail}")


def _parsed(text: str) -> tuple[Any, tuple[str, ...]]:
    """Give the value of a JSON text and the keys that are written twice in it; what is none comes back as its fault."""
    value, twice, rest = _first(text)
    return (ValueError("not a line of JSON: more stands behind its end"), ()) if rest else (value, twice)


def _first(text: str) -> tuple[Any, tuple[str, ...], str]:
    """Give the first value of a JSON text, the keys that are written twice in it, and the rest of the text."""
    text = text.strip()
    _twice.clear()
    try:
        value, end = _decoder.raw_decode(text)
    except json.JSONDecodeError as error:
        return ValueError(f"not a line of JSON: {error.msg} at column {error.colno}"), (), ""
    except (RecursionError, ValueError) as error:
        return ValueError(f"not a line of JSON: {error}"), (), ""
    return value, tuple(_twice), text[end:].strip()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Take the last of the values of a key, and note that it is written twice."""
    value = dict(pairs)
    if len(value) < len(pairs):
        for key in value:
            if len(found := [item for name, item in pairs if name == key]) > 1:
                _twice.append(key)
                value[key] = found if key in _KEPT_TWICE else found[-1]
    return value


_twice: list[str] = []
_decoder = json.JSONDecoder(object_pairs_hook=_once)
"""One for all lines, since making one takes longer than reading a line; it notes in `_twice` what stands twice."""


def _folder(checkout: Checkout) -> Iterator[Card | Skipped]:
    """Give the cards of a folder, `owner/name/README.md` or `name/README.md`."""
    inside = checkout.root.resolve()
    found = sorted({path for pattern in ("*/README.md", "*/*/README.md") for path in checkout.root.glob(pattern)})
    if not found:
        raise LlmregError(
            f"{checkout.path}: holds no owner/name/README.md, and is no folder of a model (README.md, config.json, "
            "adapter_config.json); give one of these"
        )
    for path in found:
        place = Place(checkout.name(path))
        try:
            if not path.resolve().is_relative_to(inside):
                raise LlmregError("a link that leads out of the folder; replace it by the file")
            said, twice = front_matter(checkout.text(path))
        except (LlmregError, OSError) as error:
            yield Skipped(place, "wrong-shape", str(error).removeprefix(f"{path}: "))
        else:
            yield Card(place, {"id": place.path.removesuffix("/README.md"), "cardData": said}, twice)


def front_matter(text: str) -> tuple[dict[Any, Any], tuple[str, ...]]:
    """Return the metadata at the head of a card as the Hub's library reads it, and the keys that it writes twice.

    A card without any has none. Raises `LlmregError` for metadata that the library refuses.
    """
    from huggingface_hub.repocard import REGEX_YAML_BLOCK

    found = REGEX_YAML_BLOCK.search(text.removeprefix("\ufeff"))
    if not found:
        return {}, ()
    twice: list[str] = []
    try:
        value = _load(found[2], twice.append)
    except Exception as error:  # yaml's constructors let through whatever Python raises for an odd number or date
        raise LlmregError(f"its metadata is not valid YAML: {_short(error)}") from None
    if value is not None and not isinstance(value, dict):
        raise LlmregError(f"its metadata should be a mapping of fields, is {type(value).__name__}")
    return value or {}, tuple(twice)


def _load(text: str, on_twice: Callable[[str], None]) -> Any:
    loader = _Loader(text)
    loader.on_twice = on_twice
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """Reads as `yaml.safe_load`, the last of two equal keys, and tells of them."""

    on_twice: Callable[[str], None]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Keep every value of a key that tells what a model is made from."""
        written: dict[str, list[Any]] = {}
        for key, item in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                written.setdefault(key.value, []).append((key, item))
        for name, pairs in written.items():
            if len(pairs) > 1:
                self.on_twice(name)
                if name in _KEPT_TWICE:
                    every = yaml.SequenceNode("tag:yaml.org,2002:seq", [item for _, item in pairs])
                    node.value = [pair for pair in node.value if pair not in pairs] + [(pairs[0][0], every)]
        return super().construct_mapping(node, deep)


def _short(error: Exception) -> str:
    """Say an error on one line."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = getattr(error, "problem", None) or str(error) or type(error).__name__
    return f"{' '.join(str(said).split())[:200]}{f' at line {mark.line + 2}' if mark else ''}"


def _live() -> Iterator[Card | Skipped]:
    """Ask the Hub itself, page by page; raise `LlmregError` where it cannot be reached."""
    from llmreg.hub.pages import rows

    try:
        for found in rows("models", {"full": "True", "cardData": "True"}, say=lambda _: None):
            yield Card(Place("the Hub", str(found.get("id"))), found)
    except LlmregError as error:
        raise LlmregError(f"the Hub could not be read: {error}") from None
