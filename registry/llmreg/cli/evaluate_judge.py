"""`llmreg evaluate judge`: have a model compare systems' answers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmreg.cli.groups import needs
from llmreg.cli.options import (
    CatalogOption,
    JsonOption,
    LicenseeOption,
    PolicyOption,
    UseOption,
    console,
    echo,
    entry_named,
    licensee_of,
    open_catalog,
    print_json,
    quiet_libraries,
)
from llmreg.errors import LlmregError, UsageError

if TYPE_CHECKING:
    from llmreg.catalog import Catalog
    from llmreg.judging.answers import Pairs
    from llmreg.judging.judge import Estimate, Judge, Outcome, Plan

AnswerFiles = Annotated[
    list[Path], typer.Argument(metavar="ANSWERS", help="JSON lines of id, text and system; a file of each system.")
]
QuestionsOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="JSON lines of id and text: what the systems were asked.")
]
_FEW = 5
"""Failures that are named."""


@needs("endpoint", "key_env", "timeout", "concurrency", "seed", "price_in", "price_out")
def judge(
    answers: AnswerFiles,
    judge: Annotated[
        str, typer.Option(metavar="MODEL", help="The judge's name at the endpoint, or a folder with a model.")
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="Where the ratings go; what it holds is not asked again."),
    ],
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="An OpenAI-compatible endpoint; without it --judge is a folder.")
    ] = None,
    questions: QuestionsOption = None,
    mode: Annotated[
        str, typer.Option(metavar="MODE", help="pairwise: which is better; scored: 1 to 10 for both.")
    ] = "pairwise",
    judge_entry: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The judge's entry, whose terms count; by default what --judge names."),
    ] = None,
    use: UseOption = "research",
    for_training: Annotated[
        bool,
        typer.Option("--for-training", help="A model will be trained on the ratings; checks train-on-outputs too."),
    ] = False,
    policy: PolicyOption = "standard",
    licensee: LicenseeOption = None,
    accept_unclear: Annotated[
        bool, typer.Option("--accept-unclear", help="Go on with unclear terms; it is written into each rating.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed that the endpoint is given.")] = 0,
    max_tokens: Annotated[int, typer.Option(min=1, metavar="N", help="Longest reply, in tokens.")] = 1024,
    concurrency: Annotated[int, typer.Option(min=1, max=64, metavar="N", help="Questions asked at a time.")] = 4,
    timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="How long a reply may take in all.")] = 120,
    key_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Environment variable with the key; by default LLMREG_JUDGE_KEY.")
    ] = None,
    price_in: Annotated[float | None, typer.Option(min=0, metavar="P", help="Price of a million tokens read.")] = None,
    price_out: Annotated[
        float | None, typer.Option(min=0, metavar="P", help="Price of a million tokens written.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where replies are kept; by default in the user's cache.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what it takes, and ask nothing.")] = False,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Let a judge compare answers, each pair in both orders: license check first, then the cost, then the judge.

    Exit code: 0 all is judged, 1 error or no reply to some, 3 the judge's terms are unclear, 4 they forbid it.
    """
    quiet_libraries()
    from llmreg.asking.replies import replies
    from llmreg.judging.journal import read_rows
    from llmreg.judging.judge import estimate, plan

    if mode not in ("pairwise", "scored"):
        raise UsageError(f"--mode: no mode {mode!r}; choose pairwise or scored")
    terms = _terms(
        open_catalog(catalog), judge, judge_entry, [use, *(["train-on-outputs"] if for_training else [])],
        policy=policy, licensee=licensee, accept_unclear=accept_unclear,
    )  # fmt: skip
    pairs = _pairs(answers, questions)
    asked = _judge(judge, endpoint, key_env, seed, max_tokens, timeout)
    work = plan(asked, mode, pairs.found)  # type: ignore[arg-type]
    prices = (price_in, price_out)
    with replies(cache) as kept:
        needed = estimate(work, work.left(output, read_rows(output)), kept, prices)
        if dry_run:
            _print_estimate(work, pairs, needed, prices, json=json)
            return
        for line in _estimated(work, pairs, needed, prices):
            say(line)
        outcome = _run(work, asked, output, kept, terms, concurrency if endpoint else 1, needed)
    _print_outcome(output, work, needed, outcome, prices, json=json)
    if outcome.failures:
        raise LlmregError(_failed(outcome))


def say(text: str) -> None:
    """Tell what goes on, beside what is printed."""
    from llmreg.drawing.text import one_line

    echo(f"- {one_line(text)}", err=True)


def told_pairs(pairs: Pairs) -> None:
    """Tell what is odd about the answers."""
    if pairs.unpaired:
        some = ", ".join(pairs.unpaired[:_FEW]) + (", ..." if len(pairs.unpaired) > _FEW else "")
        say(f"{len(pairs.unpaired):,} items were not answered by all systems: {some}")
    if pairs.unasked:
        say(f"{pairs.unasked:,} items have no question, so only the answers are shown; --questions FILE gives them")


def _pairs(answers: list[Path], questions: Path | None) -> Pairs:
    from llmreg.judging.answers import read_pairs

    pairs = read_pairs(answers, questions)
    told_pairs(pairs)
    return pairs


def _terms(
    entries: Catalog, judge: str, judge_entry: str | None, uses: list[Any], *,
    policy: str, licensee: Path | None, accept_unclear: bool,
) -> dict[str, Any]:  # fmt: skip
    """Check the judge's terms, and tell on what conditions they allow this."""
    from llmreg.asking.permission import permit

    named = entries.named(judge)
    entry_id = entry_named(entries, judge_entry).id if judge_entry else named if named in entries else None
    verdicts, terms = permit(
        entries, judge, entry_id, dict.fromkeys(uses),
        policy=policy, licensee=licensee_of(entries, licensee), accept_unclear=accept_unclear,
    )  # fmt: skip
    if not verdicts:
        say(f"the catalog has no entry {judge!r}; its terms are unclear, and that is accepted")
    for verdict in verdicts:
        conditions = [reason.text for reason in verdict.reasons if reason.verdict != "allowed"]
        say(f"{verdict.id} is {verdict.verdict} for {verdict.use} use" + (f": {conditions[0]}" if conditions else ""))
    return terms


def _judge(name: str, endpoint: str | None, key_env: str | None, seed: int, max_tokens: int, timeout: float) -> Judge:
    if endpoint is None:
        from llmreg.asking.local import LocalJudge

        if not Path(name).is_dir():
            raise UsageError(f"--judge: there is no folder {name}; name the endpoint of the model with --endpoint")
        return LocalJudge(Path(name), max_tokens=max_tokens)
    from llmreg.asking.endpoint import KEY_VARIABLE, Endpoint

    key = os.environ.get(key_env or KEY_VARIABLE, "").strip()
    if key_env and not key:
        raise UsageError(f"--key-env: the environment variable {key_env} is not set")
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"the environment variable {key_env or KEY_VARIABLE} holds signs that no key has")
    return Endpoint(
        name, endpoint, key=key or None, seed=seed, max_tokens=max_tokens, timeout=timeout,
        say=say, hint=f"the environment variable {key_env or KEY_VARIABLE}",
    )  # fmt: skip


def _run(
    work: Plan, asked: Judge, output: Path, kept: Any, terms: dict[str, Any], concurrency: int, needed: Estimate
) -> Outcome:
    from rich.progress import Progress

    from llmreg.judging.journal import Journal
    from llmreg.judging.judge import run
    from llmreg.screen import Screen

    with (
        Journal(output) as journal,
        Progress(console=(stderr := Screen(stderr=True)), transient=True, disable=not stderr.is_terminal) as bar,
    ):
        if journal.mended:
            say(f"{output} ended in a part of a line, as after a kill; mended")
        shown = bar.add_task("judging", total=needed.judgments, completed=needed.done)
        try:
            return run(
                work, asked, journal, kept, terms=terms, concurrency=concurrency, step=lambda: bar.advance(shown)
            )
        except KeyboardInterrupt:
            done = f"{len(journal.rows):,} of {needed.judgments:,} judgments are in the file"
            say(f"stopped: {done}, and the same command goes on from there")
            raise


def _estimated(work: Plan, pairs: Pairs, needed: Estimate, prices: tuple[float | None, float | None]) -> list[str]:
    """Say what is to be asked and what that takes at most."""
    from llmreg.judging.judge import BYTES_PER_TOKEN

    price_in, price_out = prices
    lines = [
        f"{work.judge} judges {', '.join(pairs.systems)}: {len(pairs.found):,} pairs in both orders, "
        f"{needed.judgments:,} judgments; {needed.done:,} are in the file, {needed.kept:,} are kept replies, "
        f"{needed.asked:,} are to be asked"
    ]
    if not needed.asked:
        return lines
    lines.append(
        f"about {needed.tokens_in:,} tokens to read (one for every {BYTES_PER_TOKEN} bytes of UTF-8) and at most "
        f"{needed.tokens_out:,} to write ({work.settings['max_tokens']:,} for each)"
    )
    if needed.cost is not None:
        lines.append(f"at most about {needed.cost:,.2f}, at {price_in:g} and {price_out:g} for a million tokens")
    elif "endpoint" in work.settings:
        lines.append("what that costs is unknown; --price-in and --price-out give the prices of a million tokens")
    return lines


def _print_estimate(
    work: Plan, pairs: Pairs, needed: Estimate, prices: tuple[float | None, float | None], *, json: bool
) -> None:
    if json:
        print_json({"judge": work.judge, "systems": pairs.systems, "pairs": len(pairs.found), **vars(needed)})
    else:
        for line in _estimated(work, pairs, needed, prices):
            _print(line)


def _print_outcome(
    output: Path,
    work: Plan,
    needed: Estimate,
    outcome: Outcome,
    prices: tuple[float | None, float | None],
    *,
    json: bool,
) -> None:
    from llmreg.judging.judge import cost

    known = outcome.tokens_in is not None and outcome.tokens_out is not None
    paid = cost(outcome.tokens_in or 0, outcome.tokens_out or 0, prices) if known else None
    if json:
        before = {"judgments": needed.judgments, "before": needed.done}
        print_json({"file": str(output), **before, **vars(outcome), "cost": paid})
        return
    done = needed.done + outcome.asked + outcome.kept
    _print(
        f"{done:,} of {needed.judgments:,} judgments are in {output}: {outcome.asked:,} asked now, {outcome.kept:,} "
        f"from kept replies, {needed.done:,} there before"
    )
    if outcome.unparsed:
        cut = f" ({outcome.cut:,} were cut off at --max-tokens)" if outcome.cut else ""
        _print(f"replies without a verdict that can be read: {outcome.unparsed:,}{cut}; they are kept as unparsed")
    if outcome.asked and known:
        price = f", which cost {paid:,.2f}" if paid is not None else ""
        _print(f"{outcome.tokens_in:,} tokens were read and {outcome.tokens_out:,} written{price}")
    if done > 0:
        _print(f"next: llmreg evaluate {'elo' if work.mode == 'pairwise' else 'relative'} {output}")


def _failed(outcome: Outcome) -> str:
    reasons = list(dict.fromkeys(outcome.failures))
    more = f"; and {len(reasons) - _FEW} other reasons" if len(reasons) > _FEW else ""
    return (
        f"{len(outcome.failures):,} questions got no reply: {'; '.join(reasons[:_FEW])}{more}; the same command asks "
        "for them again"
    )


def _print(line: str) -> None:
    console().print(line, markup=False, soft_wrap=True)
