"""Groups and commands: help with whole sentences, `--debug` everywhere, and no option whose value is lost."""

from __future__ import annotations

import os
from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

from llmreg.cli.failures import DEBUG
from llmreg.cli.options import forget_catalogs
from llmreg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

F = TypeVar("F", bound="Callable[..., Any]")


def needs(other: str, *names: str) -> Callable[[F], F]:
    """Let a command refuse the parameters `names` where `other` is not given with them."""
    return _rule("needs", other, names)


def excludes(other: str, *names: str) -> Callable[[F], F]:
    """Let a command refuse the parameters `names` where `other` is given with them."""
    return _rule("excludes", other, names)


def _rule(kind: str, other: str, names: tuple[str, ...]) -> Callable[[F], F]:
    def keep(function: F) -> F:
        rules = vars(function).setdefault("rules", [])
        rules[:0] = [(kind, name, other) for name in names]
        return function

    return keep


class _Careful:
    """Refuses a command line on which a value would be lost, and knows `--debug`."""

    def make_parser(self, ctx: Any) -> Any:
        """Add `--debug`, which stands after any command."""
        parser = super().make_parser(ctx)  # type: ignore[misc]
        parser.add_option(obj=_DEBUG, opts=["--debug"], dest="debug", action="store_const", const=True, nargs=0)
        return parser

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Look through what was written, then parse it."""
        if not ctx.resilient_parsing:
            values, _, order = self.make_parser(ctx).parse_args(list(args))
            if values.get("debug"):
                os.environ[DEBUG] = "1"
            _refuse_repeated(order)
            _refuse_empty(order, values)
            given = {each.name: each for each in order if _is_given(each, values.get(each.name))}
            params = {each.name: each for each in self.get_params(ctx)}  # type: ignore[attr-defined]
            _refuse_apart(getattr(self.callback, "rules", ()), given, params)  # type: ignore[attr-defined]
        return super().parse_args(ctx, args)  # type: ignore[misc,no-any-return]


class _Debug:
    """Stands for `--debug` in the order of what was written."""

    name, param_type_name, is_flag, secondary_opts, multiple = "debug", "option", True, (), False


_DEBUG = _Debug()


def _is_given(param: Any, value: Any) -> bool:
    """Tell whether a parameter was written; a parser names arguments that are absent, too."""
    return param.param_type_name == "option" or (isinstance(value, str | list | tuple) and bool(value))


def _refuse_repeated(order: Iterable[Any]) -> None:
    """Raise `UsageError` for an option of one value that is written twice: the parser would keep the last."""
    for param, times in Counter(order).items():
        if times > 1 and param.param_type_name == "option" and not _bears_repeating(param):
            raise UsageError(f"{_named(param)} is written {times} times, and takes one value; leave the others out")


def _refuse_empty(order: Iterable[Any], values: dict[str, Any]) -> None:
    """Raise `UsageError` for an empty value: an option would be ignored, and a path read as the folder one is in."""
    for param in order:
        value = values.get(param.name)
        if "" in (value if isinstance(value, list | tuple) else [value]):
            raise UsageError(f"{_named(param)}: the value is empty; write one, or leave it out")


def _bears_repeating(param: Any) -> bool:
    """Tell whether an option may be written twice: it takes several values, or none and has no opposite."""
    return bool(param.multiple or (param.is_flag and not param.secondary_opts))


def _refuse_apart(rules: Iterable[tuple[str, str, str]], given: dict[str, Any], params: dict[str, Any]) -> None:
    """Raise `UsageError` for an option that would be ignored for want of another, or because of another."""
    for kind, name, other in rules:
        if name in given and (other in given) == (kind == "excludes"):
            this, that = _named(params[name]), _named(params[other])
            if kind == "excludes":
                raise UsageError(f"{this} and {that} exclude each other")
            raise UsageError(f"{this} goes with {that}; add {that}, or leave {this} out")


def _named(param: Any) -> str:
    """Give an option as it is written, in its longest form; an argument by its place in the help."""
    if param.param_type_name == "option":
        return "/".join(max(opts, key=len) for opts in (param.opts, param.secondary_opts) if opts)
    return str(param.metavar or param.human_readable_name)


class Command(_Careful, TyperCommand):
    """A command of this program."""


class Group(_Careful, TyperGroup):
    """Lists its commands with the whole first sentence of each, over several lines where it is long."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list; click itself would cut sentences off at the end of a line."""
        listed = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, _sentence(command)) for name, command in listed if not command.hidden])


def _sentence(command: Any) -> str:
    return str(command.get_short_help_str(len(command.help or "") + 1))


class _Places(dict[str, Any]):
    """Commands by name, each imported and built when it is first asked for: a command line uses one of them."""

    def __getitem__(self, name: str) -> Any:
        """Return the command that is called so."""
        found = super().__getitem__(name)
        if isinstance(found, str):
            module, _, function = found.partition(":")
            found = _built(name, getattr(import_module(module), function))
            self[name] = found
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """Return the command that is called so, or `default` where there is none."""
        return self[name] if name in self else default  # noqa: SIM401 - it is what `get` is made of

    def values(self) -> Any:
        """Return all commands, built."""
        return [self[name] for name in self]

    def items(self) -> Any:
        """Return all commands with their names, built."""
        return [(name, self[name]) for name in self]


def _built(name: str, command: App | Callable[..., Any]) -> Any:
    """Return the command that a function, or the group that an `App`, stands for."""
    if isinstance(command, App):
        group = typer.main.get_group(command)
        group.name = name
        return group
    alone = App(add_completion=False)
    alone.command(name)(command)
    return typer.main.get_command(alone)


def program(places: dict[str, str]) -> type[Group]:
    """Return the group of a program whose commands are `module:function`, a function or an `App`, by their names."""

    class Program(Group):
        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **settings)
            self.commands = _Places(places)

        def make_context(self, *args: Any, **settings: Any) -> Any:
            forget_catalogs()
            return super().make_context(*args, **settings)

    return Program


class App(typer.Typer):
    """A program, or a group of its commands, whose commands are all `Command`s."""

    def __init__(self, *, cls: type[Group] = Group, **settings: Any) -> None:
        """Take what `typer.Typer` takes."""
        # Help by rich would take as long to import as everything else together.
        super().__init__(cls=cls, **{"rich_markup_mode": None, "pretty_exceptions_enable": False, **settings})

    def command(self, name: str | None = None, **settings: Any) -> Callable[[F], F]:
        """Add a command, as `typer.Typer.command` does."""
        return super().command(name, cls=Command, **settings)
