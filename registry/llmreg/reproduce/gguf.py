"""Write a whole model of the llama family as one GGUF file, with the library of llama.cpp."""

from __future__ import annotations

import json
import math
import os
import tempfile
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmreg.errors import LlmregError
from llmreg.reproduce.artifact import check_whole, run_of
from llmreg.reproduce.base import FolderBase, weight_files
from llmreg.reproduce.ends import ends_of
from llmreg.reproduce.stored import stored_in
from llmreg.reproduce.weights import check_weights, open_model

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILY = ("llama", "mistral")
"""What transformers calls the architectures that llama.cpp calls `llama`."""
Kind = Literal["f32", "f16", "bf16", "q8_0"]
KINDS: dict[str, str] = {"f32": "ALL_F32", "f16": "MOSTLY_F16", "bf16": "MOSTLY_BF16", "q8_0": "MOSTLY_Q8_0"}
"""The number formats that the library writes, and what llama.cpp calls a file of each."""
_LARGEST_HALF = 65504.0
_EMBEDDING, _HEAD = "model.embed_tokens.weight", "lm_head.weight"


@dataclass(frozen=True)
class Written:
    """What a file holds."""

    path: Path
    tensors: int
    by_format: dict[str, int]
    """How many tensors there are in each number format."""
    tokenizer: bool
    chat_template: bool
    context: int


def write_gguf(
    folder: Path, out: Path, *, kind: Kind = "f16", tokenizer: bool = True, name: str | None = None
) -> Written:
    """Write the model in `folder` (the Hub's layout) to `out`, one tensor in memory at a time, whole or not at all.

    Vectors stay in 32 bits, as llama.cpp keeps them. Raises `LlmregError` for an architecture, a tokenizer or a number
    that the file cannot hold as it is.
    """
    if (found := run_of(folder)) and folder.absolute().name == "artifact":
        check_whole(*found)
    if (folder / "adapter_config.json").is_file() or (folder / "llama_adapter.json").is_file():
        raise LlmregError(f"{folder} holds an adapter, and a GGUF file holds a whole model: `llmreg merge` it first")
    files = weight_files(folder)
    if not find_spec("gguf"):
        raise LlmregError("writing GGUF needs the library of llama.cpp: `pip install 'llmreg[gguf]'`")
    _check_family(folder, FolderBase(folder).config)
    base, words = open_model(folder) if tokenizer else (check_weights(folder), None)
    if words and words.eos_token_id is None:
        raise LlmregError(
            f"the tokenizer in {folder} names no end token, and llama.cpp would take the token 2 for it; name "
            "eos_token in its tokenizer_config.json, or use --without-tokenizer"
        )
    names = _names(base, files)
    handle, staging = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    os.close(handle)
    try:
        written = _write(base, files, names, Path(staging), kind, words, name or folder.absolute().name)
        Path(staging).chmod(0o644)
        Path(staging).replace(out)
    except OSError as error:
        raise LlmregError(f"{out} could not be written: {error.strerror or error}") from None
    finally:
        Path(staging).unlink(missing_ok=True)
    return Written(out, *written)


def _check_family(folder: Path, config: Any) -> None:
    """Refuse what llama.cpp's `llama` would compute otherwise."""
    if config.model_type not in FAMILY:
        raise LlmregError(
            f"{folder} has the architecture {config.model_type!r}; llmreg writes GGUF for {' and '.join(FAMILY)} only, "
            "use llama.cpp's own convert_hf_to_gguf.py"
        )
    if config.hidden_act != "silu":
        raise LlmregError(f"{folder} has the activation {config.hidden_act!r}, and llama.cpp's `llama` has silu")
    if config.rope_parameters["rope_type"] not in ("default", "linear"):
        raise LlmregError(
            f"{folder} scales rotary embeddings by {config.rope_parameters['rope_type']!r}, which llmreg does not "
            "write; use llama.cpp's own convert_hf_to_gguf.py"
        )


def _names(base: FolderBase, files: list[Path]) -> frozenset[str]:
    """Name the tensors to write: those of the architecture, without a head that is the embedding again.

    Files may have tables of rotations besides, which are computed, and a head of its own where the configuration has
    none. Raises `LlmregError` for other names, which transformers would translate and llama.cpp would miss.
    """
    places = {name: path for path in files for name in stored_in([path])}
    stored = {name for name in places if not name.endswith("rotary_emb.inv_freq")}
    wanted = set(base.outline.state_dict())
    config: Any = base.config
    if config.tie_word_embeddings:
        wanted.discard(_HEAD)
        if {_HEAD, _EMBEDDING} <= stored:
            one, other = (_tensor(places[name], name) for name in (_HEAD, _EMBEDDING))
            (stored.remove if one.equal(other) else wanted.add)(_HEAD)
    if odd := sorted(stored ^ wanted):
        raise LlmregError(
            f"the tensors in {base.folder} do not have the names that llama.cpp's `llama` is written from: "
            f"{', '.join(odd[:3])}; load the model with transformers and save it again"
        )
    return frozenset(stored)


def _tensor(path: Path, name: str) -> Any:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as stored:
        return stored.get_tensor(name)


def _write(
    base: FolderBase, files: list[Path], names: frozenset[str], path: Path, kind: str, tokenizer: Any, name: str
) -> tuple[int, dict[str, int], bool, bool, int]:
    gguf: Any = import_module("gguf")
    folder, config = base.folder, base.config
    with closing(gguf.GGUFWriter(path, "llama")) as writer:
        writer.add_name(name)
        writer.add_file_type(gguf.LlamaFileType[KINDS[kind]])
        writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
        context = _add_dimensions(writer, config)
        chat = _add_tokenizer(writer, folder, tokenizer, config.vocab_size) if tokenizer else _add_no_tokenizer(writer)
        counts = _announce(writer, files, names, config.num_hidden_layers, kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for stored, values in _tensors(files, names, config):
            form = _format(kind, values.shape)
            if not math.isfinite(abs(values).max()):
                raise LlmregError(f"{folder}: {stored} holds numbers that are not finite; its training went wrong")
            if form.name == "F16" and abs(values).max() > _LARGEST_HALF:
                raise LlmregError(f"{folder}: {stored} has numbers too large for 16 bits; write --type bf16 or f32")
            writer.write_tensor_data(gguf.quantize(values, form))
    return sum(counts.values()), counts, tokenizer is not None, chat, context


def _announce(writer: Any, files: list[Path], wanted: frozenset[str], blocks: int, kind: str) -> dict[str, int]:
    """Write names, shapes and formats of all tensors, in the order in which their numbers follow; count formats."""
    gguf: Any = import_module("gguf")
    import numpy as np

    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, blocks)
    counts: dict[str, int] = {}
    for stored, shape in _shapes(files, wanted):
        known = names.get_name(stored, try_suffixes=(".weight", ".bias"))
        if known is None:
            raise LlmregError(f"llama.cpp's `llama` has no tensor for {stored}")
        form = _format(kind, shape)
        counts[form.name] = counts.get(form.name, 0) + 1
        whole = form.name in ("F32", "F16")
        held = np.dtype(form.name.replace("F", "float")) if whole else np.dtype("uint8")
        packed = shape if whole else gguf.quant_shape_to_byte_shape(shape, form)
        writer.add_tensor_info(known, packed, held, prod(packed) * held.itemsize, raw_dtype=form)
    return counts


def _add_dimensions(writer: Any, config: Any) -> int:
    """Write the architecture; give the longest context in which the file means what the model does."""
    window = getattr(config, "sliding_window", None)
    # llama.cpp's `llama` knows no sliding window; up to the window's width attention is the same.
    context = min(config.max_position_embeddings, window) if window else config.max_position_embeddings
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(context)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    rope = config.rope_parameters
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(import_module("gguf").RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    return int(context)


def _add_no_tokenizer(writer: Any) -> bool:
    writer.add_tokenizer_model("none")
    return False


def _add_tokenizer(writer: Any, folder: Path, tokenizer: Any, size: int) -> bool:
    """Write a SentencePiece-like tokenizer; tell whether a chat template goes along.

    llama.cpp joins the pair that makes the token with the highest score; `tokenizer.json` lists pairs in the order in
    which they are joined. A score falling along that list says the same, where all pairs that make one token stand
    together.
    """
    gguf: Any = import_module("gguf")
    described = json.loads(tokenizer.backend_tokenizer.to_str())
    scores = _scores(folder, described["model"])
    special, added = set(tokenizer.all_special_ids), set(tokenizer.added_tokens_decoder)
    texts = {number: text for text, number in tokenizer.get_vocab().items()}
    tokens, kinds, order = [], [], []
    for number in range(size):
        text = texts.get(number, f"<unused_{number}>")
        byte = len(text) == 6 and text.startswith("<0x")
        sort = "BYTE" if byte else "CONTROL" if number in special else "USER_DEFINED" if number in added else "NORMAL"
        kinds.append(gguf.TokenType[sort if number in texts else "UNUSED"])
        tokens.append(text)
        order.append(scores.get(text, -1e6))
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores(order)
    writer.add_token_types(kinds)
    starts = tokenizer("", add_special_tokens=True)["input_ids"]
    for name in ("bos", "eos", "unk", "pad"):
        number = getattr(tokenizer, f"{name}_token_id")
        if number is not None:
            getattr(writer, f"add_{name}_token_id")(number)
    ends = [end for end in ends_of(folder) if end != tokenizer.eos_token_id]
    if beyond := [end for end in ends if not 0 <= end < size]:
        raise LlmregError(
            f"{folder}: generation_config.json names the token {beyond[0]} as an end, and the table has {size:,} "
            "tokens; take it out, or use --without-tokenizer"
        )
    for end, add in zip(ends, (writer.add_eot_token_id, writer.add_eom_token_id), strict=False):
        add(end)
    if len(ends) > 2:
        raise LlmregError(
            f"{folder}: generation_config.json names {len(ends) + 1} tokens that end an answer, and a GGUF file holds "
            "three; leave out those that the template does not write, or use --without-tokenizer"
        )
    writer.add_add_bos_token(tokenizer.bos_token_id in starts)
    writer.add_add_eos_token(tokenizer.eos_token_id in starts)
    writer.add_add_space_prefix(_spaces_in_front(tokenizer))
    if tokenizer.chat_template:
        writer.add_chat_template(tokenizer.chat_template)
    return bool(tokenizer.chat_template)


def _spaces_in_front(tokenizer: Any) -> bool:
    """Tell whether a text is read as if a space stood in front of it."""
    first = tokenizer.convert_ids_to_tokens(tokenizer("a", add_special_tokens=False)["input_ids"])[0]
    return bool(first.startswith("▁"))


def _scores(folder: Path, model: dict[str, Any]) -> dict[str, float]:
    if model["type"] != "BPE" or not model.get("byte_fallback"):
        raise LlmregError(
            f"the tokenizer of {folder} is {model['type']} without byte fallback, and llmreg writes only those like "
            "SentencePiece's; use llama.cpp's own convert_hf_to_gguf.py, or --without-tokenizer"
        )
    pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
    joined = ["".join(pair) for pair in pairs]
    runs = [text for place, text in enumerate(joined) if place == 0 or joined[place - 1] != text]
    if len(runs) != len(set(runs)):
        raise LlmregError(
            f"the tokenizer of {folder} joins pairs in an order that scores cannot say, and GGUF has scores; use "
            "--without-tokenizer"
        )
    return {text: -float(place) for place, text in enumerate(runs)}


def _format(kind: str, shape: tuple[int, ...]) -> Any:
    """Give a tensor's number format: 32 bits for vectors, and 16 where rows do not divide into blocks."""
    gguf: Any = import_module("gguf")
    if len(shape) == 1:
        return gguf.GGMLQuantizationType.F32
    if kind == "q8_0" and shape[-1] % gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType.Q8_0][0]:
        return gguf.GGMLQuantizationType.F16
    return gguf.GGMLQuantizationType[kind.upper()]


def _shapes(files: list[Path], wanted: frozenset[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for path in files:
        yield from ((name, found.shape) for name, found in sorted(stored_in([path]).items()) if name in wanted)


def _tensors(files: list[Path], wanted: frozenset[str], config: Any) -> Iterator[tuple[str, Any]]:
    """Give each tensor as float32, queries and keys in llama.cpp's order of rotated halves."""
    from safetensors import safe_open

    for path in files:
        with safe_open(path, framework="pt") as stored:
            for name in sorted(wanted & set(stored.keys())):
                values = stored.get_tensor(name).float().numpy()
                part = name.split(".")[-2]
                heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(part)
                yield name, _interleaved(values, heads) if heads else values


def _interleaved(values: Any, heads: int) -> Any:
    """Put the rows of each head in pairs: transformers rotates its first half with its second."""
    halves = values.reshape(heads, 2, values.shape[0] // heads // 2, *values.shape[1:])
    return halves.swapaxes(1, 2).reshape(values.shape)
