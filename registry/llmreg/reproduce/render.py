"""How plans and runs are shown: in a terminal through rich, in a notebook as the same text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.licensing.render import as_text, colored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.console import Group, RenderableType
    from rich.table import Table

    from llmreg.licensing import Answer
    from llmreg.reproduce.plan import Plan, Taken
    from llmreg.reproduce.record import Comparison, Run
    from llmreg.uses import Use

_NOTEBOOK_WIDTH = 110
_CHECKS = {"held": "green", "inconclusive": "yellow", "FAILED": "bold red"}
_OUTCOMES = {"reproduced": "green", "not reproduced": "red", "not comparable": "yellow"}


def plan_in_full(plan: Plan) -> Group:
    """Show what a full run would do and need, with what was published beside it."""
    from rich.console import Group

    return Group(license_line(plan.id, plan.verdict, plan.use), work(plan))


def license_line(entry_id: str, verdict: Answer, use: Use) -> RenderableType:
    """Show the verdict that goes before all work."""
    return _line(f"[bold]{_escape(entry_id)}[/] for {use} use: {colored(verdict)}")


def work(plan: Plan) -> Group:
    """Show the plan without its license line."""
    from rich.console import Group

    return Group(*_work(plan))


def _work(plan: Plan) -> Iterator[RenderableType]:
    from llmreg.reproduce.reach import published

    counts, recipe = plan.counts, plan.recipe
    starts = f"from {plan.base}" if plan.base else "from random weights"
    aim = f", objective {recipe.objective['name']}" if recipe.objective else ""
    yield _line(f"method: {_escape(recipe.method)} {_escape(starts)}{_escape(aim)}")
    share = f"{counts.trained / counts.base:.3%}"
    yield _line(f"parameters: {counts.base:,} in the base, {counts.trained:,} train ({share})")
    aims = {f"objective.{name}": value for name, value in recipe.objective.items() if name != "name"}
    settings = {**recipe.settings, **aims, **_stated(recipe.training), **_stated(recipe.data, "datasets")}
    yield _line(_escape(f"settings: {', '.join(map(_setting, settings, settings.values()))}"))
    if len(plan.datasets) > 1:
        yield from _list("data, one dataset after the other", map(_taken, plan.datasets))
    if plan.steps:
        tokens = f", at most {plan.tokens_at_most:,} tokens" if plan.tokens_at_most else ""
        yield _line(f"length: {plan.steps:,} steps of {recipe.training.batch_size} sequences{tokens}")
    yield _memory(plan)
    yield _line(_escape(f"published: {published(plan.hardware)}"))
    for result in plan.published:
        band = f" ± {result.tolerance:g}" if result.tolerance else ""
        yield _line(_escape(f"result: {result.benchmark} {result.metric} {result.value:g}{band} {result.unit}"))
    yield from _list("assumed", (f"{name} = {value}" for name, value in recipe.assumed.items()))
    yield from _list("unknown", (name for name in plan.unknown if name not in recipe.assumed))
    yield from _list(
        "sources disagree",
        (f"{each.about}: {' / '.join(said.value for said in each.says)}" for each in plan.disagreements),
    )
    yield from _list("noted of the recipe", plan.notes)


def _memory(plan: Plan) -> Table:
    from llmreg.reproduce.plan import GIB

    table = _table("memory", "GiB")
    table.columns[1].justify = "right"
    for part, size in plan.memory.items():
        table.add_row(part, "unknown" if part in plan.uncounted else f"{size / GIB:.2f}")
    least = ", at least" if plan.uncounted else ""
    table.add_row(f"[bold]together{least}[/]", f"[bold]{plan.peak / GIB:.2f}[/]")
    return table


def run_in_full(run: Run) -> Group:
    """Show how a run came out: invariants, the published figures beside its own, and what was assumed."""
    from rich.console import Group

    return Group(*_run(run))


def _run(run: Run) -> Iterator[RenderableType]:
    from llmreg.training.formats.reader import times

    length = f"{run.steps} steps, {run.tokens or 0:,} tokens, {run.seconds or 0:.0f} s"
    yield _line(f"[bold]{run.kind} of {_escape(run.id)}[/]: {length if run.steps else run.status}")
    if len(run.data) > 1:
        yield from _list("data", (f"{one.id}: {one.rows:,} rows, {one.held_out:,} held back" for one in run.data))
    yield from _list("when rows became tokens", (times(count, what) for what, count in run.encoding.items()))
    for check in run.checks:
        style = _CHECKS[check.outcome]
        yield _line(f"  [{style}]{check.outcome}[/]  {_escape(check.name)}: {_escape(check.detail)}")
    yield from _pairs("scaled", (f"{name} {old} -> {new}" for name, (old, new) in run.scaled.items()))
    assumed = (f"{name} = {value}" for name, value in run.recipe.assumed.items())
    yield from _pairs("assumed, because nobody published them", assumed)
    yield from comparisons(run.comparisons)
    if run.artifact_sha256:
        yield _line(f"artifact {run.artifact_sha256}")


def comparisons(rows: Sequence[Comparison]) -> Iterator[RenderableType]:
    """Show published figures beside own ones: value, tolerance and verdict in a table, and below it why."""
    if rows:
        yield _comparisons(rows)
    reasons: dict[str, list[str]] = {}
    for row in rows:
        reasons.setdefault(row.why, []).append(f"{row.benchmark} {row.metric}")
    for why, of in reasons.items():
        yield _line(_escape(f"  {', '.join(of)}: {why}" if len(reasons) > 1 else f"  {why}"))


def _comparisons(rows: Sequence[Comparison]) -> Table:
    table = _table("benchmark", "metric", "published", "here", "outcome")
    for row in rows:
        band = f" ± {row.tolerance:g}" if row.tolerance else ""
        here = "-" if row.measured is None else f"{row.measured:g}"
        outcome = f"[{_OUTCOMES[row.outcome]}]{row.outcome}[/]"
        metric = f"{row.metric} ({row.unit})"
        table.add_row(_escape(row.benchmark), _escape(metric), f"{row.published:g}{band}", here, outcome)
    return table


def runs_table(runs: Mapping[str, Run]) -> RenderableType:
    """Show a row for each run, by its name."""
    if not runs:
        return _line("no runs yet; `llmreg reproduce nano-qlora` makes one")
    table = _table("run", "kind", "status", "started", "figure", "outcome")
    for name, run in runs.items():
        figures = [f"{row.metric} {row.measured:g}" for row in run.comparisons if row.measured is not None]
        outcome = "[red]failed[/]" if run.outcome == "failed" else run.outcome
        started = run.started[:16].replace("T", " ")
        table.add_row(_escape(name), run.kind, run.status, started, _escape(", ".join(figures)), outcome)
    return table


def as_html(shown: Any) -> str:
    """Give what a terminal shows as preformatted text, without colors: readable on light and on dark ground."""
    from html import escape

    style = "overflow-x:auto;line-height:1.35;color:inherit;background:none"
    return f'<pre style="{style}">{escape(as_text(shown, _NOTEBOOK_WIDTH))}</pre>'


def _list(heading: str, items: Iterable[str]) -> Iterator[RenderableType]:
    for index, item in enumerate(items):
        if not index:
            yield _line(f"[bold]{heading}[/]")
        yield _line(_escape(f"  - {item}"))


def _pairs(heading: str, items: Iterable[str]) -> Iterator[RenderableType]:
    if told := "; ".join(items):
        yield _line(_escape(f"{heading}: {told}"))


def _table(*head: str) -> Table:
    from rich.table import Table

    return Table(*head, box=None, header_style="bold", pad_edge=False)


def _stated(settings: Any, *but: str) -> dict[str, Any]:
    stated: dict[str, Any] = settings.model_dump(exclude_none=True, exclude=set(but))
    return stated


def _taken(data: Taken) -> str:
    rows = f"{data.rows:,} rows" if data.rows else "rows not stated"
    return f"{data.id}: {rows}, {data.fraction:.0%} of them, reader {data.reader or 'none'}"


def _setting(name: str, value: Any) -> str:
    return f"{name} {value:g} of learning_rate" if name == "min_learning_rate" else f"{name} {value}"


def _line(markup: str) -> RenderableType:
    """Read markup as text that no console colors further, whatever numbers and paths are in it."""
    from rich.text import Text

    return Text.from_markup(markup)


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)
