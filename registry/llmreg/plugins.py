"""Find plugins through entry points and gather what they offer; a broken plugin is reported, never fatal."""

from __future__ import annotations

import sys
from collections import defaultdict
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy
from pydantic import ValidationError

from llmreg import __version__, hookspecs
from llmreg.codec import Codec
from llmreg.errors import LlmregError, did_you_mean
from llmreg.maker import Maker
from llmreg.method import Method
from llmreg.objective import Objective
from llmreg.schema.base import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic_core import ErrorDetails

    from llmreg.training.formats.reader import Reader

Settled = TypeVar("Settled", Method, Objective, Maker, Codec)

GROUP = "llmreg"
"""The entry-point group in which plugins announce their modules."""
OWN = EntryPoint("llmreg", "llmreg.builtin", GROUP)
"""What the core itself offers; it needs no announcement."""
CLASSES: Mapping[str, type[Strict]] = {"method": Method, "objective": Objective, "maker": Maker, "codec": Codec}
"""What is offered as subclasses of a class, by its kind; readers are offered by name."""
KINDS = (*CLASSES, "reader")


@dataclass(frozen=True)
class Fault:
    """Why a plugin, or one thing that it offers, cannot be used."""

    plugin: str
    """The name of the entry point."""
    distribution: str
    """The installed package, with its version."""
    message: str
    kind: str | None = None
    name: str | None = None
    """The method, objective, maker, codec or reader that is unavailable for it; none where it could be any."""

    def __str__(self) -> str:
        """Give the fault in one line."""
        return f"plugin {self.plugin!r} of {self.distribution}: {self.message}"


@dataclass(frozen=True)
class Offer:
    """A method, an objective, a maker, a codec or a reader, with the plugin that offers it."""

    kind: str
    name: str
    thing: Any
    plugin: str
    distribution: str
    version: str
    module: str

    @property
    def method(self) -> type[Method]:
        """The class, of an offer of a method."""
        assert self.kind == "method"  # noqa: S101
        found: type[Method] = self.thing
        return found

    def __str__(self) -> str:
        """Name the provider."""
        return f"plugin {self.plugin!r} of {self.distribution} {self.version}"


@dataclass(frozen=True)
class Plugins:
    """What the installed plugins offer, and what is wrong with some of them."""

    methods: Mapping[str, Offer] = field(default_factory=dict)
    objectives: Mapping[str, Offer] = field(default_factory=dict)
    makers: Mapping[str, Offer] = field(default_factory=dict)
    codecs: Mapping[str, Offer] = field(default_factory=dict)
    readers: Mapping[str, Offer] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def method(self, name: str) -> type[Method]:
        """Give the method with this name.

        Raises `LlmregError` where no plugin offers it, with the faults that may be the reason.
        """
        found: type[Method] = self._find("method", name, self.methods)
        return found

    def build(self, name: str, settings: Mapping[str, Any]) -> Method:
        """Give the method `name` with these settings, which may be text as a command line gives it.

        Raises `LlmregError` that lists every setting that is wrong, and what would be right.
        """
        return _built("method", self.method(name), settings)

    def objective(self, name: str, settings: Mapping[str, Any]) -> Objective:
        """Give the objective `name` with these settings, as `build` gives a method."""
        found: type[Objective] = self._find("objective", name, self.objectives)
        return _built("objective", found, settings)

    def maker(self, name: str, settings: Mapping[str, Any]) -> Maker:
        """Return the maker `name` with these settings, as `build` returns a method."""
        found: type[Maker] = self._find("maker", name, self.makers)
        return _built("maker", found, settings)

    def codec(self, name: str, settings: Mapping[str, Any]) -> Codec:
        """Return the codec `name` with these settings, as `build` returns a method."""
        found: type[Codec] = self._find("codec", name, self.codecs)
        return _built("codec", found, settings)

    def reader(self, name: str) -> Reader:
        """Give the reader with this name, as `method` gives a method."""
        found: Reader = self._find("reader", name, self.readers)
        return found

    def _find(self, kind: str, name: str, offers: Mapping[str, Offer]) -> Any:
        if name in offers:
            return offers[name].thing
        installed = ", ".join(offers) or "none; llmreg's own come with installing it, as by `pip install`"
        lines = [f"no plugin offers the {kind} {name!r}{did_you_mean(name, offers)} (installed: {installed})"]
        lines += [
            f"  it may be missing because of {fault}"
            for fault in self.faults
            if (fault.kind, fault.name) in ((None, None), (kind, None), (kind, name))
        ]
        raise LlmregError("\n".join(lines))


def load() -> Plugins:
    """Import every installed plugin and gather what it offers.

    Whatever a plugin prints while it is imported goes to standard error.
    """
    offers: list[Offer] = []
    faults: list[Fault] = []
    with redirect_stdout(sys.stderr):
        for entry_point in (OWN, *sorted(entry_points(group=GROUP), key=_order)):
            found, wrong = _load_plugin(entry_point)
            offers += found
            faults += wrong
    settled = {kind: _settle([offer for offer in offers if offer.kind == kind]) for kind in KINDS}
    methods, objectives, makers, codecs, readers = (MappingProxyType(settled[kind][0]) for kind in KINDS)
    conflicts = [fault for _, found in settled.values() for fault in found]
    return Plugins(methods, objectives, makers, codecs, readers, (*faults, *conflicts))


class _PluginError(Exception):
    """Say why a plugin cannot be used at all."""


def _order(entry_point: EntryPoint) -> tuple[str, str]:
    return entry_point.name, _distribution(entry_point)[0]


def _distribution(entry_point: EntryPoint) -> tuple[str, str]:
    """Give the name and version of the installed package that announces the entry point."""
    if entry_point is OWN:
        return "llmreg", __version__
    return (entry_point.dist.name, entry_point.dist.version) if entry_point.dist else ("an unknown package", "")


def _load_plugin(entry_point: EntryPoint) -> tuple[list[Offer], list[Fault]]:
    distribution, version = _distribution(entry_point)
    provider = f"{distribution} {version}".strip()
    try:
        registered = _registered_by(entry_point)
    except _PluginError as error:
        return [], [Fault(entry_point.name, provider, str(error))]
    offers, faults = [], []
    for kind, name, thing in registered:
        if wrong := _what_is_wrong(kind, name, thing):
            faults.append(Fault(entry_point.name, provider, wrong))
        else:
            known = name or thing.name
            offers.append(Offer(kind, known, thing, entry_point.name, distribution, version, entry_point.module))
    return offers, faults


def _registered_by(entry_point: EntryPoint) -> list[tuple[str, str, Any]]:
    """Import one plugin and ask it for all it offers, in a manager of its own so that no plugin touches another.

    Each thing comes with its kind, and with its name where the plugin says that apart.
    """
    try:
        plugin = entry_point.load()
    except (Exception, SystemExit) as error:
        raise _PluginError(f"{entry_point.value} does not import: {_tell(error)}") from error
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin, name=entry_point.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise _PluginError(_unknown_hooks(manager) or " ".join(str(error).split())) from error
    if not manager.get_hookcallers(plugin):
        others = " or ".join(f"`register_{kind}s`" for kind in KINDS[1:])
        mark = f"mark `register_methods` with `@llmreg.hookimpl`, or {others}"
        raise _PluginError(f"{entry_point.value} implements no hook; {mark}")
    return [found for kind in KINDS for found in _answers(manager, kind)]


def _answers(manager: pluggy.PluginManager, kind: str) -> Iterator[tuple[str, str, Any]]:
    hook = f"register_{kind}s"
    try:
        answers: list[Any] = getattr(manager.hook, hook)()
    except (Exception, SystemExit) as error:
        raise _PluginError(f"{hook} failed: {_tell(error)}") from error
    for answer in answers:
        if kind in CLASSES and not isinstance(answer, list | tuple):
            raise _PluginError(f"{hook} gives no list; let it give a list of subclasses of llmreg.{kind.title()}")
        if kind not in CLASSES and not isinstance(answer, dict):
            raise _PluginError(f"{hook} gives no dict; let it give each {kind} under its name")
        yield from ((kind, "", each) for each in answer) if kind in CLASSES else _named(kind, answer)


def _named(kind: str, answer: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    return ((kind, name, thing) for name, thing in answer.items())


def _tell(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _unknown_hooks(manager: pluggy.PluginManager) -> str:
    """Name the hooks that a plugin implements and that do not exist, each with the nearest that does."""
    hooks = {name: caller for name, caller in vars(manager.hook).items() if not name.startswith("_")}
    known = [name for name, caller in hooks.items() if caller.has_spec()]
    return " and ".join(f"there is no hook {name!r}{did_you_mean(name, known)}" for name in hooks if name not in known)


def _what_is_wrong(kind: str, name: Any, thing: Any) -> str | None:
    if kind not in CLASSES:
        if not (isinstance(name, str) and name):
            return f"{name!r} is no name of a {kind}"
        whole = callable(getattr(thing, "rows", None)) and hasattr(thing, "gives")
        return None if whole else f"{name!r} is {thing!r}, no llmreg.Reader"
    parent = CLASSES[kind]
    if not (isinstance(thing, type) and issubclass(thing, parent)):
        return f"{thing!r} is no subclass of llmreg.{parent.__name__}"
    own = getattr(thing, "name", None)
    if not (isinstance(own, str) and own):
        return f"{thing.__name__} has no name; give it one, as in `name = {thing.__name__.lower()!r}`"
    if missing := sorted(thing.__abstractmethods__):
        what = ", ".join(missing)
        return f"{thing.__name__} does not define {what}; llmreg.{parent.__name__} says what each must do"
    return None


def _settle(offers: Iterable[Offer]) -> tuple[dict[str, Offer], list[Fault]]:
    """Keep the names that one thing has; where several want one, none gets it."""
    rivals: defaultdict[str, list[Offer]] = defaultdict(list)
    for offer in offers:
        if not any(offer.thing is other.thing for other in rivals[offer.name]):
            rivals[offer.name].append(offer)
    kept = {name: claims[0] for name, claims in sorted(rivals.items()) if len(claims) == 1}
    conflicts = [claims for claims in rivals.values() if len(claims) > 1]
    return kept, [_conflict(offer, claims) for claims in conflicts for offer in claims]


def _conflict(offer: Offer, claims: Sequence[Offer]) -> Fault:
    others = " and ".join(str(other) for other in claims if other != offer)
    message = f"offers the {offer.kind} {offer.name!r}, as does {others}; neither is used: uninstall or rename one"
    return Fault(offer.plugin, f"{offer.distribution} {offer.version}", message, offer.kind, offer.name)


def _built(kind: str, offered: type[Settled], settings: Mapping[str, Any]) -> Settled:
    """Fill in the settings."""
    try:
        return offered.model_validate(dict(settings))
    except ValidationError as error:
        raise LlmregError("\n".join(_explain(kind, offered, error))) from None


def _explain(kind: str, offered: type[Method | Objective | Maker | Codec], error: ValidationError) -> list[str]:
    """Turn what pydantic found into one line a setting."""
    settings = list(offered.model_fields)
    faults: defaultdict[str, list[ErrorDetails]] = defaultdict(list)
    for fault in error.errors():
        faults[str(fault["loc"][0]) if fault["loc"] else ""].append(fault)
    lines = []
    for setting, wrongs in faults.items():
        where = f"{kind} {offered.name!r}, setting {setting!r}" if setting else f"{kind} {offered.name!r}"
        if wrongs[0]["type"] == "extra_forbidden":
            known = ", ".join(settings) or "none"
            lines.append(f"{where}: no such setting{did_you_mean(setting, settings)} (it has {known})")
        elif setting and wrongs[0]["type"] != "missing":
            messages = " or ".join(dict.fromkeys(_message(wrong) for wrong in wrongs))
            lines.append(f"{where}: {messages}, not {wrongs[0]['input']!r}")
        else:
            lines.append(f"{where}: {_message(wrongs[0])}")
    return lines


def _message(fault: ErrorDetails) -> str:
    text = fault["msg"].removeprefix("Value error, ")
    return text[0].lower() + text[1:]
