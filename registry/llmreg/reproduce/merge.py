"""Merge an adapter into the base it was trained on, and say what that costs.

A 4-bit base is unpacked first, so that the update lands on the weights it was trained beside; sums are taken in 32 bits
and rounded once. What the rounding loses, and what merging into the original weights would have lost, is measured.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from math import hypot
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, UsageError
from llmreg.files import writing
from llmreg.reproduce import record
from llmreg.reproduce.base import FolderBase, weight_files, weights_hash
from llmreg.reproduce.chat import chat_template, stored_template
from llmreg.reproduce.drift import Drift, drift_of, logits, probe_tokens
from llmreg.reproduce.ends import carry_ends
from llmreg.reproduce.stored import TEMPLATE
from llmreg.reproduce.tokenizer import save_tokenizer
from llmreg.reproduce.weights import check_same_words, check_weights, open_model
from llmreg.schema import Model, Strict

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from torch import nn
    from transformers import PreTrainedTokenizerBase

    from llmreg.catalog import Catalog
    from llmreg.method import Method
    from llmreg.reproduce.record import Run

    Say = Callable[[str], None]
    Saving = Callable[[], AbstractContextManager[None]]

RECORD = "merge.json"
DTYPES = ("float32", "bfloat16", "float16")
TOLERANCE = {"float32": 1e-4, "bfloat16": 0.05, "float16": 0.05, "8 bits": 0.1}
"""How far logits may differ from those of the adapted model (`Drift.difference`), by the coarser precision of the two;
with a base in 8 bits the adapted model rounds what goes through it, too."""
_BIASES = ("attention_bias", "mlp_bias")
"""What architectures without biases call the switch for them."""


class Layer(Strict):
    """What merging did to one weight; each figure is the root of a sum of squares."""

    name: str
    update: float
    """The change that training made."""
    quantization: float
    """The error of the frozen weight that training saw, against the original."""
    rounding: float
    """What was lost by rounding the sum to the precision it is written in."""


class Merge(Strict):
    """What was merged into what, and how exact the result is."""

    entry: str | None
    """The entry that the adapter is of, where that is known."""
    method: str
    settings: dict[str, Any]
    dtype: str
    base: str
    base_sha256: str
    base_checked: bool
    """Whether the base was compared with what a run's record says of it."""
    adapter_sha256: str
    template_sha256: str | None
    chat_template: bool
    """Whether the tokenizer carries the template; else it lies beside as `prompt_template.json`, if there is one."""
    layers: tuple[Layer, ...]
    drift: Drift
    tolerance: float
    """The largest `drift.difference` at which the models count as equal."""
    drift_on_originals: Drift | None
    """The same for a merge into the original weights; None where the base was not quantized."""

    @property
    def whole(self) -> Layer:
        """Sum up all layers."""
        return Layer(
            name="all",
            update=hypot(*(layer.update for layer in self.layers)),
            quantization=hypot(*(layer.quantization for layer in self.layers)),
            rounding=hypot(*(layer.rounding for layer in self.layers)),
        )

    @property
    def passed(self) -> bool:
        """Tell whether the written model's logits are those of the adapted one, within the tolerance."""
        return self.drift.difference <= self.tolerance


@dataclass(frozen=True)
class Adapter:
    """An adapter with what is known of how it was made."""

    folder: Path
    method: Method
    run: Run | None
    home: Path
    """The run's folder."""
    entry: str | None

    @property
    def rehearsed(self) -> bool:
        """Tell whether it was trained in a rehearsal, on random weights: then it owes nothing to the entry's."""
        return self.run is not None and self.run.kind == "rehearsal"


def merge(
    catalog: Catalog,
    source: Path,
    out: Path,
    *,
    base: Path | None = None,
    entry: str | None = None,
    dtype: str | None = None,
    say: Say,
) -> Merge:
    """Merge the adapter of a run, or a folder with one, and write the whole model to `out`, which must be new or empty.

    `base` takes the place of the base that the run knows; `entry` says whose recipe made an adapter that comes without
    a record. Raises `LlmregError` for a base that is not the one of the run, and for what cannot be merged, before any
    weight is loaded.
    """
    from llmreg.licensing.notice import notice, notice_text
    from llmreg.reproduce.artifact import check_adapter, check_base

    adapter = find_adapter(catalog, source, entry)
    folder = _base_of(adapter, base)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise LlmregError(f"{out} is not empty; give -o a new folder")
    opened, tokenizer = open_model(folder, _words(adapter, folder))
    stored_template(adapter.folder)
    if adapter.run is None:
        check_same_words(tokenizer, adapter.folder, folder)
    checked = adapter.run is not None and check_base(adapter.run, folder, "give the right ones with --base DIR")
    check_adapter(adapter.method, opened, adapter.folder)
    _check_mergeable(adapter.method, opened)
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = out.with_name(f".{out.name}.merging")
    shutil.rmtree(staging, ignore_errors=True)
    saving = partial(writing, "the merged model", out, "make room, or give another folder with -o")
    with ExitStack() as after:
        after.callback(shutil.rmtree, staging, ignore_errors=True)
        with saving():
            staging.mkdir()
        done = _merge(adapter, folder, tokenizer, staging, dtype, checked, saving, say)
        after.enter_context(saving())
        (staging / RECORD).write_text(done.model_dump_json(indent=2) + "\n", encoding="utf-8")
        if adapter.entry is not None and adapter.entry in catalog and not adapter.rehearsed:
            # The adapter's file may be free of the base's terms; the whole model is not.
            (staging / "NOTICE").write_text(notice_text(notice(catalog, adapter.entry)), encoding="utf-8")
        staging.replace(out)
    return done


def find_adapter(catalog: Catalog, source: Path, entry: str | None = None) -> Adapter:
    """Give the adapter in a run's folder, in its artifact, or in a folder pulled from the Hub; else by its entry."""
    from llmreg import plugins
    from llmreg.reproduce.artifact import method_of, run_of
    from llmreg.reproduce.recipe import recipe_of

    if not source.is_dir():
        raise LlmregError(f"no folder {source}; name a run (`llmreg runs` lists them) or a folder with an adapter")
    found = run_of(source)
    folder = source / "artifact" if (source / "artifact").is_dir() else source
    if found:
        home, run = found
        if entry and entry != run.id:
            raise UsageError(f"{home} is a run of {run.id}, not of {entry}; leave --entry out")
        _check_whole(folder, run)
        return Adapter(folder, method_of(run), run, home, run.id)
    if not list(folder.glob("*.safetensors")):
        if pickles := [path.name for path in sorted(folder.glob("*.bin"))]:
            raise LlmregError(
                f"{folder / pickles[0]} is a pickle, which can run code when loaded: convert it to safetensors first"
            )
        raise LlmregError(f"{source} holds neither a run nor an adapter: no {record.RECORD}, no *.safetensors")
    if entry is None:
        raise LlmregError(
            f"{source} has no {record.RECORD} that says how its adapter was made; name the entry whose recipe made it "
            "with --entry ID"
        )
    recipe = recipe_of(catalog.get_as(Model, entry))
    return Adapter(folder, plugins.load().build(recipe.method, recipe.settings), None, source, entry)


def _check_whole(folder: Path, run: Run) -> None:
    """Raise `LlmregError` for a damaged artifact; in a folder pulled from the Hub, other files may lie next to it."""
    from llmreg.reproduce.artifact import damage

    if run.status != "finished":
        raise LlmregError(f"the run of {run.id} is not finished; go on with `llmreg reproduce {run.id} --resume`")
    changed = [name for name in damage(folder, run) if folder.name == "artifact" or name in run.artifact_files]
    if changed:
        raise LlmregError(f"{folder} is not what {record.RECORD} says: {', '.join(changed[:3])} changed or missing")


def _base_of(adapter: Adapter, base: Path | None) -> Path:
    """Give the folder of the base's weights: the given one, or the one that the run knows."""
    from llmreg.reproduce.artifact import base_folder

    if base and adapter.rehearsed:
        raise LlmregError(f"{adapter.home} is a rehearsal, whose small base lies in its own folder; leave out --base")
    if base:
        weight_files(base)
        return base
    if adapter.run is None:
        raise LlmregError(f"{adapter.folder} does not say where its base is; give its weights with --base DIR")
    place = base_folder(adapter.home, adapter.run)
    if not (place / "config.json").is_file():
        raise LlmregError(f"the base of the run is not at {place} any more; give its weights with --base DIR")
    weight_files(place)
    return place


def _check_mergeable(method: Method, base: FolderBase) -> None:
    """Have the method refuse what it cannot merge, on a base without content."""
    next(method.merged(method.adapt(FolderBase(base.folder).outline)), None)


def _words(adapter: Adapter, base: Path) -> Path:
    """Give the folder of the tokenizer: the adapter's own where it has one."""
    return adapter.folder if (adapter.folder / "tokenizer_config.json").is_file() else base


def _merge(
    adapter: Adapter,
    base: Path,
    tokenizer: PreTrainedTokenizerBase,
    out: Path,
    dtype: str | None,
    checked: bool,
    saving: Saving,
    say: Say,
) -> Merge:
    import torch

    say(f"loading {base.name} with the adapter")
    method = adapter.method
    adapted: Any = method.restore(method.load(FolderBase(base)), adapter.folder)
    tokens = probe_tokens(adapted)
    right = logits(adapted, tokens)
    chosen = getattr(torch, dtype) if dtype else adapted.dtype
    say("adding the update in 32 bits")
    plain, layers = _added(method, adapted, base, chosen)
    if not any(layer.update for layer in layers):
        raise LlmregError(f"the adapter in {adapter.folder} changes no weight of {base}, so there is nothing to merge")
    with saving():
        plain.save_pretrained(out)
        template = _carry_template(tokenizer, adapter.folder, base, plain, out)
    say("loading the merged model back")
    quantized = any(layer.quantization for layer in layers)
    del plain
    drift = drift_of(right, logits(check_weights(out).load(), tokens))
    on_originals = None
    if quantized:
        say("comparing with a merge into the original weights")
        on_originals = drift_of(right, logits(_added(method, adapted, base, chosen, onto_originals=True)[0], tokens))
    return Merge(
        entry=f"{adapter.entry} (rehearsal)" if adapter.rehearsed else adapter.entry,
        method=method.name,
        settings=method.model_dump(mode="json"),
        dtype=_name(chosen),
        base=_base_name(adapter, base),
        base_sha256=weights_hash(base),
        base_checked=checked,
        adapter_sha256=record.hash_artifact(adapter.folder)[0],
        template_sha256=template[0],
        chat_template=template[1],
        layers=tuple(layers),
        drift=drift,
        tolerance=max(TOLERANCE[precision] for precision in _precisions(adapted, chosen)),
        drift_on_originals=on_originals,
    )


def _base_name(adapter: Adapter, base: Path) -> str:
    if adapter.rehearsed:
        return "the small base of the rehearsal"
    return str(adapter.run.base.get("id") or base.name) if adapter.run else base.name


def _precisions(adapted: Any, chosen: Any) -> list[str]:
    return [_name(chosen), _name(adapted.dtype), *(["8 bits"] if getattr(adapted, "is_loaded_in_8bit", False) else [])]


def _name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _added(
    method: Method, adapted: nn.Module, base: Path, dtype: Any, *, onto_originals: bool = False
) -> tuple[Any, list[Layer]]:
    """Give the base with the update in it, and what each weight's sum lost."""
    import torch

    merged = {name for name, _, _ in method.merged(adapted)}
    plain = _plain(base, merged, dtype)
    weights, layers = dict(plain.named_parameters()), []
    with torch.no_grad():
        for name, frozen, whole in method.merged(adapted):
            original = weights[name].detach().to(torch.float32, copy=True)
            whole = whole.to(original.device)
            frozen = original if frozen is None else frozen.to(original.device)
            weights[name].copy_(original + (whole - frozen) if onto_originals else whole)
            layers.append(
                Layer(
                    name=name,
                    update=float((whole - frozen).norm()),
                    quantization=float((frozen - original).norm()),
                    rounding=float((weights[name].float() - whole).norm()),
                )
            )
    return plain, layers


def _plain(base: Path, names: set[str], dtype: Any) -> Any:
    """Load the base without an adapter, with zero biases where the update has some and the architecture allows them."""
    from llmreg.reproduce.base import ConfigBase

    plain = FolderBase(base).load(dtype=dtype)
    missing = names - {name for name, _ in plain.named_parameters()}
    if not missing:
        return plain
    config: Any = FolderBase(base).config
    for switch in _BIASES:
        if hasattr(config, switch):
            setattr(config, switch, True)
    wider: Any = ConfigBase(config).random(dtype=dtype)
    missing = names - {name for name, _ in wider.named_parameters()}
    if missing:
        raise LlmregError(
            f"the architecture {config.model_type!r} has no place for {', '.join(sorted(missing)[:3])}, so the biases "
            "cannot be merged; use the artifact beside its base"
        )
    wider.load_state_dict(plain.state_dict(), strict=False)
    return wider


def _carry_template(
    tokenizer: PreTrainedTokenizerBase, adapter: Path, base: Path, plain: Any, out: Path
) -> tuple[str | None, bool]:
    """Write tokenizer and template; give the template's hash and whether the tokenizer carries it."""
    template = stored_template(adapter)
    paired = FolderBase(base).config.is_encoder_decoder  # its answers stand in a row of their own
    jinja = chat_template(template) if template and not paired else None
    if template:
        shutil.copyfile(adapter / TEMPLATE, out / TEMPLATE)
    if jinja:
        tokenizer.chat_template = jinja
    save_tokenizer(tokenizer, out)
    carry_ends(template, tokenizer, plain, out)
    return (template.sha256 if template else None), bool(jinja)
