"""Score a run's model, or one in a folder, on rows: license, rows, model, task, and the published figures beside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, UsageError
from llmreg.licensing import DEFAULT_POLICY, Licensee, check
from llmreg.reproduce import record
from llmreg.reproduce.chat import stored_template
from llmreg.reproduce.gate import StoppedByLicenseError
from llmreg.reproduce.record import Comparison
from llmreg.schema import Benchmark, Model, Strict, Template, Use

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llmreg.catalog import Catalog
    from llmreg.evaluation.figures import Figure
    from llmreg.evaluation.subject import Subject
    from llmreg.evaluation.task import Row, Task
    from llmreg.licensing import Verdict
    from llmreg.reproduce.record import Run

    Say = Callable[[str], None]

PLAIN = "none"
"""The name that stands for no template."""


@dataclass(frozen=True)
class Wanted:
    """What the user asked for: one of llmreg's tasks with its rows, or tasks of lm-eval."""

    task: str | None = None
    data: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    lm_eval: tuple[str, ...] = ()
    examples: Path | None = None
    few_shot: int | None = None
    limit: int | None = None
    template: str | None = None
    """An entry's id, or `none`; without it the template that lies beside the weights."""
    batch_size: int = 8
    entry: str | None = None
    """The entry whose weights a folder holds."""
    benchmark: str | None = None
    name: str | None = None
    """What the system is called in what is written."""
    use: Use = "research"
    policy: str = DEFAULT_POLICY
    licensee: Licensee | None = None
    accept_unclear: bool = False


class Read(Strict):
    """The rows of one file."""

    file: str
    rows: int
    sha256: str
    """Of what the task reads of the rows."""
    reading: dict[str, int] = {}
    """What of the file was not taken as it stands, and how often."""


class Evaluation(Strict):
    """What was scored, on what, and what came out."""

    system: str
    entry: str | None
    weights_sha256: str
    license: dict[str, Any] | None
    """The verdict that went before, with use, policy and the catalog's date; None for weights that no entry names."""
    task: str
    settings: dict[str, Any]
    template: str | None
    template_sha256: str | None
    data: Read | None
    examples: Read | None
    figures: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    environment: dict[str, Any]

    @property
    def passed(self) -> bool:
        """Tell whether no published figure was missed."""
        return all(each.outcome != "not reproduced" for each in self.comparisons)


@dataclass(frozen=True)
class _Target:
    """Where the weights are and what is known of them."""

    folder: Path
    run: Run | None
    entry: str | None

    @property
    def name(self) -> str:
        """What the system is called unless the user says: a rehearsal is not the entry."""
        rehearsal = self.run is not None and self.run.kind == "rehearsal"
        return f"{self.entry} (rehearsal)" if rehearsal else self.entry or self.folder.resolve().name

    @property
    def weights(self) -> Path:
        return self.folder / "artifact" if self.run else self.folder


def evaluate(catalog: Catalog, place: Path, wanted: Wanted, say: Say) -> tuple[Evaluation, list[dict[str, Any]]]:
    """Score the model and give what came out, and what it rests on for each item.

    Raises `StoppedByLicenseError` before the model is touched, and `LlmregError` for rows that cannot be scored.
    """
    from llmreg.training.formats.reader import times

    target = _target(place, wanted.entry)
    verdict = _allowed(catalog, target, wanted, say)
    published = _published(catalog, target, wanted.benchmark)
    task, rows, data, examples, shown = _questions(wanted)
    for read in filter(None, (data, shown)):
        for what, count in read.reading.items():
            say(f"{read.file}: {times(count, what)}")
    subject = _subject(catalog, target, wanted, task is not None and task.asks, say)
    if task is None:
        from llmreg.evaluation import lm_eval

        scored = lm_eval.run(subject, wanted.lm_eval, wanted.data, wanted.few_shot, wanted.limit)
    else:
        say(f"{task.name}: {len(rows):,} rows")
        scored = task.score(subject, rows, examples)
    system = wanted.name or target.name
    evaluation = Evaluation(
        system=system,
        entry=target.entry,
        weights_sha256=_hash(target),
        license=_recorded(catalog, verdict, wanted),
        task=task.name if task else "lm-eval",
        settings=task.model_dump(mode="json") if task else {"tasks": list(wanted.lm_eval), "few_shot": wanted.few_shot},
        template=subject.template.id if subject.template else None,
        template_sha256=subject.template.sha256 if subject.template else None,
        data=data,
        examples=shown,
        figures=tuple(figure.to_json() for figure in scored.figures),
        notes=scored.notes,
        comparisons=_compared(published, scored.figures, data),
        environment=_environment(),
    )
    return evaluation, [{"id": item.pop("id", None), "system": system, **item} for item in scored.items]


def _target(place: Path, entry: str | None) -> _Target:
    """Find a run by folder or name, else take the folder as one of weights."""
    from llmreg.reproduce.artifact import run_of
    from llmreg.reproduce.base import weight_files

    named = record.home() / "runs" / place
    folder = named if not place.exists() and named.is_dir() else place
    if not folder.is_dir():
        raise UsageError(f"no run or folder {place}; name a run (`llmreg runs` lists them) or a folder of weights")
    if found := run_of(folder):
        folder, run = found
        if entry and entry != run.id:
            raise UsageError(f"{folder} is a run of {run.id}, not of {entry}; leave --entry out")
        return _Target(folder, run, run.id)
    if (folder / "adapter_config.json").is_file():
        raise LlmregError(
            f"{folder} holds an adapter without its base; name its run, or a model that `llmreg merge` wrote"
        )
    weight_files(folder)
    return _Target(folder, None, entry)


def _allowed(catalog: Catalog, target: _Target, wanted: Wanted, say: Say) -> Verdict | None:
    """Reach the verdict on using the entry's weights; a rehearsal's are random and nobody's."""
    if target.entry is None:
        say("license: not checked, for no entry is named; --entry ID does")
        return None
    if target.run and target.run.kind == "rehearsal":
        say("license: none needed; a rehearsal's weights were drawn at random")
        return None
    catalog.among((Model,), target.entry, "a folder holds the weights of a model; name that one with --entry")
    verdict = check(catalog, target.entry, wanted.use, policy=wanted.policy, licensee=wanted.licensee)
    if verdict.verdict == "forbidden" or (verdict.verdict == "unclear" and not wanted.accept_unclear):
        accept = "after your own review, --accept-unclear goes on and is written into what comes out"
        other = "name a use that its terms allow with --use"
        raise StoppedByLicenseError(verdict, accept if verdict.verdict == "unclear" else other)
    say(f"license: {verdict.verdict} for {wanted.use} use")
    return verdict


def _recorded(catalog: Catalog, verdict: Verdict | None, wanted: Wanted) -> dict[str, Any] | None:
    if verdict is None:
        return None
    dated = {"policy": wanted.policy, "catalog": catalog.manifest.date.isoformat()}
    accepted = wanted.accept_unclear and verdict.verdict == "unclear"
    return {"use": wanted.use, "verdict": verdict.verdict, **dated, "accepted_unclear": accepted}


def _published(catalog: Catalog, target: _Target, benchmark: str | None) -> tuple[Model, Benchmark] | None:
    """Give what to compare with; raise `LlmregError` where there is nothing."""
    if benchmark is None:
        return None
    if target.entry is None:
        raise UsageError("--benchmark compares with figures published of an entry; name it with --entry ID")
    entry, found = catalog.get_as(Model, target.entry), catalog.get_as(Benchmark, benchmark)
    if target.run and target.run.kind == "rehearsal":
        raise UsageError(f"a rehearsal is of a scaled-down model, whose figures say nothing of {entry.id}'s")
    if found.id not in {result.benchmark for result in entry.results}:
        known = ", ".join(dict.fromkeys(result.benchmark for result in entry.results)) or "none"
        raise LlmregError(f"no figure of {entry.id} for {found.id} is in the catalog (there are: {known})")
    return entry, found


def _questions(wanted: Wanted) -> tuple[Task[Any] | None, list[Row], Read | None, list[Row], Read | None]:
    """Read the rows to score and the examples; without a task, lm-eval brings its own."""
    from llmreg.evaluation import lm_eval
    from llmreg.evaluation.tasks import task_named

    if bool(wanted.lm_eval) == bool(wanted.task):
        raise UsageError("say what to score: --task NAME with --data FILE, or --lm-eval TASKS")
    if wanted.task is None:
        if wanted.settings or wanted.examples or wanted.template:
            raise UsageError("lm-eval's tasks ask in their own words; leave out --set, --examples and --template")
        lm_eval.require()
        return None, [], None, [], None
    task = task_named(wanted.task, wanted.settings)
    if wanted.data is None:
        raise UsageError(f"--task {task.name} needs rows; give them with --data FILE")
    rows, data = _rows(task, wanted.data, wanted.limit)
    task.check(rows, str(wanted.data))
    examples, shown = _examples(task, wanted)
    asked = {row.asked() for row in rows}
    if doubled := [row.id for row in examples if row.asked() in asked]:
        raise LlmregError(f"the example {doubled[0]!r} of {wanted.examples} is one of the rows to score; take it out")
    return task, rows, data, examples, shown


def _examples(task: Task[Any], wanted: Wanted) -> tuple[list[Row], Read | None]:
    if wanted.examples is None:
        if wanted.few_shot:
            raise UsageError(f"--few-shot {wanted.few_shot} needs worked examples; give them with --examples FILE")
        return [], None
    if not task.asks:
        raise UsageError(f"the task {task.name} takes no examples")
    rows, read = _rows(task, wanted.examples, wanted.few_shot)
    if wanted.few_shot and read.rows < wanted.few_shot:
        raise LlmregError(f"{wanted.examples} has {read.rows:,} examples, and {wanted.few_shot:,} are wanted")
    return rows, read


def _rows(task: Task[Any], file: Path, limit: int | None) -> tuple[list[Row], Read]:
    from itertools import islice

    from llmreg.training.formats.files import records
    from llmreg.training.rows import fingerprint

    tally: Counter[str] = Counter()
    found = list(islice(records(file, tally), limit))
    if not found:
        raise LlmregError(f"{file} holds no rows; give a file that has some")
    rows: list[Row] = task.read(found)
    used = ({name: value for name, value in fields.items() if name in task.row.model_fields} for _, fields in found)
    return rows, Read(file=file.name, rows=len(rows), sha256=fingerprint(used), reading=dict(tally))


def _subject(catalog: Catalog, target: _Target, wanted: Wanted, asks: bool, say: Say) -> Subject:
    from llmreg.evaluation.subject import Subject
    from llmreg.reproduce import artifact
    from llmreg.reproduce.execute import device
    from llmreg.reproduce.weights import open_model

    template = _template(catalog, target, wanted.template) if asks else None
    say(f"loading {target.folder.name}")
    if target.run:
        model, tokenizer = artifact.load(target.folder, target.run)
    else:
        base, tokenizer = open_model(target.folder)
        loaded: Any = base.load()
        model = loaded.to(device()).eval()
    subject = Subject(model, tokenizer, template, wanted.batch_size)
    for name in subject.lacking:
        say(f"the template's {name!r} is no special token of the tokenizer and is read as text")
    return subject


def _template(catalog: Catalog, target: _Target, name: str | None) -> Template | None:
    """Give the template that was named, else the one beside the weights, else none."""
    if name:
        return None if name == PLAIN else catalog.get_as(Template, name)
    return stored_template(target.weights)


def _hash(target: _Target) -> str:
    from llmreg.reproduce.base import weights_hash

    return record.hash_artifact(target.weights)[0] if target.run else weights_hash(target.folder)


def _compared(
    published: tuple[Model, Benchmark] | None, figures: Sequence[Figure], data: Read | None
) -> tuple[Comparison, ...]:
    from llmreg.reproduce.compare import against

    return against(*published, figures, data.file if data else "lm-eval") if published else ()


def _environment() -> dict[str, Any]:
    from llmreg.reproduce.environment import environment

    return environment()
