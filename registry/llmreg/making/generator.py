"""The generator of a making: which model is asked, whether its terms allow that, and where its replies are kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from llmreg.asking.generator import ByEndpoint, ByFolder, Generator, Invented, KeptReplies, Recorded
from llmreg.asking.permission import GENERATOR, permit
from llmreg.asking.replies import Replies, Reply, replies
from llmreg.catalog.cache import folder as cache_folder
from llmreg.errors import LlmregError, UsageError
from llmreg.making.record import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmreg.asking.generator import Asked as Model
    from llmreg.catalog import Catalog
    from llmreg.maker import Maker, Question
    from llmreg.making.plan import MakingPlan, Price
    from llmreg.reproduce.run import Options

    Say = Callable[[str], None]

KEY_VARIABLE = "LLMREG_GENERATOR_KEY"
REPLIES = "replies.sqlite"


@dataclass(frozen=True)
class GeneratorOptions:
    """Which model a user wants to be asked, and how."""

    name: str | None = None
    """The model's name at the endpoint, or its folder."""
    endpoint: str | None = None
    entry: str | None = None
    """The model's entry, where the catalog does not know it by its name."""
    replies: Path | None = None
    """A file of kept replies, which are asked in place of a model."""
    key_env: str | None = None
    seed: int = 0
    timeout: float = 600
    concurrency: int = 1
    most_calls: int | None = None
    price: Price | None = None

    @property
    def named(self) -> bool:
        """Tell whether there is anything to ask."""
        return bool(self.name or self.replies)


def allowed(catalog: Catalog, wanted: GeneratorOptions, options: Options, say: Say) -> dict[str, Any]:
    """Return what the generator's terms say of training on its outputs; raise where they forbid it or are unclear."""
    name = wanted.name or str(wanted.replies)
    named = catalog.named(name)
    entry_id = catalog.named(wanted.entry) if wanted.entry else named if named in catalog else None
    verdicts, terms = permit(
        catalog, name, entry_id, ["train-on-outputs", options.use],
        policy=options.policy, licensee=options.licensee, accept_unclear=options.accept_unclear, part=GENERATOR,
    )  # fmt: skip
    for verdict in verdicts:
        say(f"{verdict.id} is {verdict.verdict} for {verdict.use} use")
    return terms


def model_of(wanted: GeneratorOptions, say: Say) -> Model:
    """Return the model that is asked; raise `UsageError` for options that do not go together."""
    if wanted.replies:
        if wanted.endpoint or wanted.name:
            raise UsageError("--replies takes the place of a model; leave --generator and --endpoint out")
        return KeptReplies(wanted.replies)
    assert wanted.name is not None  # noqa: S101 - `named` was asked before
    if wanted.endpoint is None:
        from llmreg.asking.local import LocalJudge

        if not Path(wanted.name).is_dir():
            raise UsageError(f"--generator: there is no folder {wanted.name}; name its endpoint with --endpoint")
        return ByFolder(LocalJudge(Path(wanted.name), max_tokens=512))
    from llmreg.asking.endpoint import Endpoint

    variable = wanted.key_env or KEY_VARIABLE
    key = os.environ.get(variable, "").strip()
    if wanted.key_env and not key:
        raise UsageError(f"--key-env: the environment variable {wanted.key_env} is not set")
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"the environment variable {variable} holds signs that no key has")
    return ByEndpoint(
        Endpoint(
            wanted.name, wanted.endpoint, key=key or None, seed=wanted.seed, max_tokens=1024, timeout=wanted.timeout,
            say=say, hint=f"the environment variable {variable}", option="--generator",
        )
    )  # fmt: skip


class _Both:
    """Replies kept with the making, so that it can be repeated, and in the user's cache, so that none is paid twice."""

    def __init__(self, own: Replies, shared: Replies) -> None:
        self._own, self._shared = own, shared

    def get(self, key: str) -> Reply | None:
        found = self._own.get(key)
        if found is None and (found := self._shared.get(key)):
            self._own.put(key, found)
        return found

    def put(self, key: str, reply: Reply) -> None:
        self._own.put(key, reply)
        self._shared.put(key, reply)


@contextmanager
def opened(model: Model, folder: Path, wanted: GeneratorOptions) -> Iterator[Generator]:
    """Open the generator with the replies that are kept in a making's folder and in the user's cache."""
    with replies(folder / REPLIES) as own, replies(cache_folder() / "generations.sqlite") as shared:
        concurrency = wanted.concurrency if wanted.endpoint else 1
        yield Generator(model, _Both(own, shared), concurrency, wanted.most_calls)  # type: ignore[arg-type]


def inventing(maker: Maker) -> Callable[[Sequence[Question]], Sequence[str]]:
    """Return what replies in a rehearsal: the maker itself, by chance that hangs on the question."""

    def invent(question: Question) -> str:
        chance = Random(f"{question.prompt} {question.number}")  # noqa: S311 - the same everywhere, not hard to guess
        return maker.invent(question, chance)

    model = Invented(invent)
    return lambda questions: [model.reply(question).text for question in questions]


def asked_of(generator: Generator, wanted: GeneratorOptions, terms: dict[str, Any]) -> Asked:
    """Return the record of what was asked."""
    counts = generator.counts
    known = not counts.uncounted
    cost = None
    if wanted.price and known:
        cost = (counts.tokens_in * wanted.price.tokens_in + counts.tokens_out * wanted.price.tokens_out) / 1e6
    return Asked(
        generator={"name": generator.model.name, **generator.model.settings},
        calls=counts.calls,
        kept=counts.kept,
        tokens_in=counts.tokens_in if known else None,
        tokens_out=counts.tokens_out if known else None,
        cost_usd=cost,
        permission=terms,
    )


def tell_price(plan: MakingPlan, say: Say) -> None:
    """Say what is going to be asked and what that takes at most, before it is."""
    cost = "what that costs is unknown; --price IN,OUT gives the prices of a million tokens"
    if plan.cost_usd is not None:
        cost = f"at most about {plan.cost_usd:,.2f} US dollars"
    say(
        f"at most {plan.calls:,} questions, about {plan.tokens_in:,} tokens to read and at most "
        f"{plan.tokens_out:,} to write; {cost}"
    )


def replaying(folder: Path, asked: Asked) -> Callable[[Sequence[Question]], Sequence[str]]:
    """Return what replies from what a making has kept; raise `LlmregError` where its replies are not there."""
    if not (folder / REPLIES).is_file():
        raise LlmregError(f"{folder} has no {REPLIES}")

    def answer(questions: Sequence[Question]) -> list[str]:
        with replies(folder / REPLIES) as kept:
            return Generator(Recorded(asked.generator, folder / REPLIES), kept)(questions)

    return answer
