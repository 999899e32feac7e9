"""The words by which code and configurations name models and data sets: functions that load them, and keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmreg.scan.mention import Host, Kind


@dataclass(frozen=True)
class Loader:
    """A function or class that takes the name of a model or data set."""

    kind: Kind
    keywords: tuple[str, ...]
    positions: tuple[int, ...] = (0,)
    host: Host = "hub"
    bare: bool = True
    """Whether a name without an owner is one too; where files and presets are taken as well it is not."""


_NAMES = ("model", "model_name", "model_id", "model_name_or_path", "pretrained_model_name_or_path", "repo_id")
_MODEL = Loader("model", _NAMES)
_OLLAMA = Loader("model", ("model", "base_url_model", "model_name"), (0,), "ollama")
_KEYWORDS_ONLY = Loader("model", _NAMES, ())
_DATASET = Loader("dataset", ("path", "dataset_name", "dataset", "name_or_path"))
_FULL_ONLY = Loader("model", _NAMES, (), bare=False)

LOADERS: dict[str, Loader] = {
    "from_pretrained": Loader(
        "model", (*_NAMES, "pretrained_model_name", "model_name_or_path", "base_model", "path"), (0, 1)
    ),
    "from_model_id": Loader("model", ("model_id", "model", "repo_id")),
    "from_quantized": _MODEL,
    "from_hub": _MODEL,
    "from_hf": _MODEL,
    "from_single_file": Loader("model", ("pretrained_model_link_or_path",), bare=False),
    "load_lora_weights": Loader("model", ("pretrained_model_name_or_path_or_dict",), bare=False),
    "load_ip_adapter": Loader("model", ("pretrained_model_name_or_path_or_dict",), bare=False),
    "pipeline": Loader("model", ("model", "tokenizer"), (1,)),
    "SentenceTransformer": Loader("model", ("model_name_or_path",)),
    "SparseEncoder": Loader("model", ("model_name_or_path",)),
    "CrossEncoder": Loader("model", ("model_name", "model_name_or_path")),
    "LLM": _MODEL,
    "AsyncEngineArgs": _MODEL,
    "EngineArgs": _MODEL,
    "HuggingFaceEmbeddings": Loader("model", ("model_name", "model")),
    "HuggingFaceBgeEmbeddings": Loader("model", ("model_name", "model")),
    "HuggingFaceInstructEmbeddings": Loader("model", ("model_name", "model")),
    "HuggingFaceEmbedding": Loader("model", ("model_name",)),
    "HuggingFaceEndpoint": Loader("model", ("repo_id", "model"), ()),
    "HuggingFaceEndpointEmbeddings": Loader("model", ("repo_id", "model"), ()),
    "HuggingFaceHub": Loader("model", ("repo_id",), ()),
    "HuggingFaceHubEmbeddings": Loader("model", ("repo_id", "model"), ()),
    "HuggingFaceLLM": Loader("model", ("model_name", "tokenizer_name"), ()),
    "HuggingFaceInferenceAPI": Loader("model", ("model_name",), ()),
    "ChatHuggingFace": Loader("model", ("model_id",), ()),
    "HuggingFaceCrossEncoder": Loader("model", ("model_name",), ()),
    "InferenceClient": Loader("model", ("model",)),
    "AsyncInferenceClient": Loader("model", ("model",)),
    "VLLM": Loader("model", ("model",)),
    "FlagModel": Loader("model", ("model_name_or_path",)),
    "FlagReranker": Loader("model", ("model_name_or_path",)),
    "BGEM3FlagModel": Loader("model", ("model_name_or_path",)),
    "TextEmbedding": Loader("model", ("model_name",)),
    "FastEmbedEmbeddings": Loader("model", ("model_name",), ()),
    "TextCrossEncoder": Loader("model", ("model_name",)),
    "KeyBERT": Loader("model", ("model",)),
    "BERTopic": Loader("model", ("embedding_model",), ()),
    "SetFitModel": _MODEL,
    "ORTModel": _MODEL,
    "LlamaCpp": _FULL_ONLY,
    "hf_hub_download": Loader("model", ("repo_id",)),
    "snapshot_download": Loader("model", ("repo_id",)),
    "hf_hub_url": Loader("model", ("repo_id",)),
    "cached_download": Loader("model", ("repo_id",)),
    "list_repo_files": Loader("model", ("repo_id",)),
    "model_info": Loader("model", ("repo_id",)),
    "dataset_info": Loader("dataset", ("repo_id",)),
    "load_dataset": _DATASET,
    "load_dataset_builder": _DATASET,
    "get_dataset_config_names": _DATASET,
    "get_dataset_split_names": _DATASET,
    "get_dataset_infos": _DATASET,
    "create_model": Loader("model", ("model_name",), bare=False),
    "create_model_and_transforms": Loader("model", ("model_name", "pretrained"), bare=False),
    "WhisperModel": Loader("model", ("model_size_or_path",), bare=False),
    "load": Loader("model", ("path_or_hf_repo", "model"), bare=False),
    "SFTTrainer": Loader("model", ("model",), ()),
    "DPOTrainer": Loader("model", ("model", "ref_model"), ()),
    "GRPOTrainer": Loader("model", ("model", "reward_funcs"), ()),
    "RewardTrainer": Loader("model", ("model",), ()),
    "ChatOllama": _OLLAMA,
    "OllamaLLM": _OLLAMA,
    "OllamaEmbeddings": _OLLAMA,
    "OllamaEmbedding": _OLLAMA,
    "Ollama": _OLLAMA,
}
"""By the last part of the name that is called: what is loaded, under which keywords and at which positions."""

LOADERS_OF: dict[str, dict[str, Loader]] = {
    "ollama": dict.fromkeys(("chat", "generate", "pull", "embeddings", "embed", "show", "create"), _OLLAMA),
}
"""Functions that load only when they are called on a module or object of this name."""

_MODEL_KEY = re.compile(
    r"(?:^|[_.-])(?:model|models|checkpoint|ckpt|backbone|encoder|tokenizer|reranker|embedder|embeddings?|llm|lora|adapter"
    r"|vae|unet|base|teacher|student|reference|ref|repo|repository|weights|draft|judge)"
    r"(?:[_.-]?(?:name|id|ids|path|names|repo|checkpoint|model|dir|ref|uri|tag|type|family|name[_-]or[_-]path"
    r"|repo[_-]id))*$|^(?:pretrained|hf)[_-]?\w*$|_hf(?:_\w+)?$|^hub[_-]?id$",
    re.IGNORECASE,
)
_DATASET_KEY = re.compile(
    r"(?:^|[_.-])(?:datasets?|corpus|corpora|data)(?:[_.-]?(?:name|id|ids|path|names|repo|dir|train|eval|mixer|repo[_-]id"
    r"|hf|hub[_-]url))*$|^hf_hub_url$",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LOOSE = re.compile(
    r"(?:path|dir|file|type|family|weights|encoder|base|ref|data)$|^(?:hf|pretrained|data)_", re.IGNORECASE
)
"""Keys that hold paths and other words as well as names."""
_TELLING = re.compile(r"/.*(?:[a-z][-_.]?\d|\d[-_.]?[a-z]|-)", re.IGNORECASE)
"""What names of models have in them and folders rarely do: digits next to letters, or a hyphen."""
NEUTRAL = re.compile(
    r"(?:path|name|id|repo|repo_?id|hf|hf_?id|uri|url|value|default|source|src|\d+|hub|key|from|ref|repository|full_name)$",
    re.IGNORECASE,
)
"""Keys that say nothing of what they hold; the key above them decides."""
BUILDERS = frozenset({
    "json", "csv", "parquet", "text", "arrow", "pandas", "xml", "sql", "spark", "generator", "imagefolder",
    "audiofolder", "videofolder", "pdffolder", "webdataset", "hdf5", "lance",
})  # fmt: skip
"""What `load_dataset` takes in place of a name, to read one's own files."""


LOCAL = frozenset({
    "artifacts", "assets", "bin", "build", "cache", "checkpoint", "checkpoints", "ckpt", "ckpts", "conf", "config",
    "configs", "corpora", "corpus", "data", "dataset", "datasets", "dist", "docs", "downloads", "examples", "exp",
    "experiments", "export", "files", "home", "images", "input", "inputs", "lib", "local", "log", "logs", "mnt",
    "model",
    "models", "opt", "out", "output", "outputs", "path", "pretrained", "pretrained_models", "public", "resources",
    "results", "root", "runs", "samples", "saved", "saved_model", "saved_models", "scripts", "share", "src", "static",
    "test", "tests", "tmp", "tokenizer", "tokenizers", "train", "usr", "var", "weights", "work", "workspace", "your",
})  # fmt: skip
"""First parts of `a/b` that are folders of a project and no owners on the Hub."""
NOBODY = frozenset({
    "africa", "america", "application", "asia", "atlantic", "audio", "australia", "etc", "europe", "font", "http",
    "image", "message", "multipart", "pacific", "text", "us", "video",
})  # fmt: skip
"""First parts of media types, time zones and protocols."""


@dataclass(frozen=True)
class Holds:
    """What a variable, parameter, option or key holds the name of."""

    kind: Kind
    bare: bool
    """Whether a name without an owner is surely one."""
    loose: bool
    """Whether it often holds a path or another word; then the text must look like a name."""

    def names(self, text: str) -> bool:
        """Tell whether a text under this key is the name of a repository even if nobody knows that repository."""
        return not self.loose or bool(_TELLING.search(text))


@lru_cache(4096)
def what_key_holds(key: str) -> Holds | None:
    """Return what a variable, parameter, option or key of this name holds the name of; None for any other."""
    name = _CAMEL.sub("_", key.strip("-")).replace(" ", "_")
    loose, bare = bool(_LOOSE.search(name)), name.lower().endswith("model_name_or_path")
    if bare:
        return Holds("model", bare, loose=False)
    if _DATASET_KEY.search(name):
        return Holds("dataset", bare, loose)
    return Holds("model", bare, loose) if _MODEL_KEY.search(name) else None
