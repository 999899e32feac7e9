"""Find plugins through entry points and gather the methods they offer; a broken plugin is reported, never fatal."""

from __future__ import annotations

import sys
from collections import defaultdict
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pluggy
from pydantic import ValidationError

from llmreg import hookspecs
from llmreg.errors import LlmregError, did_you_mean
from llmreg.method import Method

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

GROUP = "llmreg"
"""The entry-point group in which plugins announce their modules."""


@dataclass(frozen=True)
class Fault:
    """Why a plugin, or one method of it, cannot be used."""

    plugin: str
    """The name of the entry point."""
    distribution: str
    """The installed package, with its version."""
    message: str
    method: str | None = None
    """The method that is unavailable for it; none where it could be any."""

    def __str__(self) -> str:
        """Give the fault in one line."""
        return f"plugin {self.plugin!r} of {self.distribution}: {self.message}"


@dataclass(frozen=True)
class Offer:
    """A method with the plugin that offers it."""

    method: type[Method]
    plugin: str
    distribution: str
    version: str
    module: str

    def __str__(self) -> str:
        """Name the provider."""
        return f"plugin {self.plugin!r} of {self.distribution} {self.version}"


@dataclass(frozen=True)
class Plugins:
    """What the installed plugins offer, and what is wrong with some of them."""

    methods: Mapping[str, Offer]
    faults: tuple[Fault, ...]

    def method(self, name: str) -> type[Method]:
        """Give the method with this name.

        Raises `LlmregError` where no plugin offers it, with the faults that may be the reason.
        """
        if name in self.methods:
            return self.methods[name].method
        installed = ", ".join(self.methods) or "none; llmreg's own come with installing it, as by `pip install`"
        lines = [f"no plugin offers the method {name!r}{did_you_mean(name, self.methods)} (installed: {installed})"]
        lines += [f"  it may be missing because of {fault}" for fault in self.faults if fault.method in (None, name)]
        raise LlmregError("\n".join(lines))

    def build(self, name: str, settings: Mapping[str, Any]) -> Method:
        """Give the method `name` with these settings, which may be text as a command line gives it.

        Raises `LlmregError` that lists every setting that is wrong, and what would be right.
        """
        method = self.method(name)
        try:
            return method.model_validate(dict(settings))
        except ValidationError as error:
            raise LlmregError("\n".join(_explain(method, error))) from None


def load() -> Plugins:
    """Import every installed plugin and gather what it offers.

    Whatever a plugin prints while it is imported goes to standard error.
    """
    offers: list[Offer] = []
    faults: list[Fault] = []
    with redirect_stdout(sys.stderr):
        for entry_point in sorted(entry_points(group=GROUP), key=_order):
            found, wrong = _load_plugin(entry_point)
            offers += found
            faults += wrong
    methods, conflicts = _settle(offers)
    return Plugins(MappingProxyType(methods), (*faults, *conflicts))


class _PluginError(Exception):
    """Say why a plugin cannot be used at all."""


def _order(entry_point: EntryPoint) -> tuple[str, str]:
    return entry_point.name, _distribution(entry_point)[0]


def _distribution(entry_point: EntryPoint) -> tuple[str, str]:
    """Give the name and version of the installed package that announces the entry point."""
    return (entry_point.dist.name, entry_point.dist.version) if entry_point.dist else ("an unknown package", "")


def _load_plugin(entry_point: EntryPoint) -> tuple[list[Offer], list[Fault]]:
    distribution, version = _distribution(entry_point)
    provider = f"{distribution} {version}".strip()
    try:
        registered = _registered_by(entry_point)
    except _PluginError as error:
        return [], [Fault(entry_point.name, provider, str(error))]
    offers, faults = [], []
    for method in registered:
        if wrong := _what_is_wrong(method):
            faults.append(Fault(entry_point.name, provider, wrong))
        else:
            offers.append(Offer(method, entry_point.name, distribution, version, entry_point.module))
    return offers, faults


def _registered_by(entry_point: EntryPoint) -> list[Any]:
    """Import one plugin and ask it for its methods, in a manager of its own so that no plugin touches another."""
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
        raise _PluginError(f"{entry_point.value} implements no hook; mark `register_methods` with `@llmreg.hookimpl`")
    try:
        answers: list[Any] = manager.hook.register_methods()
    except (Exception, SystemExit) as error:
        raise _PluginError(f"register_methods failed: {_tell(error)}") from error
    if not all(isinstance(answer, list | tuple) for answer in answers):
        raise _PluginError("register_methods gives no list; let it give a list of subclasses of llmreg.Method")
    return [method for answer in answers for method in answer]


def _tell(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _unknown_hooks(manager: pluggy.PluginManager) -> str:
    """Name the hooks that a plugin implements and that do not exist, each with the nearest that does."""
    hooks = {name: caller for name, caller in vars(manager.hook).items() if not name.startswith("_")}
    known = [name for name, caller in hooks.items() if caller.has_spec()]
    return " and ".join(f"there is no hook {name!r}{did_you_mean(name, known)}" for name in hooks if name not in known)


def _what_is_wrong(method: Any) -> str | None:
    if not (isinstance(method, type) and issubclass(method, Method)):
        return f"{method!r} is no subclass of llmreg.Method"
    name = getattr(method, "name", None)
    if not (isinstance(name, str) and name):
        return f"{method.__name__} has no name; give it one, as in `name = {method.__name__.lower()!r}`"
    if missing := sorted(method.__abstractmethods__):
        return f"{method.__name__} does not define {', '.join(missing)}; llmreg.Method says what each must do"
    return None


def _settle(offers: Iterable[Offer]) -> tuple[dict[str, Offer], list[Fault]]:
    """Keep the names that one class has; where several want one, none gets it."""
    rivals: defaultdict[str, dict[type[Method], Offer]] = defaultdict(dict)
    for offer in offers:
        rivals[offer.method.name].setdefault(offer.method, offer)
    methods = {name: next(iter(claims.values())) for name, claims in sorted(rivals.items()) if len(claims) == 1}
    conflicts = [list(claims.values()) for claims in rivals.values() if len(claims) > 1]
    return methods, [_conflict(offer, claims) for claims in conflicts for offer in claims]


def _conflict(offer: Offer, claims: list[Offer]) -> Fault:
    others = " and ".join(str(other) for other in claims if other != offer)
    message = f"offers the method {offer.method.name!r}, as does {others}; neither is used: uninstall or rename one"
    return Fault(offer.plugin, f"{offer.distribution} {offer.version}", message, method=offer.method.name)


def _explain(method: type[Method], error: ValidationError) -> list[str]:
    """Turn what pydantic found into one line a setting."""
    settings = list(method.model_fields)
    faults: defaultdict[str, list[ErrorDetails]] = defaultdict(list)
    for fault in error.errors():
        faults[str(fault["loc"][0]) if fault["loc"] else ""].append(fault)
    lines = []
    for setting, wrongs in faults.items():
        where = f"method {method.name!r}, setting {setting!r}" if setting else f"method {method.name!r}"
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
